/**
 * How one version of a service takes another's place: rolling, canary, blue-green; pause, promote, roll back. A pure state machine: what there is
 * and `now` in, what to do out. The shell (`control/fleet/service-fleet.ts`) performs it and calls again when anything has changed, and each second.
 */
import type { Instant } from '../../base/time.ts';
import type { DeployPlan } from './deploy-policy.ts';
import type { InstanceView } from './instance-view.ts';

export type RolloutPhase = 'rolling' | 'canary' | 'paused' | 'keeping-old' | 'rolling-back' | 'done' | 'rolled-back';

export interface RolloutState {
  readonly plan: DeployPlan;
  /** Version names. */
  readonly from: string;
  readonly to: string;
  readonly phase: RolloutPhase;
  readonly startedAt: Instant;
  /** Index into `plan.canary`, and since when it holds. */
  readonly step: number;
  readonly stepSince: Instant;
  /** Time spent in pauses, which does not count against `progressMs`. */
  readonly pausedMs: number;
  /** Why it went back, or what it waits for; for people. */
  readonly reason: string;
}

/** What requests showed of a version since the rollout (or its step) began. */
export interface VersionFigures {
  readonly requests: number;
  readonly failures: number;
  /** Requests per histogram bucket (`base/histogram.ts`). */
  readonly buckets: Float64Array;
}

export interface RolloutFacts {
  readonly now: Instant;
  /** Instances that the service is to have in all. */
  readonly wanted: number;
  /** Of both versions. */
  readonly instances: readonly InstanceView[];
  readonly figures: { readonly from: VersionFigures; readonly to: VersionFigures } | null;
  /** In flight per instance, by id: idle ones go first. */
  readonly inflight: ReadonlyMap<string, number>;
}

export type RolloutAction =
  | { readonly type: 'add'; readonly version: string; readonly count: number }
  | { readonly type: 'remove'; readonly ids: readonly string[]; readonly reason: string }
  /** Shares 0..1 of the requests by version; null: by instance, as usual. */
  | { readonly type: 'split'; readonly shares: Readonly<Record<string, number>> | null }
  | { readonly type: 'say'; readonly level: 'info' | 'warn' | 'error'; readonly what: string; readonly detail: string };

export type RolloutCommand = 'pause' | 'resume' | 'promote' | 'rollback';

export interface RolloutStep {
  readonly state: RolloutState;
  readonly actions: readonly RolloutAction[];
}
