/** A step between what the policies want and what is decided. `bounds.ts` has them in order. */
import type { Instant } from '../../../base/time.ts';
import type { BoundApplied } from '../decision.ts';
import type { Evaluation } from '../evaluation.ts';
import type { ReplicasPlan } from '../policy.ts';
import type { ScalingSample } from '../sample.ts';

export interface Bound {
  readonly name: BoundApplied['bound'];
  /** Takes a number and gives another, or null when it lets it pass. */
  apply(count: number, view: BoundView): Moved | null;
  /** What was decided in the end, for those that remember it. */
  decided?(view: BoundView, wanted: number): void;
}

export interface Moved {
  readonly to: number;
  readonly detail: string;
}

export interface BoundView {
  readonly sample: ScalingSample;
  readonly now: Instant;
  readonly current: number;
  readonly plan: ReplicasPlan;
  readonly evaluations: readonly Evaluation[];
  readonly winner: Evaluation | null;
  readonly isBusy: boolean;
  readonly idleMs: number;
  readonly isIdle: boolean;
}

/** Milliseconds as seconds, for people. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
