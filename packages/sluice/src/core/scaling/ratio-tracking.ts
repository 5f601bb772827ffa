/**
 * Target tracking for figures that more instances do not divide by their number: latency, queue wait, event-loop delay. Near saturation they rise
 * far more than the load, below it they hardly move, so the HPA's `ceil(current × ratio)` is only a direction here, and is taken in bounded steps:
 *
 *   over the target:       ready × ratio, at most doubled per step, and no fewer than there are
 *   below half of it:      a tenth fewer, at least one, per step
 *   between the two:       as many as there are
 *
 * Those that are not ready yet have no part in the figure: a step that is on its way is not made again, however long a start takes, and instances that never
 * get ready do not bring others. A step is judged on readings made after it: whenever the number of ready instances changes, the window begins anew and nothing is said for
 * `SETTLE_MS`. Meant to stand beside a policy on in-flight requests, which knows how many instances the load needs.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { type Evaluation, type Policy, type PolicyView, readingOf, shown, silent } from './evaluation.ts';
import { FigureWindow } from './figure-window.ts';
import type { ScalePolicyPlan, TargetPolicyPlan } from './policy.ts';
import { unknownHolds } from './signals.ts';

/** Until requests that the new instances served dominate what is measured. */
const SETTLE_MS = 5_000;
const STEP_OUT_MAX = 2;
const STEP_IN = 0.1;
const IN_BELOW = 0.5;

export class RatioTracking implements Policy {
  #plan: TargetPolicyPlan;
  readonly #window: FigureWindow;
  #ready = -1;
  #since: Instant | null = null;

  constructor(plan: TargetPolicyPlan) {
    this.#plan = plan;
    this.#window = new FigureWindow(plan.stableMs);
  }

  update(plan: ScalePolicyPlan): void {
    assert(plan.policy === 'target', 'a policy is updated by one of its kind');
    this.#plan = plan;
    this.#window.resize(plan.stableMs);
  }

  evaluate(view: PolicyView): Evaluation {
    const { name, signal, target } = this.#plan;
    this.#settle(view);
    const reading = readingOf(view.sample, name);
    if (reading === null) {
      const holds = unknownHolds(signal, view);
      return { ...silent(name, holds ? 'unknown: nothing is taken away' : 'nothing to measure', holds), target };
    }
    this.#window.add(view.now, reading.value);
    const figure = this.#window.mean(view.now, this.#plan.stableMs) ?? reading.value;
    if (view.now - (this.#since ?? view.now) < SETTLE_MS) {
      return {
        ...silent(name, `${shown(figure)} / ${shown(target)}: instances changed less than ${SETTLE_MS / 1_000} s ago`, true),
        figure,
        target,
      };
    }
    const ratio = figure / target;
    return {
      policy: name,
      figure,
      target,
      wanted: nextCount(view.current, Math.min(view.current, view.sample.ready), ratio),
      holds: false,
      detail: `${shown(figure)} / ${shown(target)}`,
      ratio,
      keepsAwake: false,
    };
  }

  #settle(view: PolicyView): void {
    if (view.sample.ready === this.#ready) return;
    this.#ready = view.sample.ready;
    this.#since = view.now;
    this.#window.clear();
  }
}

function nextCount(current: number, ready: number, ratio: number): number {
  if (ratio > 1) return Math.max(current, Math.ceil(ready * Math.min(STEP_OUT_MAX, ratio)));
  if (ratio >= IN_BELOW) return current;
  return Math.max(1, current - Math.max(1, Math.floor(current * STEP_IN)));
}
