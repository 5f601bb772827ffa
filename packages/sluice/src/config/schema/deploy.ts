/** How one version of a service takes another's place. */
import * as z from 'zod';
import { duration, share, whole } from './scalar.ts';
import { preset, section } from './section.ts';

const AMOUNT_ALLOWED = "must be a whole number 0..1000, or a percentage such as '25%'";
const percentage = z.string({ error: AMOUNT_ALLOWED }).regex(/^(?:100|\d{1,2})(?:\.\d{1,3})?%$/, AMOUNT_ALLOWED);

/** A number of instances, or a share of them. */
export const amountSchema = z
  .union([z.int({ error: AMOUNT_ALLOWED }).min(0, AMOUNT_ALLOWED).max(1_000, AMOUNT_ALLOWED), percentage], { error: AMOUNT_ALLOWED })
  .transform((given) =>
    typeof given === 'number'
      ? { by: 'count' as const, amount: given }
      : { by: 'share' as const, amount: Math.min(1, Number(given.slice(0, -1)) / 100) },
  )
  .meta({ 'x-range': 'number or percentage of instances' });

const PAUSE_ALLOWED = "must be a duration with a unit, such as '2m', or 'manual'";

const step = section("an object such as { share: '5%', pause: '2m' }", {
  share: share(0.001, 1).describe('Of the requests.'),
  pause: z
    .union([z.literal('manual').transform(() => null), duration('0s', '24d')], { error: PAUSE_ALLOWED })
    .describe("How long the step holds; `'manual'` until `sluice deploy --promote`."),
}).meta({ id: 'CanaryStep', title: 'Canary step', description: 'A share of the requests for the new version, and how long.' });

const guard = section('an object such as { requests: 500 }, true or false', {
  errorMargin: preset(share(0, 1), 0.01).describe("The new version's error rate may be above the old one's by this much."),
  latencyMargin: preset(share(0, 10), 0.2).describe("Its p95 latency may be above the old one's by this share of it."),
  requests: whole(1, 10_000_000).default(100).describe('Requests of each version that are needed for a verdict.'),
  significance: preset(share(0.000_001, 0.5), 0.01).describe('Chance of a rollback though both are alike, at most (one-sided test).'),
}).meta({ id: 'Guard', title: 'Guard', description: 'When the new version is rolled back for what its requests show.' });

/** Deploys of a service. */
export const deploySchema = section("an object such as { strategy: 'rolling' }", {
  strategy: z
    .enum(['rolling', 'canary', 'blue-green'], { error: "must be one of 'rolling', 'canary', 'blue-green'" })
    .optional()
    .describe(
      '`rolling`: instance by instance. `canary`: by shares of the requests. `blue-green`: all new ones first, then all requests at once. Without it `rolling`, or `canary` where steps are given.',
    ),
  maxSurge: preset(amountSchema, '25%').describe('Instances above the wanted number, meanwhile; a share is rounded up.'),
  maxUnavailable: preset(amountSchema, 0).describe('Instances below the wanted number, meanwhile; a share is rounded down.'),
  steady: preset(duration('0s', '1h'), '0s').describe('Ready for so long before an instance counts as good.'),
  progress: preset(duration('1s', '24h'), '10m').describe('For the whole deploy, pauses of a canary apart; past it, it is rolled back.'),
  canary: z
    .array(step, { error: "must be a list such as [{ share: '5%', pause: '2m' }]" })
    .min(1, 'must have at least one step')
    .max(100, 'must have at most 100 steps')
    .optional()
    .describe(
      'For `canary`: the steps, by rising share; after the last one all requests go to the new version. Without it 5 %, 25 % and 50 %, 2 minutes each.',
    ),
  guard: z
    .union([z.literal(false).transform(() => null), z.literal(true).transform(() => guard.parse({})), guard], {
      error: 'must be an object, true or false',
    })
    .optional()
    .describe('Rolls back when the new version is worse. On for `canary`, off for others, unless given.'),
  keepOld: preset(duration('0s', '24h'), '60s').describe('For `blue-green`: how long the old instances stay, ready for a rollback.'),
}).meta({ id: 'Deploy', title: 'Deploy', description: "How one version takes another's place. For processes and containers." });

/** What a guard is unless it says otherwise. */
export const guardDefault = guard.parse({});
