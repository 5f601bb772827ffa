/**
 * Why a service has as many instances as it has: one record for each decision, complete enough to be worked out again by hand. Kept in a ring
 * per service, shown by `sluice why`, told to the log when the number changes.
 */
import type { Timestamp } from '../../base/time.ts';

export interface Decision {
  readonly service: string;
  readonly at: Timestamp;
  /** What was there when it was made. */
  readonly counts: { readonly wanted: number; readonly ready: number; readonly warm: number; readonly starting: number };
  /** What each policy said, in the order of the configuration. */
  readonly answers: readonly PolicyAnswer[];
  /** The policy whose answer was the largest; null when none had one. */
  readonly winner: string | null;
  /** Its answer, before any bound. */
  readonly raw: number;
  /** The bounds that moved the number, in order; empty when none did. */
  readonly bounds: readonly BoundApplied[];
  /** The result. */
  readonly wanted: number;
  readonly action: 'none' | 'out' | 'in' | 'sleep' | 'wake';
  /** One sentence for people: `in-flight 83 of 4 × 20: 5 wanted`. */
  readonly reason: string;
  /** Who was chosen to go, and who else could have; empty unless `in`. Filled in by the fleet. */
  readonly victims: readonly VictimRecord[];
}

export interface PolicyAnswer {
  readonly policy: string;
  /** The figure that it looked at, as averaged; null = unknown, or it looks at none (a schedule). */
  readonly figure: number | null;
  readonly target: number | null;
  /** Instances; null: no opinion now (an unknown figure, an idle schedule). */
  readonly wanted: number | null;
  /** It asks that nothing is taken away (an unknown figure, panic). */
  readonly holds: boolean;
  /** `stable 40.2 / 20; panic 85 / 20: panicking since 12 s`. */
  readonly detail: string;
}

export interface BoundApplied {
  readonly bound:
    | 'tolerance'
    | 'hold'
    | 'stabilization'
    | 'rate'
    | 'cooldown'
    | 'schedule-min'
    | 'schedule-max'
    | 'min'
    | 'max'
    | 'idle'
    | 'budget'
    | 'cost'
    | 'manual'
    | 'deploy'
    | 'protected';
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export interface VictimRecord {
  readonly id: string;
  readonly isChosen: boolean;
  readonly inflight: number;
  readonly version: string;
  readonly isProtected: boolean;
  readonly ageSeconds: number;
}
