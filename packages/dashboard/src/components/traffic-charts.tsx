/** Requests and errors, and latency, over the last minutes or the last hour: of all, or of one service. */
import { useComputed, useSignal } from '@preact/signals';
import { count, latency } from '../view/format.ts';
import { columnsOf, whyEmpty } from '../view/series.ts';
import type { ChartLine } from './chart-options.ts';
import { Chart } from './chart.tsx';
import { Panel } from './page.tsx';
import { useSeries } from './use-series.ts';

export const RANGES = [
  [300, '5 min'],
  [3_600, '1 h'],
] as const;

const RATES: readonly ChartLine[] = [
  { label: 'Requests/s', colour: '--chart-1', format: count, isFilled: true },
  { label: 'Errors/s', colour: '--chart-bad', format: count, isFilled: true },
];
const LATENCIES: readonly ChartLine[] = [
  { label: 'p50', colour: '--chart-1', format: latency },
  { label: 'p95', colour: '--chart-2', format: latency },
  { label: 'p99', colour: '--chart-3', format: latency },
];
const RATE_NAMES = ['rps', 'errorRps'];
const LATENCY_NAMES = ['p50Ms', 'p95Ms', 'p99Ms'];
const HEIGHT = 170;

/** @param service Null: all listeners together. */
export function TrafficCharts({ service }: { readonly service: string | null }) {
  const seconds = useSignal<number>(RANGES[0][0]);
  const series = useSeries(service, seconds.value);
  const rates = useComputed(() => columnsOf(series.value, RATE_NAMES));
  const latencies = useComputed(() => columnsOf(series.value, LATENCY_NAMES));
  const why = (names: readonly string[]) => () => whyEmpty(series.value, names, seconds.value);
  const choice = <RangeChoice seconds={seconds.value} choose={(value) => (seconds.value = value)} />;
  return (
    <div class="columns">
      <Panel title="Requests" aside={choice}>
        <Chart
          title="Requests and errors per second"
          lines={RATES}
          data={rates}
          height={HEIGHT}
          whyEmpty={why(RATE_NAMES)}
          syncKey="traffic"
        />
      </Panel>
      <Panel title="Latency">
        <Chart
          title="Latency percentiles"
          lines={LATENCIES}
          data={latencies}
          height={HEIGHT}
          whyEmpty={why(LATENCY_NAMES)}
          syncKey="traffic"
        />
      </Panel>
    </div>
  );
}

export function RangeChoice({ seconds, choose }: { readonly seconds: number; readonly choose: (seconds: number) => void }) {
  return (
    <span class="segments" role="group" aria-label="Period">
      {RANGES.map(([value, label]) => (
        <button key={value} type="button" class="button small" aria-pressed={seconds === value} onClick={() => choose(value)}>
          {label}
        </button>
      ))}
    </span>
  );
}
