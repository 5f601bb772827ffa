/** The plan that the rows give to Sluice: the defaults of the configuration, written out. */
import type { ReplicasPlan, ScaleBehaviorPlan } from '../../packages/sluice/src/core/scaling/policy.ts';

export const BEHAVIOR: ScaleBehaviorPlan = {
  out: { stabilizationMs: 0, share: 10, count: 10, periodMs: 1_000 },
  in: { stabilizationMs: 15_000, share: 0.5, count: 1, periodMs: 10_000 },
  tolerance: 0.1,
  cooldownMs: 0,
  warmUpMs: 0,
};

/** @param target Requests at once per instance. */
export function inFlightPlan(target: number, bounds: { min: number; max: number }, behavior: ScaleBehaviorPlan = BEHAVIOR): ReplicasPlan {
  return {
    ...bounds,
    initial: bounds.min,
    concurrencyMax: 0,
    scale: [
      {
        policy: 'target',
        name: 'in-flight',
        signal: { kind: 'built-in', name: 'in-flight', percentile: 0.95 },
        target,
        stableMs: 20_000,
        panic: { windowMs: 4_000, threshold: 2 },
      },
    ],
    behavior,
    idleMs: 300_000,
    parking: { requestsMax: 1_000, bytesMax: 1 << 26, waitMs: 30_000 },
    rebalance: null,
    cost: null,
  };
}
