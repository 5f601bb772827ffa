/** A Sluice as `sluice top` may see it: instances, endpoints in all states, requests that wait, an alert, events. */
import { heard, EMPTY_WORLD, type TopWorld, withEvents } from '../../src/cli/top-world.ts';
import type { EventEntry } from '../../src/observe/event-entry.ts';
import type { FleetServiceStatus, InstanceStatus } from '../../src/observe/fleet-status.ts';
import type { EndpointStatus, ServiceStatus, Status, TrafficStatus } from '../../src/observe/status.ts';
import type { EndpointTraffic, Rate, ServiceTraffic, TrafficSnapshot } from '../../src/observe/traffic.ts';

const SUMS: TrafficStatus = { requests: 9, errors: 0, inflight: 0, bytesIn: 0, bytesOut: 0, p50Ms: 1, p95Ms: 2, p99Ms: 3 };

export const INSTANCE = {
  trouble: 'shop.3 keeps ending: 6 times in a row, last: exit code 3 after 342 ms; next start in 3.85 s',
} as const;

function rate(rps: number, errorRps = 0, p50Ms: number | null = 3.2): Rate {
  const [p95Ms, p99Ms] = p50Ms === null ? [null, null] : [p50Ms * 4, p50Ms * 11];
  return { rps, errorRps, p50Ms, p95Ms, p99Ms, inflight: Math.ceil(rps / 100), bytesInPerSecond: 0, bytesOutPerSecond: 0 };
}

function endpoint(state: EndpointTraffic['state'], own: Rate): EndpointTraffic {
  return { ...own, state };
}

function service(
  own: Rate,
  endpoints: ServiceTraffic['endpoints'],
  state: ServiceTraffic['state'] = 'up',
  [parked, queued]: readonly [parked: number, queued: number] = [0, 0],
): ServiceTraffic {
  return { ...own, state, parked, queued, shedPerSecond: queued / 10, retriesPerSecond: 0.4, endpoints };
}

function listed(address: string, state: EndpointStatus['state'], note: string | null): EndpointStatus {
  return { ...SUMS, address, state, weight: 1, priority: 0, retries: 0, ejections: 0, note };
}

function serviceStatus(name: string, endpoints: readonly EndpointStatus[]): ServiceStatus {
  const counts = { retries: 0, hedges: 0, shed: 0, parked: 0, queued: 0 };
  return { ...SUMS, ...counts, name, balance: 'p2c', state: 'up', breaker: 'closed', note: null, endpoints };
}

function instance(id: string, phase: string, address: string | null, trouble: string | null): InstanceStatus {
  const ages = { ageSeconds: 60, restarts: trouble === null ? 0 : 6 };
  return { id, version: 'v7', phase, address, handle: null, inflight: 0, cpu: 0.1, memoryBytes: 1, ...ages, isProtected: false, trouble };
}

const SHOP: FleetServiceStatus = {
  service: 'shop',
  runner: 'process',
  wanted: 3,
  ready: 2,
  min: 2,
  max: 8,
  manual: null,
  isPaused: false,
  isAsleep: false,
  parked: 3,
  version: 'v7',
  deploy: null,
  instances: [
    instance('shop.1', 'ready', '127.0.0.1:40001', null),
    instance('shop.2', 'ready', '127.0.0.1:40002', null),
    instance('shop.3', 'waiting', null, INSTANCE.trouble),
  ],
  lastDecision: null,
  note: null,
};

/** @param now Wall-clock ms. @param name Of one of the services and its endpoint. @param reason Of an event. */
export function topWorld(now: number, name = 'checkout', reason = 'connect refused'): TopWorld {
  const named = endpoint('up', rate(812));
  const services: TrafficSnapshot['services'] = {
    shop: service(
      rate(1_204, 4.8),
      { '127.0.0.1:40001': endpoint('up', rate(602)), '127.0.0.1:40002': endpoint('ejected', rate(602, 4.8)) },
      'degraded',
      [3, 12],
    ),
    [name]: service(rate(812), { '10.0.3.17:8443': named, [`unix:/run/${name}.sock`]: endpoint('draining', rate(0, 0, null)) }),
    reports: service(rate(0, 0, null), { '10.0.4.2:80': endpoint('down', rate(0, 0, null)) }, 'down'),
    'search-with-a-name-that-is-long': service(rate(0.4, 0.4, 1_200), { '10.0.5.1:9200': endpoint('maintenance', rate(0.4, 0.4)) }),
  };
  const traffic: TrafficSnapshot = {
    at: now,
    windowSeconds: 10,
    generation: 3,
    revision: 7,
    total: { ...rate(2_016.4, 5.2), connections: 380 },
    listeners: {},
    routes: {},
    services,
    workers: [{ index: 0, utilization: 0.3 }],
    cpuCores: 0.82,
    residentBytes: 183 * 1_048_576,
    alerts: 1,
  };
  const status: Status = {
    version: '0.1.0',
    pid: 42,
    startedAt: '2026-11-20T07:28:20.000Z',
    uptimeSeconds: 3_700,
    generation: 3,
    workers: 2,
    workerRestarts: 0,
    reloadsApplied: 2,
    reloadsRefused: 0,
    listeners: [],
    certificates: [],
    services: [
      serviceStatus('shop', [listed('127.0.0.1:40001', 'up', null), listed('127.0.0.1:40002', 'ejected', '5 times in a row 5xx')]),
      serviceStatus('reports', [listed('10.0.4.2:80', 'down', reason)]),
    ],
    routes: [],
    fleet: [SHOP],
  };
  const alert = {
    id: 'a1',
    rule: 'no-healthy-endpoint',
    severity: 'critical',
    state: 'firing',
    labels: { service: 'reports' },
    summary: 'reports has no endpoint',
    value: 0,
    since: now - 60_000,
    resolvedAt: null,
    silencedBy: null,
    told: [],
  };
  const told = [
    ['status', status],
    ['alerts', [alert]],
    ['traffic', traffic],
  ] as const;
  const world = told.reduce((all, [event, data]) => heard(all, event, JSON.stringify(data), now), EMPTY_WORLD);
  return withEvents(world, events(now, name, reason));
}

/** The youngest first. */
function events(now: number, name: string, reason: string): readonly EventEntry[] {
  return [
    {
      id: 4,
      at: now - 2_000,
      level: 'info',
      what: 'scaled',
      detail: { service: 'shop', from: 2, to: 3, reason: 'in-flight 83 of 4 × 20: 3 wanted' },
    },
    { id: 3, at: now - 9_000, level: 'error', what: 'instance-crash-loop', detail: { instance: 'shop.3', reason: INSTANCE.trouble } },
    { id: 2, at: now - 60_000, level: 'warn', what: 'endpoint-down', detail: { service: 'reports', endpoint: '10.0.4.2:80', reason } },
    {
      id: 1,
      at: now - 3_600_000,
      level: 'info',
      what: 'reloaded',
      detail: { generation: 3, changes: `service "${name}" added`, tookMs: 12 },
    },
  ];
}
