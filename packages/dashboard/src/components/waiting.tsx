/** In the place of a page that waits for its first data: that it does, or why none comes. */
import { connection } from '../store/store.ts';
import { Empty } from './page.tsx';

export function Waiting() {
  const { state, problem } = connection.value;
  const isFailing = state === 'reconnecting' || state === 'lost';
  return <Empty>{isFailing ? `Nothing to show yet: ${problem ?? 'Sluice does not answer'}.` : 'Loading…'}</Empty>;
}
