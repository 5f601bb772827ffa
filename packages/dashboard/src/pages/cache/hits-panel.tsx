/** The hit ratio over time, since this page was opened, and what the cache did for each route since the start. */
import { effect, signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { openStream } from '../../api/client.ts';
import { Chart } from '../../components/chart.tsx';
import type { ChartData, ChartLine } from '../../components/chart-options.ts';
import { LiveText } from '../../components/live-text.tsx';
import { Empty, Panel } from '../../components/page.tsx';
import { useLoaded } from '../../components/use-loaded.ts';
import { traffic } from '../../store/store.ts';
import { hitRatioOf, readVerdicts } from '../../view/cache-tiers.ts';
import type { Verdicts } from '../../view/cache-tiers.ts';
import { count, percent, words } from '../../view/format.ts';

const POINTS_MAX = 600;
const AGAIN_MS = 5_000;
const HEIGHT = 150;
const ROUTES_SHOWN = 100;
const LINES: readonly ChartLine[] = [{ label: 'Hit ratio', colour: '--chart-4', format: percent, isFilled: true }];

/** Kept while the page is not shown, so that coming back does not begin anew. */
const ratios: Signal<ChartData> = signal<ChartData>([[], []]);

export function HitsPanel() {
  useEffect(() => effect(follow), []);
  const { value, problem } = useLoaded('verdicts', readMetrics, AGAIN_MS);
  return (
    <div class="columns">
      <Panel title="Hit ratio of all routes with a cache" aside={<span class="hint">while this page is open</span>}>
        <Chart title="Hit ratio over time" lines={LINES} data={ratios} height={HEIGHT} />
      </Panel>
      <Panel title="What the cache did, since the start">
        {problem === null ? null : <p class="problem">{problem}</p>}
        {value === null ? problem === null ? <Empty>Loading…</Empty> : null : <VerdictTable rows={value} />}
      </Panel>
    </div>
  );
}

function follow(): void {
  const snapshot = traffic.value;
  if (snapshot === null) return;
  const [at, values = []] = ratios.peek();
  const seconds = snapshot.at / 1_000;
  if (at.length > 0 && seconds <= at.at(-1)!) return;
  ratios.value = [[...at, seconds].slice(-POINTS_MAX), [...values, hitRatioOf(snapshot)].slice(-POINTS_MAX)];
}

async function readMetrics(signal: AbortSignal): Promise<readonly Verdicts[]> {
  return readVerdicts(await (await openStream('metrics', { accept: 'text/plain' }, signal)).text());
}

function VerdictTable({ rows }: { readonly rows: readonly Verdicts[] }) {
  const verdicts = useMemo(() => [...new Set(rows.flatMap(({ counts }) => [...counts.keys()]))], [rows]);
  if (rows.length === 0) return <Empty>No request went to a route with a cache yet.</Empty>;
  return (
    <div class="table-box tall" tabIndex={0} role="region" aria-label="What the cache did: table">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Route</th>
            <th scope="col" class="number">
              Hits now
            </th>
            {verdicts.map((verdict) => (
              <th key={verdict} scope="col" class="number">
                {words(verdict)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROUTES_SHOWN).map(({ route, counts }) => (
            <tr key={route}>
              <th scope="row">{route}</th>
              <td class="number">
                <LiveText of={() => percent(traffic.value?.routes[route]?.hitRatio)} />
              </td>
              {verdicts.map((verdict) => (
                <td key={verdict} class="number">
                  {count(counts.get(verdict) ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROUTES_SHOWN ? <p class="hint">and {rows.length - ROUTES_SHOWN} more routes</p> : null}
    </div>
  );
}
