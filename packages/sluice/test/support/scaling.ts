/** Plans and samples for the tests of scaling. */
import { instant, timestamp } from '../../src/base/time.ts';
import type { Decision } from '../../src/core/scaling/decision.ts';
import type { BuiltInSignal, ReplicasPlan, ScaleBehaviorPlan, TargetPolicyPlan } from '../../src/core/scaling/policy.ts';
import type { Figure, ScalingSample } from '../../src/core/scaling/sample.ts';
import type { Scaler } from '../../src/core/scaling/scaler.ts';

/** No windows, no pace: what the policies say is what comes out. */
export const FREE: ScaleBehaviorPlan = {
  out: { stabilizationMs: 0, share: 1_000, count: 1_000, periodMs: 1_000 },
  in: { stabilizationMs: 0, share: 1, count: 1_000, periodMs: 1_000 },
  tolerance: 0,
  cooldownMs: 0,
  warmUpMs: 0,
};

export function replicas(over: Partial<ReplicasPlan> = {}): ReplicasPlan {
  return {
    min: 1,
    max: 100,
    initial: 1,
    concurrencyMax: 0,
    scale: [target('in-flight', 10)],
    behavior: FREE,
    idleMs: 300_000,
    parking: { requestsMax: 1_000, bytesMax: 1 << 26, waitMs: 30_000 },
    rebalance: null,
    cost: null,
    ...over,
  };
}

export function target(name: BuiltInSignal, each: number, over: Partial<TargetPolicyPlan> = {}): TargetPolicyPlan {
  const signal = { kind: 'built-in', name, percentile: 0.95 } as const;
  return { policy: 'target', name, signal, target: each, stableMs: 1_000, panic: null, ...over };
}

export function total(value: number): Figure {
  return { value, per: 'service' };
}

export function mean(value: number): Figure {
  return { value, per: 'instance' };
}

/** @param figures By policy name. */
export function sample(
  seconds: number,
  wanted: number,
  figures: Record<string, Figure | null>,
  over: Partial<ScalingSample> = {},
): ScalingSample {
  return {
    now: instant(seconds * 1_000),
    wall: timestamp(seconds * 1_000),
    wanted,
    ready: wanted,
    warm: wanted,
    starting: 0,
    figures: new Map(Object.entries(figures)),
    concurrency: 1,
    isBusy: true,
    schedules: new Map(),
    ...over,
  };
}

/** Feeds one sample per second, the fleet doing at once what is decided. @returns All decisions. */
export function run(
  scaler: Scaler,
  options: {
    from: number;
    seconds: number;
    wanted: number;
    figures: (second: number) => Record<string, Figure | null>;
    over?: Partial<ScalingSample>;
  },
): Decision[] {
  const decisions: Decision[] = [];
  let { wanted } = options;
  for (let second = options.from; second < options.from + options.seconds; second++) {
    const decision = scaler.decide(sample(second, wanted, options.figures(second), options.over));
    decisions.push(decision);
    ({ wanted } = decision);
  }
  return decisions;
}
