/** A figure that misses its target by less than the tolerance changes nothing (HPA: 0.1). */
import { shown } from '../evaluation.ts';
import type { Bound, BoundView, Moved } from './bound.ts';

export class Tolerance implements Bound {
  readonly name = 'tolerance';

  apply(count: number, { winner, current, plan }: BoundView): Moved | null {
    const ratio = winner?.ratio ?? null;
    if (ratio === null || current === 0 || count === current) return null;
    const { tolerance } = plan.behavior;
    // A hair more than the tolerance, so that 1.1 against 0.1 is inside, whatever the last bit says.
    if (Math.abs(ratio - 1) > tolerance + 1e-9) return null;
    return {
      to: current,
      detail: `${winner?.policy ?? ''} is at ${shown(ratio * 100)} % of its target, ±${shown(tolerance * 100)} % are let be`,
    };
  }
}
