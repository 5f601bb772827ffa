/** Short messages at the edge: what came of an action. They go after a while; errors stay until they are closed. */
import { signal } from '@preact/signals';

interface Notice {
  readonly id: number;
  readonly kind: 'ok' | 'error';
  readonly text: string;
}

const SHOWN_MS = 6_000;
const NOTICES_MAX = 4;

/** How many dialogs are open. The messages are shown in them then: what lies behind a dialog is inert, to screen readers, too. */
export const dialogs = signal(0);

const notices = signal<readonly Notice[]>([]);
let nextId = 1;

export function tell(kind: Notice['kind'], text: string): void {
  const id = nextId++;
  notices.value = [...notices.value, { id, kind, text }].slice(-NOTICES_MAX);
  if (kind === 'ok') setTimeout(() => close(id), SHOWN_MS);
}

function close(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** In the shell, and in each dialog. */
export function Notices({ isInDialog = false }: { readonly isInDialog?: boolean }) {
  if (!isInDialog && dialogs.value > 0) return null;
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, kind, text }) => (
        <div key={id} class={`notice ${kind}`}>
          <p>{text}</p>
          <button type="button" class="icon-button" aria-label="Close this message" onClick={() => close(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
