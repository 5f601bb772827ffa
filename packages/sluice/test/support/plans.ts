/** Small complete plans for tests of the control plane, where what is in them beyond names does not matter. */
import { type EndpointPlan, type HttpListenerPlan, NO_CHALLENGES, type Plan, type ServicePlan } from '../../src/config/plan.ts';

export function endpointPlan(address: string): EndpointPlan {
  const colon = address.lastIndexOf(':');
  const target = { kind: 'tcp', host: address.slice(0, colon), port: Number(address.slice(colon + 1)) } as const;
  return { address, target, weight: 1, priority: 0, requestsMax: 0, version: '' };
}

const HTTP1 = {
  requestLineBytesMax: 8_192,
  headerBytesMax: 32_768,
  headersMax: 100,
  trailerBytesMax: 8_192,
  chunkExtensionBytesMax: 4_096,
};

export function servicePlan(name: string, addresses: readonly string[], more: Partial<ServicePlan> = {}): ServicePlan {
  return {
    name,
    endpoints: addresses.map(endpointPlan),
    balance: {
      algorithm: 'p2c',
      hashOn: { source: 'uri', name: '' },
      hashTable: 'maglev',
      loadFactor: 0,
      maxCpu: 1,
      maxMemory: 1,
      agent: null,
      decayMs: 10_000,
    },
    affinity: null,
    health: null,
    outlier: null,
    pool: {
      connectionsMax: 100,
      waitingMax: 100,
      waitTimeoutMs: 1_000,
      idleMax: 10,
      idleTimeoutMs: 10_000,
      connectTimeoutMs: 1_000,
      bodyIdleMs: 10_000,
      http1: HTTP1,
      http2: { connectionsMax: 4, streamsMax: 100 },
    },
    protocol: 'http1',
    tls: null,
    proxyProtocol: null,
    retry: { attempts: 2, on: ['connect', 'reset'], backoffBaseMs: 10, backoffMaxMs: 100, budgetShare: 0.2, budgetMinPerSecond: 10 },
    hedge: null,
    limits: {
      requestsMax: 0,
      connectionsMax: 0,
      retriesMax: 0,
      breaker: null,
      adaptive: null,
      queueMax: 0,
      queueTimeoutMs: 0,
      retryAfterSeconds: 1,
      hasHighPriority: false,
    },
    slowStartMs: 0,
    panicThreshold: 0.5,
    drainTimeoutMs: 1_000,
    parking: null,
    readsReports: false,
    isPaused: false,
    split: null,
    ...more,
  };
}

export function listenerPlan(name: string, port: number): HttpListenerPlan {
  return {
    kind: 'http',
    name,
    address: { kind: 'tcp', host: '127.0.0.1', port },
    tls: null,
    proxyProtocol: null,
    http1: HTTP1,
    http2: { streamsMax: 100, streamWindowBytes: 262_144, connectionWindowBytes: 1_048_576 },
    timeouts: { headerMs: 10_000, keepAliveMs: 75_000, bodyIdleMs: 30_000, bodyRateMin: 240, bodyGraceMs: 5_000, upgradeIdleMs: 3_600_000 },
    forwarding: { trustedProxies: [], headers: 'x-forwarded', via: 'sluice', requestId: true },
    connectionsMax: 10_000,
    mergeSlashes: false,
    encodedSlashes: 'reject',
    redirectToHttps: null,
  };
}

export function testPlan(services: readonly ServicePlan[], more: Partial<Plan> = {}): Plan {
  return {
    generation: 0,
    listeners: [],
    services,
    routes: [],
    caches: [],
    stores: [],
    memories: [],
    admin: null,
    accessLog: null,
    tracing: null,
    acmeChallenges: NO_CHALLENGES,
    workers: 1,
    drainTimeoutMs: 1_000,
    ...more,
  };
}
