/** The policies of a service, each with its memory, over changes of the plan. */
import type { Evaluation, Policy, PolicyView } from './evaluation.ts';
import { KnownEvent } from './event.ts';
import type { HistoryExport } from './minute-history.ts';
import type { ScalePolicyPlan } from './policy.ts';
import { Prediction } from './prediction.ts';
import { RatioTracking } from './ratio-tracking.ts';
import { Schedule } from './schedule.ts';
import { isLinear } from './signals.ts';
import { StepScaling } from './step-scaling.ts';
import { TargetTracking } from './target-tracking.ts';

interface Member {
  readonly plan: ScalePolicyPlan;
  readonly policy: Policy;
}

export class PolicySet {
  #members: readonly Member[];

  constructor(plans: readonly ScalePolicyPlan[]) {
    this.#members = plans.map((plan) => ({ plan, policy: policyOf(plan) }));
  }

  update(plans: readonly ScalePolicyPlan[]): void {
    this.#members = plans.map((plan) => {
      const stays = this.#members.find((each) => identity(each.plan) === identity(plan));
      stays?.policy.update(plan);
      return { plan, policy: stays?.policy ?? policyOf(plan) };
    });
  }

  /** Every policy's answer, in the order of the plan; events are asked last, because they multiply what the others say. */
  evaluate(view: PolicyView): readonly Evaluation[] {
    const answers: (Evaluation | null)[] = [];
    let reactive: number | null = null;
    for (const { plan, policy } of this.#members) {
      const answer = plan.policy === 'event' ? null : policy.evaluate(view);
      answers.push(answer);
      const wanted = answer?.wanted ?? null;
      if (wanted !== null) reactive = Math.max(reactive ?? 0, wanted);
    }
    return this.#members.map(({ policy }, index) => answers[index] ?? policy.evaluate({ ...view, reactive }));
  }

  exportHistory(): HistoryExport | null {
    return this.#prediction()?.exportHistory() ?? null;
  }

  importHistory(history: HistoryExport): boolean {
    return this.#prediction()?.importHistory(history) ?? false;
  }

  #prediction(): Prediction | null {
    for (const { policy } of this.#members) if (policy instanceof Prediction) return policy;
    return null;
  }
}

/** What must be equal for a policy's memory to mean the same under another plan. */
function identity(plan: ScalePolicyPlan): string {
  const signal = plan.policy === 'target' || plan.policy === 'step' ? plan.signal : null;
  return JSON.stringify([plan.policy, plan.name, signal]);
}

function policyOf(plan: ScalePolicyPlan): Policy {
  switch (plan.policy) {
    case 'target':
      return isLinear(plan.signal) ? new TargetTracking(plan) : new RatioTracking(plan);
    case 'step':
      return new StepScaling(plan);
    case 'schedule':
      return new Schedule(plan);
    case 'event':
      return new KnownEvent(plan);
    case 'predict':
      return new Prediction(plan);
  }
}
