/** A load that rises and falls like a sine, with the noise that requests have, in virtual time: how often the scaler turns round. Once per half period is what it takes. */
import type { Outcome } from '../scaling/outcome.ts';
import { contenders, simulate } from '../scaling/setting.ts';
import { sineTrace } from '../scaling/traces.ts';
import type { Cell, Row, RowContext, RowResult } from './row.ts';

const SECONDS = 600;
/** Seconds at the lowest load before the sine begins, so that the start is not counted. */
const LEAD = 60;
const PERIODS = [60, 100, 200, 300, 600];
/** Up and down around a mean of 5 instances' capacity. */
const MEAN = 5;
const AMPLITUDES = [1.5, 3, 4.5];
const SEEDS = [1, 2, 3];

export const scalingSineRow: Row = { id: 'scaling-sine', isVirtual: true, run: (context) => Promise.resolve(run(context)) };

function run(context: RowContext): RowResult {
  const cells = contenders.map((contender): Cell => {
    context.log(`scaling-sine ${contender.name}`);
    const runs = PERIODS.map((period) =>
      AMPLITUDES.flatMap((amplitude) => {
        const sine = sineTrace(SECONDS, MEAN, amplitude, period);
        const trace = { ...sine, seconds: LEAD + SECONDS, load: (second: number) => sine.load(Math.max(0, second - LEAD)) };
        return SEEDS.map((seed) => perHalf(simulate(trace, contender, seed), period));
      }),
    );
    return { subject: contender.name, values: runs.map((each) => Math.max(...each)) };
  });
  const most = Math.max(...(cells[0]?.values ?? []));
  return {
    id: 'scaling-sine',
    title: 'Scaling: a sine load over 10 minutes (virtual time), reversals per half period',
    columns: PERIODS.map((period) => `period ${period} s`),
    cells,
    targets: [{ text: '<= 1 reversal per half period', measured: most, reached: most <= 1 }],
    notes: [
      `Reversals of a run over its half periods, the worst run of ${AMPLITUDES.length} amplitudes (${AMPLITUDES.join(', ')} around ${MEAN} instances’ capacity) and ${SEEDS.length} seeds.`,
      'A reversal: the number rises after it fell, or falls after it rose. 0 is also what somebody who does nothing has.',
    ],
  };
}

/** Reversals over the half periods of the run. */
function perHalf({ reversals }: Outcome, period: number): number {
  return reversals.filter((at) => at >= LEAD).length / (SECONDS / (period / 2));
}
