/** Goes through a long list a page at a time. */
import type { Signal } from '@preact/signals';
import { whole } from '../view/format.ts';

interface PagerProps {
  /** From 0. */
  readonly page: Signal<number>;
  readonly size: number;
  readonly total: number;
}

export function Pager({ page, size, total }: PagerProps) {
  if (total <= size) return null;
  const last = Math.ceil(total / size) - 1;
  const at = Math.min(page.value, last);
  return (
    <nav class="pager" aria-label="Pages of the table">
      <button type="button" class="button small" disabled={at === 0} onClick={() => (page.value = at - 1)}>
        Previous
      </button>
      <span>
        {whole(at * size + 1)} to {whole(Math.min(total, (at + 1) * size))} of {whole(total)}
      </span>
      <button type="button" class="button small" disabled={at === last} onClick={() => (page.value = at + 1)}>
        Next
      </button>
    </nav>
  );
}
