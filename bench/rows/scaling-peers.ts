/** The same loads, request by request, before Sluice's scaler and models of Kubernetes' and Knative's, in virtual time: lateness and cost. */
import { readFileSync } from 'node:fs';
import { contenders, simulate, type Contender } from '../scaling/setting.ts';
import { seriesTrace, sineTrace, spikeTrace, stepTrace, type Trace } from '../scaling/traces.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

interface Recorded {
  readonly slices: readonly { readonly name: string; readonly perMinute: readonly number[] }[];
}

const SEEDS = [1, 2, 3, 4, 5, 6];
const SECONDS = 600;

export const scalingPeersRow: Row = { id: 'scaling-peers', isVirtual: true, run: (context) => Promise.resolve(run(context)) };

/** By trace: request-seconds over the latency target, and instance-seconds. */
type Figures = readonly { readonly over: number; readonly cost: number }[];

function run(context: RowContext): RowResult {
  const names = traces(0).map(({ name }) => name);
  const figures = contenders.map((contender) => {
    context.log(`scaling-peers ${contender.name}`);
    return names.map((_, index) => mean(contender, index));
  });
  const [own = [], kpa = [], ...hpas] = figures;
  const cells = contenders.map(({ name }, at): Cell => ({ subject: name, values: figures[at]!.flatMap(({ over, cost }) => [over, cost]) }));
  return {
    id: 'scaling-peers',
    title: 'Scaling: the same loads before Sluice, KPA and HPA (virtual time)',
    columns: names.flatMap((name) => [`${name}: over target`, 'instances']),
    cells,
    targets: [
      below('request-seconds over target < KPA’s, worst load', worstRatio(own, kpa, 'over'), false),
      ...hpas.map((hpa, at) =>
        below(`request-seconds over target < those of ${contenders[at + 2]!.name}, worst load`, worstRatio(own, hpa, 'over'), false),
      ),
      below('instance-seconds <= KPA’s, worst load', worstRatio(own, kpa, 'cost'), true),
    ],
    notes: [
      `Means of ${SEEDS.length} seeds of ${SECONDS} s. Over target: request-seconds beyond 300 ms; instances: instance-seconds, from the decision to the end of the drain.`,
      'All have the same target, 70 % of 10 requests at once, 1 to 20 instances, and the same service behind them; instances start in 300 ms; nothing is refused.',
      'KPA: 2 s tick, 60 s and 6 s windows, panic at 2.0. HPA: 15 s loop, metrics scraped every 15 s, 300 s window for going in. Both are models after their sources, not the programs.',
      'World Cup: three slices of ten hours of the 1998 site, a minute played in a second.',
    ],
  };
}

function mean(contender: Contender, index: number): { over: number; cost: number } {
  const outcomes = SEEDS.map((seed) => simulate(traces(seed)[index]!, contender, seed));
  const sum = (pick: (at: number) => number): number => outcomes.reduce((total, _, at) => total + pick(at), 0) / SEEDS.length;
  return { over: sum((at) => outcomes[at]!.overSeconds), cost: sum((at) => outcomes[at]!.instanceSeconds) };
}

function traces(seed: number): readonly Trace[] {
  return [
    stepTrace(SECONDS, 1, 8, 120, 360),
    sineTrace(SECONDS, 4.5, 3.5, 300),
    sineTrace(SECONDS, 4.5, 3.5, 100),
    spikeTrace(SECONDS, 2.5, seed),
    ...recorded.slices.map(({ name, perMinute }) => seriesTrace(`World Cup, ${name}`, perMinute, 10)),
  ];
}

function worstRatio(own: Figures, other: Figures, key: 'over' | 'cost'): number {
  return Math.max(...own.map((figures, at) => figures[key] / other[at]![key]));
}

function below(text: string, measured: number, mayEqual: boolean): { text: string; measured: number; reached: boolean } {
  return { text, measured, reached: mayEqual ? measured <= 1 : measured < 1 };
}

const recorded = JSON.parse(readFileSync(new URL('../scaling/worldcup98.json', import.meta.url), 'utf8')) as Recorded;
