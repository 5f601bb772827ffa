/** Sends a test alert to those who are told of alerts, and shows what came of each. */
import { useState } from 'preact/hooks';
import { change } from '../../api/client.ts';
import { tell } from '../../components/notices.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { mayOperate } from '../../store/store.ts';

interface Outcome {
  readonly sink: string;
  /** Null: it was taken. */
  readonly problem: string | null;
}

export function SinksPanel() {
  const [outcomes, setOutcomes] = useState<readonly Outcome[] | null>(null);
  const [isBusy, setBusy] = useState(false);
  const test = async () => {
    setBusy(true);
    try {
      setOutcomes((await change<{ items: readonly Outcome[] }>('POST', 'api/alerts/test'))?.items ?? []);
    } catch (error) {
      tell('error', (error as Error).message);
    }
    setBusy(false);
  };
  const button = (
    <button type="button" class="button small" disabled={isBusy || !mayOperate.value} onClick={() => void test()}>
      {isBusy ? 'Sending…' : 'Send a test alert'}
    </button>
  );
  return (
    <Panel title="Who is told" aside={button}>
      <div role="status">
        {outcomes === null ? (
          <Empty>A test alert shows whether everybody who is to be told can be reached.</Empty>
        ) : outcomes.length === 0 ? (
          <Empty>
            Nobody is told: the configuration has no <code>alerts.sinks</code>.
          </Empty>
        ) : (
          <ul class="alerts">
            {outcomes.map(({ sink, problem }) => (
              <li key={sink} class="alert-head">
                <b>{sink}</b>
                {problem === null ? <StateBadge state="up" label="taken" /> : <StateBadge state="down" label={problem} />}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}
