/**
 * Step scaling (AWS): bounds of a figure, each with a change of the number. The outermost bound that holds counts; between two steps lies the cooldown,
 * except that a figure that rises to a farther bound, or turns from below to above, adds at once.
 *
 * A step is a goal that stays until it is reached, so that the rate bounds may take their time over it. Outwards it is also kept for the cooldown:
 * other policies would take away at once what it added.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { type Evaluation, type Policy, type PolicyView, readingOf, shown, silent } from './evaluation.ts';
import { FigureWindow } from './figure-window.ts';
import type { ScalePolicyPlan, StepPlan, StepPolicyPlan } from './policy.ts';
import { isOtherWork, unknownHolds } from './signals.ts';

interface Goal {
  readonly when: 'above' | 'below';
  /** The number that the step began at, and the one that it leads to. */
  readonly base: number;
  readonly count: number;
  readonly setAt: Instant;
}

export class StepScaling implements Policy {
  #plan: StepPolicyPlan;
  readonly #window: FigureWindow;
  #goal: Goal | null = null;

  constructor(plan: StepPolicyPlan) {
    this.#plan = plan;
    this.#window = new FigureWindow(plan.windowMs);
  }

  update(plan: ScalePolicyPlan): void {
    assert(plan.policy === 'step', 'a policy is updated by one of its kind');
    this.#plan = plan;
    this.#window.resize(plan.windowMs);
  }

  evaluate(view: PolicyView): Evaluation {
    const { name, signal, windowMs } = this.#plan;
    const reading = readingOf(view.sample, name);
    if (reading === null) {
      const holds = unknownHolds(signal, view);
      return silent(name, holds ? 'unknown: nothing is taken away' : 'nothing to measure', holds);
    }
    this.#window.add(view.now, reading.value);
    const figure = this.#window.mean(view.now, windowMs) ?? reading.value;
    const step = outermost(this.#plan.steps, figure);
    this.#goal = this.#nextGoal(step, view);
    return {
      policy: name,
      figure,
      target: step?.bound ?? null,
      wanted: this.#goal?.count ?? null,
      holds: false,
      detail: this.#detail(figure, step),
      ratio: null,
      keepsAwake: isOtherWork(signal) && figure > 0,
    };
  }

  #nextGoal(step: StepPlan | null, view: PolicyView): Goal | null {
    const goal = this.#goal;
    const isCooling = goal !== null && view.now - goal.setAt < this.#plan.cooldownMs;
    if (step === null) return isCooling && goal.when === 'above' ? goal : null;
    if (goal !== null && goal.when === step.when) {
      const isReached = step.when === 'above' ? view.current >= goal.count : view.current <= goal.count;
      if (isReached && !isCooling) return newGoal(step, view.current, view);
      const farther = newGoal(step, goal.base, view);
      return step.when === 'above' && farther.count > goal.count ? farther : goal;
    }
    if (step.when === 'below' && isCooling) return goal;
    return newGoal(step, view.current, view);
  }

  #detail(figure: number, step: StepPlan | null): string {
    if (step === null) return `${shown(figure)}: between its bounds`;
    const { by, amount } = step.change;
    const change = by === 'count' ? String(amount) : `${shown(amount * 100)} %`;
    return `${shown(figure)} is ${step.when} ${shown(step.bound)}: ${amount > 0 ? '+' : ''}${change} of ${this.#goal?.base ?? 0}`;
  }
}

function outermost(steps: readonly StepPlan[], figure: number): StepPlan | null {
  let found: StepPlan | null = null;
  for (const step of steps) {
    const isHeld = step.when === 'above' ? figure >= step.bound : figure <= step.bound;
    if (!isHeld) continue;
    // Bounds of both kinds can hold only where the configuration crosses them; adding is the safer reading.
    if (found === null || (found.when === 'below' && step.when === 'above')) found = step;
    else if (found.when === step.when && (step.when === 'above' ? step.bound > found.bound : step.bound < found.bound)) found = step;
  }
  return found;
}

function newGoal(step: StepPlan, base: number, view: PolicyView): Goal {
  const { by, amount } = step.change;
  const size = by === 'count' ? Math.abs(amount) : Math.ceil(Math.abs(amount) * base);
  const count = base + Math.sign(amount) * size;
  return { when: step.when, base, count: Math.min(Math.max(count, view.min), view.max), setAt: view.now };
}
