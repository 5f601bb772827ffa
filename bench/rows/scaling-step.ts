/** The load on one instance's worth rises to eight, in virtual time: how long until the 95th percentile is near its target again, and whether any request is refused. */
import type { Outcome } from '../scaling/outcome.ts';
import { contenders, LATENCY_TARGET_SECONDS, simulate } from '../scaling/setting.ts';
import { stepTrace } from '../scaling/traces.ts';
import type { Cell, Row, RowResult } from './row.ts';

const STEP_AT = 120;
const SECONDS = 240;
/** Seeds, each with another phase between the step and the loop. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const RECOVERED = 2 * LATENCY_TARGET_SECONDS;
const BOUND_SECONDS = 5;
/** What may be parked: the defaults of the product. */
const PARKING = { waitingMax: 1_000, waitSeconds: 30 };

export const scalingStepRow: Row = { id: 'scaling-step', isVirtual: true, run: () => Promise.resolve(run()) };

function run(): RowResult {
  const trace = stepTrace(SECONDS, 1, 8, STEP_AT, SECONDS);
  const cells = contenders.map((contender): Cell => {
    const outcomes = SEEDS.map((seed) => simulate(trace, contender, seed, PARKING));
    return { subject: contender.name, values: [...recoveries(outcomes), ...worst(outcomes)] };
  });
  const [, slowest = Number.NaN, refused = Number.NaN] = cells[0]?.values ?? [];
  return {
    id: 'scaling-step',
    title: 'Scaling: load from 1 to 8 instances’ capacity (virtual time, instances start in 300 ms)',
    columns: ['s until p95 is back, median', 'worst', 'refused, worst', 'most waiting'],
    cells,
    targets: [
      { text: `p95 within 2 x its target in <= ${BOUND_SECONDS} s`, measured: slowest, reached: slowest <= BOUND_SECONDS },
      { text: 'no request refused', measured: refused, reached: refused === 0 },
    ],
    notes: [
      `An instance does 100 requests/s, 10 at once, 100 ms each on average; p95 target ${LATENCY_TARGET_SECONDS * 1_000} ms; ${SEEDS.length} seeds; seconds of virtual time, n/a = not within ${SECONDS - STEP_AT} s.`,
      `At most ${PARKING.waitingMax} requests wait, ${PARKING.waitSeconds} s at most: more are refused, so a slow scaler shows short queues and many refusals.`,
    ],
  };
}

function recoveries(outcomes: readonly Outcome[]): number[] {
  const times = outcomes.map((each) => each.recoverySeconds(STEP_AT, SECONDS, RECOVERED));
  const sorted = times.map((time) => (Number.isNaN(time) ? Infinity : time)).toSorted((left, right) => left - right);
  return [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!].map((time) => (time === Infinity ? Number.NaN : time));
}

function worst(outcomes: readonly Outcome[]): number[] {
  return [Math.max(...outcomes.map((each) => each.refused)), Math.max(...outcomes.map((each) => each.waitingMost))];
}
