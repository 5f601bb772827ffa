/**
 * What a rollout is made of: where one is, what it sees, what it wants done. Plain data; `rollout.ts` decides with it.
 */
import type { Instant } from '../../base/time.ts';
import type { DeployPlan } from './deploy-policy.ts';
import type { InstanceView } from './instance-view.ts';

/**
 * Where a rollout is.
 *
 *   rolling ──────────────────────────────────► done
 *   canary ──► rolling                             any of them ──► rolling-back ──► rolled-back
 *   starting-new ──► keeping-old ──► rolling       any of them ◄──► paused
 */
export type RolloutPhase =
  | 'rolling'
  | 'canary'
  /** Blue-green: the new ones start beside the old. */
  | 'starting-new'
  /** Blue-green: the new ones serve, the old ones stay. */
  | 'keeping-old'
  | 'paused'
  | 'rolling-back'
  | 'done'
  | 'rolled-back';

export interface RolloutState {
  readonly plan: DeployPlan;
  /** Version names. */
  readonly from: string;
  readonly to: string;
  readonly phase: RolloutPhase;
  /** What it goes on with after `paused`. */
  readonly resumesTo: RolloutPhase | null;
  readonly startedAt: Instant;
  /** Index into `plan.canary`. */
  readonly step: number;
  /** Since when the step, or the keeping of the old ones, is in force; null: it is being prepared. */
  readonly stepSince: Instant | null;
  /** Time that does not count against `progressMs`: pauses, canary steps in force, sleep. */
  readonly pausedMs: number;
  /** Of the last step. */
  readonly steppedAt: Instant;
  /** Whether the time from then on counts against `progressMs`. */
  readonly isClockStopped: boolean;
  /** Shares 0..1 of the requests by version; null: by instance, as usual. */
  readonly shares: Readonly<Record<string, number>> | null;
  readonly guard: GuardState;
  /** Counts phases and steps entered: figures are counted from zero whenever it changes. */
  readonly epoch: number;
  /** Why it went back, or what it waits for; for people. */
  readonly reason: string;
}

/** How often a canary was looked at. */
export interface GuardState {
  /** In the whole rollout: each look spends a part of the significance. */
  readonly looks: number;
  /** Since figures were last counted from zero. */
  readonly looksOfStep: number;
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
  /** Of all versions. Those that are neither the old nor the new one count as old ones, and go with them. */
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
