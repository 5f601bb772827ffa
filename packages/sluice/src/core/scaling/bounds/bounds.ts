/** All bounds, in the order in which they take the number from one to the next; a reason for each place. */
import type { Bound } from './bound.ts';
import { Cooldown } from './cooldown.ts';
import { Hold } from './hold.ts';
import { Idle } from './idle.ts';
import { Budget, Cost, Max, Min, ScheduleMax, ScheduleMin } from './limits.ts';
import { Rate } from './rate.ts';
import type { Stabilization } from './stabilization.ts';
import { Tolerance } from './tolerance.ts';

/** @param stabilization The one that also has to hear of numbers that a person fixed. */
export function pacedBounds(stabilization: Stabilization): readonly Bound[] {
  return [
    // First: noise around the target must not get into any memory.
    new Tolerance(),
    // Remembers what the load asks for, so before anything that slows it down.
    stabilization,
    // How fast to go where the windows agree to go.
    new Rate(),
    new Cooldown(),
    // A veto on this decision only; what was wanted has been remembered above, and counts again when the veto is gone.
    new Hold(),
    // Sleeping and waking are not paced, so after the pace; schedules and bounds may still lift or cap them.
    new Idle(),
    // A schedule moves within the service's own bounds, so before these. Where two schedules disagree, the cap wins.
    new ScheduleMin(),
    new ScheduleMax(),
    ...hardBounds(),
  ];
}

/**
 * What nobody gets past, a person neither: the service's own bounds, then what is not paid for, then what the machine does not have. `sluice scale` refuses
 * a number outside of min and max; these hold one that a later configuration has left outside.
 */
export function hardBounds(): readonly Bound[] {
  return [new Min(), new Max(), new Cost(), new Budget()];
}
