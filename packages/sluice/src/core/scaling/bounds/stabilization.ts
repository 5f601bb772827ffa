/**
 * The HPA's stabilisation windows: going in, the largest answer of the window counts; going out, the smallest. So one low second takes nothing away. Each
 * answer goes in and comes out of its queue once: constant work per decision.
 */
import type { Instant } from '../../../base/time.ts';
import type { ScaleBehaviorPlan } from '../policy.ts';
import { type Bound, type BoundView, type Moved, seconds } from './bound.ts';

interface Answer {
  readonly at: Instant;
  readonly count: number;
}

export class Stabilization implements Bound {
  readonly name = 'stabilization';
  /** Decreasing and increasing counts: the first is the largest (in), the smallest (out) of its window. */
  readonly #largest: Answer[] = [];
  readonly #smallest: Answer[] = [];

  apply(count: number, { now, current, plan }: BoundView): Moved | null {
    this.remember(now, count, plan.behavior);
    const [most, least] = [this.#largest[0]?.count ?? count, this.#smallest[0]?.count ?? count];
    const to = Math.min(Math.max(current, least), most);
    if (to === count) return null;
    const isOut = count > current;
    const { stabilizationMs } = isOut ? plan.behavior.out : plan.behavior.in;
    return { to, detail: `${to} is the ${isOut ? 'least' : 'most'} that was wanted in ${seconds(stabilizationMs)}` };
  }

  /** Takes in an answer that nothing was decided by, so that what follows goes on from it. */
  remember(now: Instant, count: number, behavior: ScaleBehaviorPlan): void {
    while (this.#largest.length > 0 && this.#largest.at(-1)!.count <= count) this.#largest.pop();
    while (this.#smallest.length > 0 && this.#smallest.at(-1)!.count >= count) this.#smallest.pop();
    this.#largest.push({ at: now, count });
    this.#smallest.push({ at: now, count });
    expire(this.#largest, now - behavior.in.stabilizationMs);
    expire(this.#smallest, now - behavior.out.stabilizationMs);
  }
}

/** An answer exactly as old as the window is out of it; the present one stays. */
function expire(answers: Answer[], limit: number): void {
  while (answers.length > 1 && (answers[0]?.at ?? Infinity) <= limit) answers.shift();
}
