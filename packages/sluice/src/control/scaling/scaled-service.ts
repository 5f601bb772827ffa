/** What the scaler needs of a service that the fleet runs. `control/fleet/service-fleet.ts` is it. */
import type { Instant } from '../../base/time.ts';
import type { FleetServicePlan } from '../../config/fleet-plan.ts';
import type { Decision, VictimRecord } from '../../core/scaling/decision.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';

export interface ScaledService {
  readonly name: string;
  readonly plan: FleetServicePlan;
  /** `warm`: ready for at least `behavior.warmUpMs`. `starting`: everything else that is to serve (starting, waiting, unready). */
  counts(now: Instant): { readonly wanted: number; readonly ready: number; readonly warm: number; readonly starting: number };
  instances(): readonly InstanceView[];
  /** How long the last instance took from its start until it was ready, in ms; null = none was yet. */
  readonly startMs: number | null;
  /** What `sluice scale SERVICE N` fixed; null = the policies decide. */
  readonly manual: number | null;
  /** From now on so many. @returns Who goes, and who could have gone; empty unless some do. */
  want(count: number, decision: Decision): readonly VictimRecord[];
}
