/** Whether what is shown is live. */
import { StateShape } from '../components/state-badge.tsx';
import type { BadgeState } from '../components/state-badge.tsx';
import { reconnect } from '../store/live.ts';
import { connection } from '../store/store.ts';
import type { Connection, ConnectionState } from '../store/store.ts';
import { clock } from '../view/format.ts';

const SHAPES: Readonly<Record<ConnectionState, BadgeState>> = {
  connecting: 'starting',
  live: 'up',
  reconnecting: 'degraded',
  lost: 'down',
  hidden: 'paused',
};

export function ConnectionNote() {
  const { state, problem } = connection.value;
  const isLost = state === 'lost' || state === 'reconnecting';
  return (
    <span class={`connection ${state}`} title={problem ?? undefined}>
      <StateShape state={SHAPES[state]} />
      <span>{wording(connection.value)}</span>
      {isLost ? (
        <button type="button" class="button small" onClick={reconnect}>
          Try now
        </button>
      ) : null}
    </span>
  );
}

function wording({ state, lastAt }: Connection): string {
  if (state === 'lost') return lastAt === null ? 'no connection' : `lost since ${clock(lastAt)}`;
  return state === 'hidden' ? 'asleep' : state;
}
