/**
 * How good the forecast is on a recorded series: `node bench/scaling/forecast.ts FILE [daily|weekly] [LEAD_MINUTES]`, FILE being CSV of "time,requests" per minute, as of the
 * 1998 World Cup site. The policy is run minute by minute as in production, and every answer is held against what came within its lead.
 */
import { readFileSync } from 'node:fs';
import { instant, timestamp } from '../../packages/sluice/src/base/time.ts';
import type { Evaluation, PolicyView } from '../../packages/sluice/src/core/scaling/evaluation.ts';
import { Prediction } from '../../packages/sluice/src/core/scaling/prediction.ts';

const [file = '', shape = 'weekly', lead = '10'] = process.argv.slice(2);
const leadMinutes = Number(lead);
const values = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => Number(line.split(',')[1]) / 600);
const prediction = new Prediction({
  policy: 'predict',
  name: 'forecast',
  shape: shape === 'daily' ? 'daily' : 'weekly',
  target: 1,
  leadMs: leadMinutes * 60_000,
  quantile: 0.9,
});

let [active, covered, planned, came, now] = [0, 0, 0, 0, 0];
for (const [minute, value] of values.entries()) {
  const answer = ask(minute, value);
  if (answer.figure === null) continue;
  const peak = Math.max(...values.slice(minute, minute + leadMinutes + 1));
  active++;
  covered += answer.figure >= peak ? 1 : 0;
  now += value >= peak ? 1 : 0;
  planned += answer.figure;
  came += peak;
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
process.stdout.write(
  [
    `${values.length} minutes, ${shape}, ${leadMinutes} min ahead: it answers in ${percent(active, values.length)}`,
    `where it does, its plan holds the peak of the lead in ${percent(covered, active)} (what there is now does in ${percent(now, active)})`,
    `and is ${(planned / came).toFixed(3)} times that peak on average`,
    '',
  ].join('\n'),
);

function ask(minute: number, concurrency: number): Evaluation {
  const wall = timestamp(minute * 60_000);
  const sample = {
    now: instant(minute * 60_000),
    wall,
    concurrency,
    ready: 1,
    warm: 1,
    starting: 0,
    wanted: 1,
    isBusy: true,
    figures: new Map(),
    schedules: new Map(),
  };
  const view: PolicyView = {
    sample,
    now: sample.now,
    current: 1,
    isBusy: true,
    idleMs: 0,
    isIdle: false,
    min: 1,
    max: 1_000,
    reactive: null,
  };
  return prediction.evaluate(view);
}
