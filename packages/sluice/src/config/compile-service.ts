/** Compiles one service. */
import { compileParking } from './compile-fleet.ts';
import { readsReports } from './compile-fleet-scale.ts';
import { compileHttp1 } from './compile-http1.ts';
import { compileUpstreamTls } from './compile-tls.ts';
import type { AffinityPlan, BalancePlan, HealthPlan, LimitsPlan, OutlierPlan, PoolPlan, RetryPlan, ServicePlan } from './plan.ts';
import type { ValidConfig } from './schema/config.ts';

type ValidService = ValidConfig['services'][string];

/** A probe's timeout and the interval while a change is being confirmed, unless given; never above the interval. */
const PROBE_TIMEOUT_MS = 2_000;
const FAST_INTERVAL_MS = 1_000;

/** Of a service whose endpoints Sluice does not run; an instance has its own. */
const DRAIN_TIMEOUT_MS = 30_000;

/**
 * Compiles a service.
 * @param hasHighPriority Whether a route of high priority leads to it.
 */
export function compileService(name: string, service: ValidService, hasHighPriority: boolean): ServicePlan {
  return {
    name,
    endpoints: service.endpoints.map(({ address, weight, priority, requestsMax }) => ({
      address: address.text,
      target: address.address,
      weight,
      priority,
      requestsMax,
      version: '',
    })),
    balance: compileBalance(service.balance),
    affinity: compileAffinity(service.affinity),
    health: compileHealth(service.health),
    outlier: compileOutlier(service.outlier),
    pool: compilePool(service.pool),
    protocol: service.protocol,
    tls: compileUpstreamTls(service.tls),
    proxyProtocol: service.proxyProtocol,
    retry: compileRetry(service.retry),
    hedge: service.hedge && {
      percentile: service.hedge.percentile,
      delayMinMs: service.hedge.delayMin,
      budgetShare: service.hedge.budgetShare,
    },
    limits: { ...compileLimits(service.limits), hasHighPriority },
    slowStartMs: service.slowStart,
    panicThreshold: service.panicThreshold,
    drainTimeoutMs: service.drainTimeout ?? service.run?.drain ?? DRAIN_TIMEOUT_MS,
    parking: service.run === undefined ? null : compileParking(service.replicas.park),
    readsReports: service.run !== undefined && readsReports(service.replicas.scale),
    isPaused: false,
    split: null,
  };
}

function compileBalance(balance: ValidService['balance']): BalancePlan {
  const { agent } = balance;
  return {
    algorithm: balance.algorithm,
    hashOn: compileHashOn(balance.on),
    hashTable: balance.table,
    loadFactor: balance.loadFactor,
    maxCpu: balance.maxCpu,
    maxMemory: balance.maxMemory,
    agent: agent && { port: agent.port, intervalMs: agent.interval, timeoutMs: agent.timeout },
    decayMs: balance.decay,
  };
}

function compileHashOn(on: ValidService['balance']['on']): BalancePlan['hashOn'] {
  if (on === 'uri') return { source: 'uri', name: '' };
  if ('header' in on) return { source: 'header', name: on.header.toLowerCase() };
  return 'cookie' in on ? { source: 'cookie', name: on.cookie } : { source: 'query', name: on.query };
}

/** Attributes that only an inserted cookie has, and table bounds that it does not need. */
const NO_COOKIE = { secrets: [], maxAgeSeconds: null, path: '/', domain: null, secure: true, httpOnly: true, sameSite: 'lax' } as const;
const NO_TABLE = { entriesMax: 0, ttlMs: 0 } as const;

function compileAffinity(affinity: ValidService['affinity']): AffinityPlan | null {
  if (affinity === null) return null;
  if (affinity.by !== 'cookie') {
    const name = affinity.by === 'ip' ? '' : affinity.name;
    const table = { entriesMax: affinity.entriesMax, ttlMs: affinity.ttl };
    return { kind: affinity.by, name: affinity.by === 'header' ? name.toLowerCase() : name, ...NO_COOKIE, ...table };
  }
  return {
    kind: 'cookie',
    name: affinity.name,
    secrets: affinity.secrets,
    maxAgeSeconds: affinity.maxAge === undefined ? null : Math.max(1, Math.round(affinity.maxAge / 1000)),
    path: affinity.path,
    domain: affinity.domain ?? null,
    secure: affinity.secure,
    httpOnly: affinity.httpOnly,
    sameSite: affinity.sameSite,
    ...NO_TABLE,
  };
}

function compileHealth(health: ValidService['health']): HealthPlan | null {
  if (health === null) return null;
  return {
    check: compileCheck(health),
    port: health.port ?? null,
    intervalMs: health.interval,
    fastIntervalMs: health.fastInterval ?? Math.min(FAST_INTERVAL_MS, health.interval),
    timeoutMs: health.timeout ?? Math.min(PROBE_TIMEOUT_MS, health.interval),
    jitter: health.jitter,
    rise: health.rise,
    fall: health.fall,
    initial: health.initial,
  };
}

function compileCheck(health: NonNullable<ValidService['health']>): HealthPlan['check'] {
  if (health.command !== undefined) return { kind: 'command', command: health.command };
  if (health.grpc !== undefined) return { kind: 'grpc', service: health.grpc };
  if (health.http === undefined) return { kind: 'tcp' };
  return {
    kind: 'http',
    method: health.method,
    path: health.http,
    host: health.host ?? null,
    headers: Object.entries(health.headers),
    statuses: health.statuses.map(compileStatuses),
    body: health.body ?? null,
  };
}

function compileStatuses(range: number | string): readonly [number, number] {
  const [low = 0, high = low] = String(range).split('-').map(Number);
  return [Math.min(low, high), Math.max(low, high)];
}

function compileOutlier(outlier: ValidService['outlier']): OutlierPlan | null {
  if (outlier === null) return null;
  const { interval, baseEjection, maxEjection, ...rest } = outlier;
  return { ...rest, intervalMs: interval, baseEjectionMs: baseEjection, maxEjectionMs: maxEjection };
}

function compilePool(pool: ValidService['pool']): PoolPlan {
  return {
    connectionsMax: pool.connectionsMax,
    waitingMax: pool.waitingMax,
    waitTimeoutMs: pool.waitTimeout,
    idleMax: pool.idleMax,
    idleTimeoutMs: pool.idleTimeout,
    connectTimeoutMs: pool.connectTimeout,
    bodyIdleMs: pool.bodyIdle,
    http1: compileHttp1(pool.limits),
    http2: pool.http2,
  };
}

function compileRetry(retry: ValidService['retry']): RetryPlan {
  const { backoffBase, backoffMax, ...rest } = retry;
  return { ...rest, backoffBaseMs: backoffBase, backoffMaxMs: backoffMax };
}

function compileLimits(limits: ValidService['limits']): Omit<LimitsPlan, 'hasHighPriority'> {
  const { breaker } = limits;
  return {
    requestsMax: limits.requestsMax,
    connectionsMax: limits.connectionsMax,
    retriesMax: limits.retriesMax,
    breaker: breaker && {
      failureShare: breaker.failureShare,
      requestVolume: breaker.requestVolume,
      windowMs: breaker.window,
      openMs: breaker.open,
      trialRequests: breaker.trialRequests,
    },
    adaptive: limits.adaptive,
    queueMax: limits.queueMax,
    queueTimeoutMs: limits.queueTimeout,
    retryAfterSeconds: Math.ceil(limits.retryAfter / 1000),
  };
}
