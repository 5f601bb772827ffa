/**
 * A known event ("the sale begins at nine"): from its time on, for its length, `times` as many instances as the other policies wanted when it began, or as `min`
 * when that is more. It ends by itself. A scaler that is started in the middle of one takes what is wanted then.
 */
import { assert } from '../../base/assert.ts';
import { durationText } from '../../base/duration.ts';
import { type Evaluation, type Policy, type PolicyView, silent } from './evaluation.ts';
import type { EventPolicyPlan, ScalePolicyPlan } from './policy.ts';

export class KnownEvent implements Policy {
  #plan: EventPolicyPlan;
  #base: number | null = null;

  constructor(plan: EventPolicyPlan) {
    this.#plan = plan;
  }

  update(plan: ScalePolicyPlan): void {
    assert(plan.policy === 'event', 'a policy is updated by one of its kind');
    if (plan.atMs !== this.#plan.atMs) this.#base = null;
    this.#plan = plan;
  }

  evaluate(view: PolicyView): Evaluation {
    const { name, atMs, forMs, times } = this.#plan;
    const { wall } = view.sample;
    if (wall < atMs || wall >= atMs + forMs) {
      this.#base = null;
      return silent(name, wall < atMs ? 'not yet' : 'over');
    }
    this.#base ??= Math.max(1, view.min, view.reactive ?? view.current);
    const wanted = Math.ceil(times * this.#base);
    const left = durationText(Math.ceil((atMs + forMs - wall) / 1_000) * 1_000);
    return { ...silent(name, `${times} × ${this.#base}, ends in ${left}`), wanted, keepsAwake: true };
  }
}
