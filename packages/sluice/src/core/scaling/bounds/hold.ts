/** A policy whose figure is unknown, or that panics, keeps what there is; it never keeps more from coming (HPA, Knative). */
import type { Bound, BoundView, Moved } from './bound.ts';

export class Hold implements Bound {
  readonly name = 'hold';

  apply(count: number, { current, evaluations }: BoundView): Moved | null {
    if (count >= current) return null;
    const holding = evaluations.filter((each) => each.holds);
    if (holding.length === 0) return null;
    return { to: current, detail: holding.map((each) => `${each.policy}: ${each.detail}`).join('; ') };
  }
}
