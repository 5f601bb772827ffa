/** What goes through now, and went through lately. */
import { z } from '@hono/zod-openapi';
import type { ListenerTraffic, RouteTraffic, ServiceTraffic, TrafficSeries, TrafficSnapshot } from '../../observe/traffic.ts';
import { same } from './same.ts';

const latency = z.number().nullable().openapi({ description: 'Milliseconds; null: there was none.' });

const RATE = {
  rps: z.number(),
  errorRps: z.number(),
  p50Ms: latency,
  p95Ms: latency,
  p99Ms: latency,
  inflight: z.number(),
  bytesInPerSecond: z.number(),
  bytesOutPerSecond: z.number(),
};

const listener = same<ListenerTraffic>()('ListenerTraffic', z.object({ ...RATE, connections: z.number() }));

const service = same<ServiceTraffic>()(
  'ServiceTraffic',
  z.object({
    ...RATE,
    state: z.enum(['up', 'degraded', 'down', 'empty']),
    parked: z.number(),
    queued: z.number(),
    shedPerSecond: z.number(),
    retriesPerSecond: z.number(),
    endpoints: z.record(z.string(), z.object({ ...RATE, state: z.enum(['up', 'down', 'ejected', 'draining', 'maintenance']) })),
  }),
);

const route = same<RouteTraffic>()(
  'RouteTraffic',
  z.object({ ...RATE, hitRatio: z.number().nullable(), services: z.record(z.string(), z.number()) }),
);

export const snapshot = same<TrafficSnapshot>()(
  'TrafficSnapshot',
  z.object({
    at: z.number().openapi({ description: 'Unix milliseconds.' }),
    windowSeconds: z.number(),
    generation: z.number(),
    revision: z.number().openapi({ description: 'Rises whenever a state that the Status shows has changed.' }),
    total: listener,
    listeners: z.record(z.string(), listener),
    routes: z.record(z.string(), route),
    services: z.record(z.string(), service),
    workers: z.array(z.object({ index: z.number(), utilization: z.number() })),
    cpuCores: z.number(),
    residentBytes: z.number(),
    alerts: z.number().openapi({ description: 'That fire now.' }),
  }),
);

export const series = same<TrafficSeries>()(
  'TrafficSeries',
  z.object({
    at: z.array(z.number()).openapi({ description: 'Unix seconds, rising.' }),
    stepSeconds: z.number(),
    values: z.record(z.string(), z.array(z.number().nullable())),
  }),
);
