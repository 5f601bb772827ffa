/** Balancing: which endpoint takes the next request. */
import * as z from 'zod';
import { ALGORITHMS } from '../../core/balancing/algorithm.ts';
import { choice, duration, share, text, whole } from './scalar.ts';
import { optional, preset, section } from './section.ts';
import { headerName } from './header.ts';

const algorithm = choice(ALGORITHMS);

const parameterName = text('a name', 128);

const hashOn = preset(
  z.union(
    [
      z.literal('uri'),
      section("{ header: 'x-user' }", { header: headerName().describe('Header whose value is hashed.') }),
      section("{ cookie: 'session' }", { cookie: parameterName.describe('Cookie whose value is hashed.') }),
      section("{ query: 'id' }", { query: parameterName.describe('Query parameter whose value is hashed.') }),
    ],
    { error: "must be 'uri', { header: NAME }, { cookie: NAME } or { query: NAME }" },
  ),
  'uri',
);

const agent = section('an object such as { port: 9999 }', {
  port: whole(1, 65_535).describe("Port of the agent on the endpoint's host."),
  interval: preset(duration('100ms', '1h'), '2s').describe('Between two questions.'),
  timeout: preset(duration('10ms', '1h'), '1s').describe('For one answer.'),
}).meta({ id: 'Agent', title: 'Agent', description: "HAProxy's agent-check text protocol (`75% up`, `drain`, `maint`)." });

const LOAD_FACTOR_ALLOWED = 'must be 0 (no bound) or a number 1.01..10';
const loadFactor = z.number({ error: LOAD_FACTOR_ALLOWED }).min(1.01, LOAD_FACTOR_ALLOWED).max(10, LOAD_FACTOR_ALLOWED);

const detailed = section("an algorithm's name, or an object such as { algorithm: 'hash', on: { header: 'x-user' } }", {
  algorithm: algorithm.default('p2c').describe('How the endpoint is chosen.'),
  on: hashOn.describe('For `hash`: what of the request is hashed.'),
  table: choice(['maglev', 'ketama', 'rendezvous'])
    .default('maglev')
    .describe(
      'For `hash` and `ip-hash`: how hashes map to endpoints. All three move few keys when endpoints change; maglev is the fastest.',
    ),
  loadFactor: z
    .union([z.literal(0), loadFactor], { error: LOAD_FACTOR_ALLOWED })
    .default(0)
    .describe(
      'For hashing: no endpoint takes more than this multiple of the mean load; the overflow goes to the next one. 1.25 is common, 0 is no bound.',
    ),
  maxCpu: preset(share(), 1).describe('For `resource`: an endpoint that reports more CPU is left out while another is below. 1 is off.'),
  maxMemory: preset(share(), 1).describe(
    'For `resource`: an endpoint that reports more memory is left out while another is below. 1 is off.',
  ),
  agent: optional(agent, 'an object such as { port: 9999 }').describe(
    'Agent to poll for weights and states. Without one, only the `endpoint-load-metrics` response header is read.',
  ),
  decay: preset(duration('10ms', '1h'), '10s').describe('Time constant of the latency and bandwidth averages.'),
}).meta({ id: 'Balance', title: 'Balance', description: 'Which endpoint takes the next request.' });

/** An algorithm's name or all its settings. */
export const balanceSchema = z.union([algorithm.transform((given) => detailed.parse({ algorithm: given })), detailed], {
  error: "must be an algorithm's name, or an object such as { algorithm: 'hash', on: { header: 'x-user' } }",
});
