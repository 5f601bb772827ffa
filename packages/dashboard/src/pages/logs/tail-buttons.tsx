/** Holds a live tail, lets it go on, empties it. */
import type { Tail } from './use-tail.ts';

export function TailButtons<Value>({ tail }: { readonly tail: Tail<Value> }) {
  return (
    <div class="button-row">
      <button type="button" class="button" aria-pressed={tail.isHeld} onClick={() => tail.hold(!tail.isHeld)}>
        {tail.isHeld ? `Go on${tail.pending === 0 ? '' : ` (${tail.pending} more)`}` : 'Pause'}
      </button>
      <button type="button" class="button" onClick={tail.clear}>
        Clear
      </button>
    </div>
  );
}
