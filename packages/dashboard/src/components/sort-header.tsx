/** A column's heading that sorts by it: a button, and `aria-sort` for those who do not see the arrow. */
import type { Signal } from '@preact/signals';

export interface Order<Key extends string> {
  readonly by: Key;
  readonly isDescending: boolean;
}

interface SortHeaderProps<Key extends string> {
  readonly order: Signal<Order<Key>>;
  readonly by: Key;
  readonly label: string;
  /** Numbers stand at the right, and begin with the largest. */
  readonly isNumber?: boolean;
}

export function SortHeader<Key extends string>({ order, by, label, isNumber = false }: SortHeaderProps<Key>) {
  const { by: current, isDescending } = order.value;
  const isCurrent = current === by;
  const turn = () => (order.value = { by, isDescending: isCurrent ? !isDescending : isNumber });
  return (
    <th scope="col" class={isNumber ? 'number' : ''} aria-sort={isCurrent ? (isDescending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" class="sort" onClick={turn}>
        {label}
        <span aria-hidden="true">{isCurrent ? (isDescending ? '▾' : '▴') : ''}</span>
      </button>
    </th>
  );
}
