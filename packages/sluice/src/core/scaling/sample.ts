/** What the scaler sees of a service at one moment. The control loop collects it from shared memory, each second; the simulator makes it up. */
import type { Instant, Timestamp } from '../../base/time.ts';

export interface ScalingSample {
  readonly now: Instant;
  readonly wall: Timestamp;
  /** Instances that take requests; of those, the ones that count (past their warm-up). */
  readonly ready: number;
  readonly warm: number;
  /** On their way: starting, waiting to be started again, unready. */
  readonly starting: number;
  /** Asked for now. */
  readonly wanted: number;
  /** By the name of the policy that reads it (`TargetPolicyPlan.name`, `StepPolicyPlan.name`); null: unknown at the moment. */
  readonly figures: ReadonlyMap<string, Figure | null>;
  /** Concurrency over the service: in flight, queued and parked; what an instance costs in requests at once is worked out from it. */
  readonly concurrency: number;
  /** Whether anything was asked of the service since the last sample, or is still in flight. */
  readonly isBusy: boolean;
  /** Which schedules hold now, by policy name. */
  readonly schedules: ReadonlyMap<string, ScheduleState>;
  /** What `sluice scale SERVICE N` fixed; absent or null: the policies decide. */
  readonly manual?: number | null;
  /** As many as there is room for (the machine's budget), and why in words; absent or null: no such bound. */
  readonly ceiling?: { readonly limit: number; readonly detail: string } | null;
}

/** One reading of a signal. */
export interface Figure {
  readonly value: number;
  /** `service`: a total that instances share; `instance`: a mean over them. */
  readonly per: 'service' | 'instance';
}

/** When a schedule's entry began last, and whether its `for` is over. */
export interface ScheduleState {
  /** Wall milliseconds of the last begin; null = never yet. */
  readonly beganAt: number | null;
}
