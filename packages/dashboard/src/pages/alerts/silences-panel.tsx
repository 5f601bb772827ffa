/** Silences: which alerts nobody is told of, until when, and why. */
import { change, getJson } from '../../api/client.ts';
import type { Page, SilenceStatus } from '../../api/types.ts';
import { ask } from '../../components/confirm.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { mayOperate } from '../../store/store.ts';
import { duration, moment } from '../../view/format.ts';

const AGAIN_MS = 10_000;

interface SilencesPanelProps {
  /** Another one: they are read anew. */
  readonly turn: number;
  readonly onChanged: () => void;
}

export function SilencesPanel({ turn, onChanged }: SilencesPanelProps) {
  const { value, problem } = useLoaded(
    String(turn),
    async (signal) => getJson<Pick<Page<SilenceStatus>, 'items'>>('api/silences', { signal }),
    AGAIN_MS,
  );
  return (
    <Panel title="Silences">
      {problem === null ? null : <p class="problem">{problem}</p>}
      {value === null ? null : value.items.length === 0 ? (
        <Empty>No alert is kept quiet.</Empty>
      ) : (
        <ul class="alerts">
          {value.items.map((silence) => (
            <Silence key={silence.id} silence={silence} onChanged={onChanged} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Silence({ silence, onChanged }: { readonly silence: SilenceStatus; readonly onChanged: () => void }) {
  const { id, match, until, by, comment } = silence;
  const told = Object.entries(match).map(([name, value]) => `${name}=${value}`);
  const end = () =>
    ask({
      title: 'End this silence?',
      text: `Alerts with ${told.join(', ')} are told again, those that fire now, too.`,
      verb: 'End it',
      act: async () => {
        await change('DELETE', `api/silences/${encodeURIComponent(id)}`);
        onChanged();
        return 'The silence has ended.';
      },
    });
  return (
    <li>
      <div class="alert-head">
        <span class="tags">
          {told.map((label) => (
            <span key={label} class="tag">
              {label}
            </span>
          ))}
        </span>
        <button
          type="button"
          class="button small"
          aria-label={`End the silence of ${told.join(', ')}`}
          disabled={!mayOperate.value}
          onClick={end}
        >
          End
        </button>
      </div>
      <p>
        {comment}{' '}
        <span class="soft">
          until {moment(until, Date.now())} ({duration((until - Date.now()) / 1_000)} more), by {by}
        </span>
      </p>
    </li>
  );
}
