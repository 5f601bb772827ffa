/**
 * Why it has so many instances: wanted, ready and the bounds over time, and each step with its reason. The step under the cursor, or the one that has the focus in the list, is told in full
 * beside the chart: what each policy answered, which bounds moved the number, who went.
 */
import { useComputed, useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { getJson } from '../../api/client.ts';
import type { Decision, FleetStatus } from '../../api/types.ts';
import type { ChartLine } from '../../components/chart-options.ts';
import { Chart } from '../../components/chart.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { RangeChoice, RANGES } from '../../components/traffic-charts.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { useSeries } from '../../components/use-series.ts';
import { decisionAt, describeStep, steps } from '../../view/decision-at.ts';
import { clock, count } from '../../view/format.ts';
import { columnsOf, whyEmpty } from '../../view/series.ts';
import { DecisionDetail } from './decision-detail.tsx';

const LINES: readonly ChartLine[] = [
  { label: 'Wanted', colour: '--chart-2', format: count, isWhole: true, isStepped: true, width: 2 },
  { label: 'Ready', colour: '--chart-4', format: count, isStepped: true, isFilled: true },
  { label: 'Min', colour: '--chart-quiet', format: count, isStepped: true, isDashed: true, width: 1 },
  { label: 'Max', colour: '--chart-quiet', format: count, isStepped: true, isDashed: true, width: 1 },
];
const NAMES = ['wanted', 'ready', 'min', 'max'];
const HEIGHT = 210;
const DECISIONS_MAX = 200;
const DECISIONS_MS = 5_000;

export function ScalingPanel({ fleet }: { readonly fleet: FleetStatus }) {
  const { service } = fleet;
  const seconds = useSignal<number>(RANGES[0][0]);
  const cursor = useSignal<number | null>(null);
  const chosen = useSignal<Decision | null>(null);
  const series = useSeries(service, seconds.value);
  const data = useComputed(() => columnsOf(series.value, NAMES));
  const { value: decisions, problem } = useLoaded(service, (signal) => readDecisions(service, signal), DECISIONS_MS);
  const all = decisions ?? (fleet.lastDecision === null ? [] : [fleet.lastDecision]);
  const pointed = () => {
    const at = cursor.value === null ? undefined : series.value.at[cursor.value];
    return at === undefined ? null : decisionAt(all, (at + series.value.stepSeconds) * 1_000 - 1);
  };
  return (
    <Panel title="Scaling" aside={<RangeChoice seconds={seconds.value} choose={(value) => (seconds.value = value)} />}>
      <div class="scaling">
        <div>
          <Chart
            title="Instances wanted and ready"
            lines={LINES}
            data={data}
            height={HEIGHT}
            whyEmpty={() => whyEmpty(series.value, NAMES, seconds.value)}
            cursor={cursor}
          />
          <Steps decisions={steps(all)} chosen={chosen} />
        </div>
        <div aria-live="polite">
          {problem === null ? null : <p class="problem">{problem}</p>}
          <Pointed of={() => pointed() ?? chosen.value ?? all[0] ?? null} />
        </div>
      </div>
    </Panel>
  );
}

async function readDecisions(service: string, signal: AbortSignal): Promise<readonly Decision[]> {
  const query = { limit: DECISIONS_MAX, changes: true };
  const answer = await getJson<{ decisions: readonly Decision[] }>(`api/services/${encodeURIComponent(service)}/decisions`, {
    query,
    signal,
  });
  return answer.decisions;
}

/** Only this is drawn again when the cursor moves. */
function Pointed({ of }: { readonly of: () => Decision | null }) {
  const decision = of();
  return decision === null ? <Empty>No decision is known for that moment.</Empty> : <DecisionDetail decision={decision} />;
}

function Steps({ decisions, chosen }: { readonly decisions: readonly Decision[]; readonly chosen: Signal<Decision | null> }) {
  if (decisions.length === 0) return <Empty>The number has not changed yet.</Empty>;
  return (
    <ol class="steps" aria-label="Steps, the youngest first">
      {decisions.map((decision) => (
        <li key={decision.at}>
          <button
            type="button"
            aria-pressed={chosen.value?.at === decision.at}
            onFocus={() => (chosen.value = decision)}
            onClick={() => (chosen.value = decision)}
          >
            <time dateTime={new Date(decision.at).toISOString()}>{clock(decision.at)}</time>
            <b>{describeStep(decision)}</b>
            <span class="soft">{decision.reason}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
