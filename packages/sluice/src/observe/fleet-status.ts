/** What `sluice status`, `sluice why` and the admin API say of the fleet: plain JSON, durations in the unit of their names. */
import type { Decision } from '../core/scaling/decision.ts';

export interface FleetServiceStatus {
  readonly service: string;
  readonly runner: 'process' | 'container' | 'kubernetes' | 'aws-asg';
  readonly wanted: number;
  readonly ready: number;
  readonly min: number;
  readonly max: number;
  /** What `sluice scale` fixed; null = the policies decide. */
  readonly manual: number | null;
  readonly isPaused: boolean;
  readonly isAsleep: boolean;
  readonly parked: number;
  /** The version that is, or is becoming, everybody's. */
  readonly version: string;
  readonly deploy: DeployStatus | null;
  readonly instances: readonly InstanceStatus[];
  readonly lastDecision: Decision | null;
  /** What somebody should know: a trouble and its remedy. */
  readonly note: string | null;
}

export interface DeployStatus {
  readonly from: string;
  readonly to: string;
  readonly strategy: 'rolling' | 'canary' | 'blue-green';
  readonly phase: string;
  /** Share 0..1 of the requests that the new version gets. */
  readonly share: number;
  readonly ready: number;
  readonly wanted: number;
  readonly reason: string;
}

export interface InstanceStatus {
  readonly id: string;
  readonly version: string;
  readonly phase: string;
  readonly address: string | null;
  readonly handle: string | null;
  readonly inflight: number;
  /** Cores in use, bytes held; null = unknown. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  readonly ageSeconds: number;
  readonly restarts: number;
  readonly isProtected: boolean;
  /** Why it is not as it should be, with the remedy. */
  readonly trouble: string | null;
}
