/** Scaling policies: each answers how many instances there should be, and the largest answer wins. */
import * as z from 'zod';
import { cronSchema, momentSchema, zoneSchema } from './scale-policy-cron.ts';
import { perSchema, signalSchema } from './scale-policy-signal.ts';
import { amountSchema } from './deploy.ts';
import { choice, decimal, duration, share, whole } from './scalar.ts';
import { preset, section } from './section.ts';

const LEVEL_ALLOWED = "must be a number, a percentage such as '70%', a duration such as '200ms' or a size such as '400MiB'";

/** In the signal's own unit; `compile-fleet-level.ts` knows which. */
const level = z
  .union(
    [
      z.number({ error: LEVEL_ALLOWED }).min(0, LEVEL_ALLOWED).max(1e12, LEVEL_ALLOWED),
      z
        .string()
        .max(64)
        .regex(/^[\d.]+[A-Za-z%\d.]+$/, LEVEL_ALLOWED),
    ],
    {
      error: LEVEL_ALLOWED,
    },
  )
  .meta({ 'x-range': 'number, share, duration or size' });

const SIGNAL_MEANING = [
  'What is looked at.',
  'Seen by the balancer: `in-flight` (requests in flight, queued and parked), `rps` (requests per second, as they arrive), `queue-wait` (how long they waited), `parked`, `shed` (refused, per second), `latency`.',
  'Measured, or reported by the application: `cpu` (share of `resources.cpu`, of one core without it), `memory` (share of `resources.memory`, which processes and containers need for it).',
  'Reported by the application: `event-loop` (utilisation), `event-loop-delay`, `jobs` (waiting).',
  'Or Prometheus, a URL, a function.',
].join(' ');

const signal = {
  signal: signalSchema.describe(SIGNAL_MEANING),
  percentile: decimal(50, 99.9).optional().describe('For `latency`: which percentile, 50..99.9. 95 unless given.'),
  poll: duration('1s', '1h').optional().describe('For a function: between two calls. `5s` unless given.'),
  per: perSchema
    .optional()
    .describe('For a function: whether it says a total of the service, as it does unless given, or a mean over the instances.'),
};

const panic = section("an object such as { window: '4s', threshold: 2 }", {
  window: preset(duration('1s', '1h'), '4s').describe('Averaging window of the panic figure.'),
  threshold: decimal(1, 100)
    .default(2)
    .describe(
      'Entered when that figure is this multiple of what the ready instances may take; left when it was not for the length of `window` of the policy.',
    ),
}).meta({
  id: 'Panic',
  title: 'Panic window',
  description: "Knative's: a sudden rise is followed at once, and nothing is taken away meanwhile.",
});

const target = section("an object such as { signal: 'in-flight', target: 20 }", {
  ...signal,
  target: level.describe(
    "What an instance is to have, as a mean over the instances. For `cpu`, `memory` and `event-loop` a share (0.7, `'70%'`; for `memory` also a size), for `latency`, `queue-wait` and `event-loop-delay` a duration, otherwise a number.",
  ),
  window: preset(duration('1s', '1h'), '20s').describe('Averaging window.'),
  panic: preset(z.union([z.literal(false).transform(() => null), panic], { error: 'must be an object, or false' }), {}).describe(
    'A second, short window for sudden rises. `false` turns it off.',
  ),
}).meta({ id: 'TargetPolicy', title: 'Target policy', description: 'Keeps a figure at its target: as many instances as the total needs.' });

const change = amountSchema
  .refine(({ amount }) => amount > 0, { error: 'must be above 0' })
  .meta({ 'x-range': 'number or percentage of instances' });

/** Of one policy. */
export const STEPS_MAX = 32;

const step = section('an object such as { above: 0.7, add: 2 }', {
  above: level.optional().describe('Holds where the figure is this much or more.'),
  below: level.optional().describe('Holds where the figure is this much or less.'),
  add: change.optional().describe('Instances, or a share of those that there are, rounded up.'),
  remove: change.optional().describe('The same, to be taken away.'),
}).meta({ id: 'Step', title: 'Step', description: 'Exactly one of `above` and `below`, and exactly one of `add` and `remove`.' });

const steps = section("an object such as { signal: 'cpu', steps: [{ above: 0.7, add: 2 }] }", {
  ...signal,
  steps: z
    .array(step, { error: 'must be a list such as [{ above: 0.7, add: 2 }, { below: 0.2, remove: 1 }]' })
    .min(1, 'must have at least one step')
    .max(STEPS_MAX, `must have at most ${STEPS_MAX} steps`)
    .describe('The outermost that holds counts.'),
  window: preset(duration('1s', '1h'), '60s').describe('Averaging window.'),
  cooldown: preset(duration('0s', '24h'), '60s').describe('Between two steps of this policy.'),
}).meta({ id: 'StepPolicy', title: 'Step policy', description: 'Adds and removes by how far a figure is off.' });

const schedule = section("an object such as { schedule: '0 8 * * 1-5', min: 4 }", {
  schedule: cronSchema.describe(
    "When it begins: minute, hour, day of month, month, day of week. `'0 8 * * 1-5'` is 8:00, Monday to Friday.",
  ),
  min: whole(0, 1_000).optional().describe('At least so many, while it holds.'),
  max: whole(1, 1_000).optional().describe('At most so many, while it holds.'),
  for: duration('1m', '31d').optional().describe('How long it holds. Without it, until another schedule of this service begins.'),
  zone: zoneSchema.optional().describe("Time zone by its IANA name. Without it, the machine's."),
}).meta({ id: 'SchedulePolicy', title: 'Schedule', description: 'Other bounds at known times.' });

const event = section("an object such as { at: '2026-11-27T08:00:00+01:00', for: '4h', times: 4 }", {
  at: momentSchema.describe('When it begins, with the offset from UTC.'),
  for: duration('1m', '31d').describe('How long it lasts; it ends by itself.'),
  times: decimal(1, 1_000).describe('Multiplies what the other policies said when it began, or `min` where that is more.'),
}).meta({ id: 'EventPolicy', title: 'Known event', description: 'A sale, a match, a broadcast: so many times what is usual.' });

const predict = section("an object such as { predict: 'daily', target: 20 }", {
  predict: choice(['daily', 'weekly']).describe('Which shape repeats itself.'),
  target: decimal(0.01, 1_000_000).describe('Requests in flight that an instance is to have.'),
  lead: preset(duration('1s', '24h'), '10m').describe('How far ahead; never less than an instance needs to be ready.'),
  quantile: preset(share(0.5, 0.999), 0.9).describe("Quantile of the forecast's error that is planned for."),
}).meta({
  id: 'PredictPolicy',
  title: 'Prediction',
  description: 'Learns the shape of a day or a week, and starts instances ahead of it. It only ever adds.',
});

const POLICY_ALLOWED =
  "must be an object such as { signal: 'in-flight', target: 20 }, { signal, steps }, { schedule, min }, { at, for, times } or { predict, target }";

/** One policy. */
export const scalePolicySchema = z.union([target, steps, schedule, event, predict], { error: POLICY_ALLOWED });
