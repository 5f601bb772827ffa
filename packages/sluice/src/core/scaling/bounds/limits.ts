/** Bounds that do not depend on what was before: schedules, min and max, money, the machine's budget. */
import { shown } from '../evaluation.ts';
import { isHolding } from '../schedule.ts';
import type { SchedulePolicyPlan } from '../policy.ts';
import type { Bound, BoundView, Moved } from './bound.ts';

export class ScheduleMin implements Bound {
  readonly name = 'schedule-min';

  apply(count: number, view: BoundView): Moved | null {
    let found: SchedulePolicyPlan | null = null;
    for (const each of holding(view)) if (each.min !== null && each.min > (found?.min ?? -1)) found = each;
    const floor = found?.min ?? 0;
    return found !== null && count < floor ? { to: floor, detail: `${found.name}: at least ${floor}` } : null;
  }
}

export class ScheduleMax implements Bound {
  readonly name = 'schedule-max';

  apply(count: number, view: BoundView): Moved | null {
    let found: SchedulePolicyPlan | null = null;
    for (const each of holding(view)) if (each.max !== null && each.max < (found?.max ?? Infinity)) found = each;
    const cap = found?.max ?? Infinity;
    return found !== null && count > cap ? { to: cap, detail: `${found.name}: at most ${cap}` } : null;
  }
}

export class Min implements Bound {
  readonly name = 'min';

  apply(count: number, { plan }: BoundView): Moved | null {
    return count < plan.min ? { to: plan.min, detail: `min is ${plan.min}` } : null;
  }
}

export class Max implements Bound {
  readonly name = 'max';

  apply(count: number, { plan }: BoundView): Moved | null {
    return count > plan.max ? { to: plan.max, detail: `max is ${plan.max}` } : null;
  }
}

export class Cost implements Bound {
  readonly name = 'cost';

  apply(count: number, { plan }: BoundView): Moved | null {
    if (plan.cost === null || plan.cost.perInstanceHour <= 0) return null;
    const { perInstanceHour, ceilingPerHour } = plan.cost;
    const limit = Math.floor(ceilingPerHour / perInstanceHour + 1e-9);
    return count > limit ? { to: limit, detail: `${shown(ceilingPerHour)} per hour pay ${limit} at ${shown(perInstanceHour)}` } : null;
  }
}

export class Budget implements Bound {
  readonly name = 'budget';

  apply(count: number, { sample }: BoundView): Moved | null {
    const ceiling = sample.ceiling ?? null;
    return ceiling !== null && count > ceiling.limit ? { to: Math.max(0, ceiling.limit), detail: ceiling.detail } : null;
  }
}

function* holding({ plan, sample }: BoundView): Iterable<SchedulePolicyPlan> {
  for (const policy of plan.scale) if (policy.policy === 'schedule' && isHolding(policy, sample)) yield policy;
}
