/** Services: named groups of interchangeable endpoints. */
import * as z from 'zod';
import { affinitySchema } from './affinity.ts';
import { balanceSchema } from './balance.ts';
import { deploySchema } from './deploy.ts';
import { endpointSchema } from './endpoint.ts';
import { healthSchema } from './health.ts';
import { limitsSchema } from './limits.ts';
import { outlierSchema } from './outlier.ts';
import { poolSchema } from './pool.ts';
import { replicasSchema } from './replicas.ts';
import { hedgeSchema, retrySchema } from './retry.ts';
import { runSchema } from './run.ts';
import { choice, duration, share } from './scalar.ts';
import { optional, preset, section } from './section.ts';
import { upstreamTlsSchema } from './tls.ts';

const SERVICE_ALLOWED = "an object such as { endpoints: ['127.0.0.1:3001'] }, or { run: { command: ['node', 'server.js'] } }";

/** One service. */
export const serviceSchema = section(SERVICE_ALLOWED, {
  endpoints: preset(z.array(endpointSchema, { error: "must be a list of addresses such as ['127.0.0.1:3001']" }), []).describe(
    'Addresses of the service; a service has these, or `run`. May be empty: requests are then answered with 503.',
  ),
  run: runSchema.optional().describe('Instances that Sluice starts and ends itself, in the place of `endpoints`.'),
  replicas: preset(replicasSchema, 1).describe('With `run`: how many instances, a number or an object.'),
  deploy: preset(deploySchema, {}).describe("With `run`: how one version takes another's place."),
  balance: preset(balanceSchema, 'p2c').describe("Which endpoint takes the next request: an algorithm's name, or an object."),
  affinity: affinitySchema.describe('Sends a client back to the endpoint that served it before. Off unless given.'),
  health: healthSchema.describe('Active checks. Off unless given.'),
  outlier: outlierSchema.describe(
    'Leaves out endpoints that fail real requests. On: five failed connections or gateway errors in a row. `false` turns it off.',
  ),
  pool: preset(poolSchema, {}).describe('Upstream connections.'),
  protocol: choice(['http1', 'http2', 'auto'])
    .default('http1')
    .describe(
      'What the endpoints speak. `http2` in the clear is by prior knowledge (h2c), as gRPC servers have it; `auto` asks by ALPN and needs `tls`.',
    ),
  tls: upstreamTlsSchema.describe('TLS to the endpoints: `true`, or an object. Off unless given.'),
  proxyProtocol: optional(choice(['v1', 'v2']), "'v1' or 'v2'").describe(
    'Layer 4: tells endpoints about the client in a PROXY protocol header at the start of each connection. Off unless given.',
  ),
  retry: retrySchema.describe('Second tries after a failure. `false` is one attempt.'),
  hedge: hedgeSchema.describe('Second copies of slow idempotent requests. Off unless given.'),
  limits: preset(limitsSchema, {}).describe('What the service takes at once.'),
  slowStart: preset(duration('0s', '1h'), '0s').describe('Ramp for endpoints that come (back) while the service runs. `0s` is off.'),
  panicThreshold: preset(share(), 0.5).describe(
    'Below this share of healthy endpoints, health is ignored and all are used: some are probably well. 0 is never.',
  ),
  drainTimeout: duration('0s', '24h')
    .optional()
    .describe('How long a removed or drained endpoint may finish what it has. Without it `30s`, or what `drain` in `run` says.'),
}).meta({ id: 'Service', title: 'Service', description: 'A named group of interchangeable endpoints.' });
