/**
 * Target tracking for figures that instances share: so many instances that each has `target` of it. One rule for both shapes of figure, because
 * a mean per instance times the instances that it is a mean of is a total:
 *
 *   wanted = ceil(mean of the totals over the stable window / target)          (Knative: stable; Kubernetes: ceil(current × ratio))
 *
 * Panic (Knative `autoscaler.go`): when the mean over the short window asks for `threshold` times the ready instances, the larger of both means
 * counts and nothing is taken away, until that has not been so for one stable window. Shares of an instance panic earlier (`signals.ts`).
 *
 * For means per instance, instances that are not warm yet count as the HPA counts unready and missing pods: as idle when that speaks against more
 * instances, as fully loaded when it speaks against fewer.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { type Evaluation, type Policy, type PolicyView, readingOf, shown, silent } from './evaluation.ts';
import { FigureWindow } from './figure-window.ts';
import type { ScalePolicyPlan, TargetPolicyPlan } from './policy.ts';
import { isOtherWork, panicThreshold, unknownHolds } from './signals.ts';

export class TargetTracking implements Policy {
  #plan: TargetPolicyPlan;
  readonly #window: FigureWindow;
  /** When the short window was over its threshold last, and the most that was wanted since panic began; null = no panic. */
  #panic: { since: Instant; last: Instant; most: number } | null = null;

  constructor(plan: TargetPolicyPlan) {
    this.#plan = plan;
    this.#window = new FigureWindow(longest(plan));
  }

  update(plan: ScalePolicyPlan): void {
    assert(plan.policy === 'target', 'a policy is updated by one of its kind');
    if (plan.panic === null) this.#panic = null;
    this.#plan = plan;
    this.#window.resize(longest(plan));
  }

  evaluate(view: PolicyView): Evaluation {
    const plan = this.#plan;
    const reading = readingOf(view.sample, plan.name);
    const { warm, ready, starting } = view.sample;
    const isMean = reading?.per === 'instance';
    if (reading === null || (isMean && warm === 0)) {
      const holds = unknownHolds(plan.signal, view);
      return { ...silent(plan.name, holds ? 'unknown: nothing is taken away' : 'nothing to measure', holds), target: plan.target };
    }
    this.#window.add(view.now, isMean ? reading.value * warm : reading.value);
    const stable = (this.#window.mean(view.now, plan.stableMs) ?? 0) / plan.target;
    const short = plan.panic === null ? 0 : (this.#window.mean(view.now, plan.panic.windowMs) ?? 0) / plan.target;
    const isPanicking = this.#isPanicking(view, short);
    const load = isPanicking ? Math.max(stable, short) : stable;
    const cold = isMean ? ready - warm + starting : 0;
    const needed = isMean ? besideCold(load, warm, cold, view.current) : Math.ceil(rounded(load));
    const wanted = this.#panic === null ? needed : (this.#panic.most = Math.max(this.#panic.most, needed));
    return {
      policy: plan.name,
      figure: isMean ? (load * plan.target) / warm : load * plan.target,
      target: plan.target,
      wanted,
      holds: isPanicking,
      detail: this.#detail(stable, short, view.now),
      ratio: isPanicking ? null : ratioOf(load, isMean ? { warm, cold } : { warm: view.current, cold: 0 }),
      keepsAwake: isOtherWork(plan.signal) && wanted > 0,
    };
  }

  /** @param short Instances that the short window asks for, with fractions. */
  #isPanicking(view: PolicyView, short: number): boolean {
    if (this.#plan.panic === null) return false;
    const { now } = view;
    const { signal, target, panic, stableMs } = this.#plan;
    if (short / Math.max(1, view.sample.ready) >= panicThreshold(signal, target, panic.threshold)) {
      this.#panic ??= { since: now, last: now, most: view.current };
      this.#panic.last = now;
    } else if (this.#panic !== null && now - this.#panic.last >= stableMs) this.#panic = null;
    return this.#panic !== null;
  }

  #detail(stable: number, short: number, now: Instant): string {
    const { target, panic } = this.#plan;
    const first = `stable ${shown(stable * target)} / ${shown(target)}`;
    if (panic === null) return first;
    const second = `${first}; panic ${shown(short * target)} / ${shown(target)}`;
    if (this.#panic === null) return second;
    return `${second}: panicking since ${Math.round((now - this.#panic.since) / 1_000)} s, at most ${this.#panic.most} wanted`;
  }
}

function longest(plan: TargetPolicyPlan): number {
  return Math.max(plan.stableMs, plan.panic?.windowMs ?? 0);
}

/** Sums of floating-point means miss whole numbers by a hair; ceil would make an instance of it. */
function rounded(load: number): number {
  return Math.round(load * 1e9) / 1e9;
}

/** The HPA's treatment of instances whose figure is not in the mean. */
function besideCold(load: number, warm: number, cold: number, current: number): number {
  if (cold === 0) return Math.ceil(rounded(load));
  if (load > warm) return Math.max(current, Math.ceil(rounded(load)));
  return Math.min(current, Math.ceil(rounded(load + cold)));
}

function ratioOf(load: number, { warm, cold }: { warm: number; cold: number }): number | null {
  if (warm === 0) return null;
  return (load > warm ? load : load + cold) / (warm + cold);
}
