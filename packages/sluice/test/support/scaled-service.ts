/** A service as the scaling loop sees it, without instances: what it was asked for is there at once. */
import type { FleetServicePlan, ResourcesPlan } from '../../src/config/fleet-plan.ts';
import type { ScaledService } from '../../src/control/scaling/scaled-service.ts';
import type { InstanceView } from '../../src/core/fleet/instance-view.ts';
import type { Decision } from '../../src/core/scaling/decision.ts';
import type { BuiltInSignal, ReplicasPlan, ScalePolicyPlan } from '../../src/core/scaling/policy.ts';
import { instant, timestamp } from '../../src/base/time.ts';

export interface FakeScaledService extends ScaledService {
  plan: FleetServicePlan;
  manual: number | null;
  views: InstanceView[];
  wanted: number;
  /** What `want` was called with. */
  readonly wishes: number[];
}

export function fakeScaledService(name: string, ready: number, replicas: Partial<ReplicasPlan> = {}): FakeScaledService {
  return {
    name,
    plan: fleetServicePlan(name, replicas),
    manual: null,
    startMs: null,
    views: Array.from({ length: ready }, (_, index) => instanceView(`${name}.${index + 1}`, `127.0.0.1:${4_001 + index}`)),
    wanted: ready,
    wishes: [],
    counts() {
      const count = this.views.filter(({ phase }) => phase === 'ready').length;
      return { wanted: this.wanted, ready: count, warm: count, starting: this.views.length - count };
    },
    instances() {
      return this.views;
    },
    want(count: number, _decision: Decision) {
      this.wishes.push(count);
      this.wanted = count;
      const gone = this.views.slice(count);
      return gone.map(({ id, version }) => ({ id, version, isChosen: true, inflight: 0, isProtected: false, ageSeconds: 1 }));
    },
  };
}

export function instanceView(id: string, address: string, more: Partial<InstanceView> = {}): InstanceView {
  return {
    id,
    version: 'v1',
    phase: 'ready',
    since: instant(0),
    startedAt: timestamp(0),
    address,
    handle: null,
    restarts: 0,
    isProtected: false,
    trouble: null,
    cpu: null,
    memoryBytes: null,
    ...more,
  };
}

/** Averages nothing: what is looked at is what is decided on. */
export function targetPolicy(signal: BuiltInSignal, target: number): ScalePolicyPlan {
  return { policy: 'target', name: signal, signal: { kind: 'built-in', name: signal, percentile: 0.95 }, target, stableMs: 1, panic: null };
}

export function fleetServicePlan(
  service: string,
  replicas: Partial<ReplicasPlan> = {},
  resources: ResourcesPlan = { cpu: null, memoryBytes: null },
): FleetServicePlan {
  return {
    service,
    run: {
      runner: 'process',
      command: ['true'],
      cwd: null,
      env: {},
      user: null,
      isSocket: false,
      host: '127.0.0.1',
      resources,
      logs: { directory: null, fileBytes: 1_024, files: 1, terminal: false },
      ready: { probe: { kind: 'none' }, withinMs: 1_000, intervalMs: 1_000, timeoutMs: 1_000 },
      drainTimeoutMs: 1_000,
      stopTimeoutMs: 1_000,
      unreadyTimeoutMs: 0,
      restart: { baseMs: 100, maxMs: 1_000, steadyMs: 1_000, crashLoopAt: 3 },
    },
    replicas: {
      min: 0,
      max: 100,
      initial: 1,
      concurrencyMax: 0,
      scale: [],
      behavior: {
        out: { stabilizationMs: 0, share: 100, count: 100, periodMs: 1_000 },
        in: { stabilizationMs: 0, share: 1, count: 100, periodMs: 1_000 },
        tolerance: 0.1,
        cooldownMs: 0,
        warmUpMs: 0,
      },
      idleMs: 300_000,
      parking: { requestsMax: 1_000, bytesMax: 1_048_576, waitMs: 30_000 },
      rebalance: null,
      cost: null,
      ...replicas,
    },
    deploy: {
      strategy: 'rolling',
      maxSurge: { by: 'count', amount: 1 },
      maxUnavailable: { by: 'count', amount: 0 },
      steadyMs: 0,
      progressMs: 600_000,
      canary: [],
      guard: null,
      keepOldMs: 60_000,
    },
  };
}
