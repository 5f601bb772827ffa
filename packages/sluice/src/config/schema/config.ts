/**
 * The whole configuration. This schema is the one source of the types (`config/define.ts`), of validation (`config/validate.ts`), of the JSON
 * Schema (`sluice schema`) and of the reference page: a field that is described here is described everywhere.
 */
import * as z from 'zod';
import { WORKERS_MAX } from '../../core/balancing/endpoint-table.ts';
import { accessLogSchema } from './access-log.ts';
import { acmeSchema } from './acme.ts';
import { adminSchema } from './admin.ts';
import { alertsSchema } from './alerts.ts';
import { eventsSchema } from './events.ts';
import { otlpSchema } from './otlp.ts';
import { tracingSchema } from './tracing.ts';
import { fleetSchema } from './fleet.ts';
import { listenerSchema } from './listener.ts';
import { routeSchema } from './route.ts';
import { cacheStoreSchema, storeSchema } from './cache-store.ts';
import { filtersSchema } from './filters.ts';
import { duration, flag, name, whole } from './scalar.ts';
import { named, preset, section } from './section.ts';
import { serviceSchema } from './service.ts';

/** For who has none. */
export const ROUTES_ALLOWED = "must be a list such as [{ path: '/*', to: 'web' }]";

/** The configuration. */
export const configSchema = section('an object with listeners, services and routes', {
  $schema: z
    .string({ error: 'must be a text' })
    .optional()
    .describe('For editors: where the output of `sluice schema` lies. Not read by Sluice.'),
  listeners: named("an object such as { web: { http: ':8080' } }", name(), listenerSchema).describe('Where clients connect, by name.'),
  services: preset(named("an object such as { web: { endpoints: ['127.0.0.1:3001'] } }", name(), serviceSchema), {}).describe(
    'Where requests go, by name.',
  ),
  routes: preset(z.array(routeSchema, { error: ROUTES_ALLOWED }), []).describe(
    'Which requests go where. Order does not matter: priority decides, then the most specific match; among equals the first. HTTP listeners need them.',
  ),
  filters: preset(filtersSchema, []).describe("Filters of all routes. A route's own filter of a kind stands in place of the common one."),
  caches: preset(named("an object such as { default: { memory: '512MiB' } }", name(), cacheStoreSchema), {}).describe(
    'Where `cache` filters keep replies, by name. `default` is there without being written.',
  ),
  stores: preset(named("an object such as { main: { url: 'redis://127.0.0.1:6379' } }", name(), storeSchema), {}).describe(
    'Stores that nodes share, by name: Valkey or Redis.',
  ),
  rateLimitKeys: whole(1024, 67_108_864)
    .default(1_048_576)
    .describe('How many keys rate limits can tell apart at a time; about 32 bytes each, used as they come.'),
  admin: adminSchema.describe('Where the admin API listens: metrics, status, reload, drain. `false` turns it off.'),
  accessLog: accessLogSchema.describe(
    "A line for each exchange: `'json'`, `'combined'` or an object. Off unless given, and then it costs nothing.",
  ),
  events: eventsSchema.describe('What is printed of what happens.'),
  tracing: tracingSchema.describe('Traces: `true`, or which are kept. Off unless given, and then it costs nothing.'),
  otlp: otlpSchema.describe('Export to an OpenTelemetry collector.'),
  alerts: alertsSchema.describe('What is watched, and who is told. `false` turns alerts off.'),
  acme: acmeSchema.describe('Where certificates are ordered. Needed for `tls: { certificates: [{ acme: … }] }`.'),
  fleet: fleetSchema.describe('What holds for all instances that Sluice runs.'),
  workers: z
    .union([z.literal('auto'), whole(1, WORKERS_MAX)], { error: `must be 'auto' or a whole number 1..${WORKERS_MAX}` })
    .default('auto')
    .describe('Data-plane threads. `auto` is one per core.'),
  drainTimeout: preset(duration('0s', '24h'), '30s').describe(
    'How long connections may finish after SIGTERM or the removal of a listener.',
  ),
  kernelTable: name()
    .default('main')
    .describe(
      'Engine `kernel`: the nftables table is `sluice_NAME`. Each Sluice of a machine needs its own; it cannot be changed while Sluice runs.',
    ),
  watch: flag().default(false).describe('Reloads when the configuration file changes. SIGHUP and `sluice reload` always do.'),
}).meta({ title: 'Sluice configuration', description: 'Listeners, services and the routes between them.' });

/** What people write. */
export type ConfigInput = z.input<typeof configSchema>;
/** The same after validation: defaults filled in, durations in milliseconds, sizes in bytes, addresses parsed. */
export type ValidConfig = z.output<typeof configSchema>;
