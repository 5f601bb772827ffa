/**
 * Times of the clock at which a service has at least or at most so many instances. When an entry begins is worked out outside (cron, time zones); here it holds
 * for its `for`, or until another schedule of the service begins. Where several hold, the largest `min` and the smallest `max` count.
 * Its `min` is also its answer, so that a record says who asked for it.
 */
import { assert } from '../../base/assert.ts';
import { type Evaluation, type Policy, type PolicyView, silent } from './evaluation.ts';
import type { ScalePolicyPlan, SchedulePolicyPlan } from './policy.ts';
import type { ScalingSample } from './sample.ts';

export class Schedule implements Policy {
  #plan: SchedulePolicyPlan;

  constructor(plan: SchedulePolicyPlan) {
    this.#plan = plan;
  }

  update(plan: ScalePolicyPlan): void {
    assert(plan.policy === 'schedule', 'a policy is updated by one of its kind');
    this.#plan = plan;
  }

  evaluate(view: PolicyView): Evaluation {
    const { name, min, max } = this.#plan;
    if (!isHolding(this.#plan, view.sample)) return silent(name, 'not now');
    const bounds = [min === null ? '' : `at least ${min}`, max === null ? '' : `at most ${max}`].filter((each) => each !== '');
    return { ...silent(name, bounds.join(', ')), wanted: min, keepsAwake: min !== null && min > 0 };
  }
}

/** Whether the schedule's bounds hold in this sample. */
export function isHolding(plan: SchedulePolicyPlan, sample: ScalingSample): boolean {
  const beganAt = sample.schedules.get(plan.name)?.beganAt ?? null;
  if (beganAt === null || sample.wall < beganAt) return false;
  if (plan.forMs !== null) return sample.wall - beganAt < plan.forMs;
  for (const other of sample.schedules.values()) {
    if (other.beganAt !== null && other.beganAt > beganAt && other.beganAt <= sample.wall) return false;
  }
  return true;
}
