/** The state of everything at one moment. */
import { z } from '@hono/zod-openapi';
import type { LimitsStatus } from '../../observe/limits-status.ts';
import type { CertificateStatus, EndpointStatus, ListenerStatus, RouteStatus, ServiceStatus, Status } from '../../observe/status.ts';
import { fleetService } from './fleet.ts';
import { same } from './same.ts';

const latency = z.number().nullable().openapi({ description: 'Milliseconds; null before the first request.' });

/** What each level counts. */
const TRAFFIC = {
  requests: z.number(),
  errors: z.number().openapi({ description: '5xx replies and cut exchanges.' }),
  inflight: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  p50Ms: latency,
  p95Ms: latency,
  p99Ms: latency,
};

export const listener = same<ListenerStatus>()(
  'ListenerStatus',
  z.object({
    name: z.string(),
    address: z.string().openapi({ description: 'Where it listens really.' }),
    protocol: z.enum(['http', 'https', 'tcp', 'tcp+tls', 'tls', 'udp', 'forward-proxy', 'forward-proxy+tls']),
    engine: z.enum(['user', 'kernel']),
    connections: z.number(),
    ...TRAFFIC,
  }),
);

const CERTIFICATE = {
  listener: z.string(),
  names: z.array(z.string()),
  source: z.enum(['files', 'acme', 'dev']),
  notAfter: z.string().nullable().openapi({ description: 'RFC 3339; null: not issued yet.' }),
  nextAttempt: z.string().nullable().openapi({ description: 'By ACME: when it is ordered next.' }),
  lastError: z.string().nullable(),
  isStapled: z.boolean(),
};

export const certificate = same<CertificateStatus>()('CertificateStatus', z.object(CERTIFICATE));

export const route = same<RouteStatus>()('RouteStatus', z.object({ name: z.string(), ...TRAFFIC }));

const ENDPOINT = {
  address: z.string(),
  state: z.enum(['up', 'down', 'ejected', 'draining', 'maintenance']),
  weight: z.number(),
  priority: z.number(),
  retries: z.number(),
  ejections: z.number(),
  note: z.string().nullable().openapi({ description: 'Why it is in this state.' }),
  ...TRAFFIC,
};

export const endpoint = same<EndpointStatus>()('EndpointStatus', z.object(ENDPOINT));

/** One of the list of all. */
export const listedEndpoint = same<EndpointStatus & { readonly service: string }>()(
  'Endpoint',
  z.object({ service: z.string(), ...ENDPOINT }),
);

const breaker = z.enum(['closed', 'open', 'half-open']);

const SERVICE = {
  name: z.string(),
  balance: z.string(),
  state: z
    .enum(['up', 'degraded', 'down', 'empty'])
    .openapi({ description: '`up` all endpoints usable, `degraded` some, `down` none, `empty` has none.' }),
  breaker,
  retries: z.number(),
  hedges: z.number(),
  shed: z.number(),
  parked: z.number(),
  queued: z.number(),
  note: z.string().nullable(),
  endpoints: z.array(endpoint),
  ...TRAFFIC,
};

const service = same<ServiceStatus>()('ServiceStatus', z.object(SERVICE));

/** A service with its instances. */
export const listedService = z
  .object({ ...SERVICE, fleet: fleetService.nullable().openapi({ description: 'Null: Sluice runs none of its instances.' }) })
  .openapi('Service');

export const status = same<Status>()(
  'Status',
  z.object({
    version: z.string(),
    pid: z.number(),
    startedAt: z.string(),
    uptimeSeconds: z.number(),
    generation: z.number(),
    workers: z.number(),
    workerRestarts: z.number(),
    reloadsApplied: z.number(),
    reloadsRefused: z.number(),
    listeners: z.array(listener),
    certificates: z.array(certificate),
    services: z.array(service),
    routes: z.array(route).openapi({ description: 'Those that had a request.' }),
    fleet: z.array(fleetService),
  }),
);

export const limits = same<LimitsStatus>()(
  'LimitsStatus',
  z.object({
    service: z.string(),
    breaker,
    failed: z.number(),
    ended: z.number(),
    inflight: z.number(),
    requestsMax: z.number(),
    concurrencyLimit: z.number().openapi({ description: 'As it is now; 0: no bound.' }),
    isAdaptive: z.boolean(),
    connections: z.number(),
    connectionsMax: z.number(),
    queued: z.number(),
    queueMax: z.number(),
    parked: z.number(),
    parkedBytes: z.number(),
    shed: z.number(),
    retriesInflight: z.number(),
    retriesMax: z.number(),
    retryBudget: z.number().openapi({ description: 'Retries that the budget covers now.' }),
    hedgeBudget: z.number().nullable().openapi({ description: 'Hedges that the budget covers now; null: there are none.' }),
  }),
);
