/**
 * The HPA's rate policies: in each period, at most the larger of a share of the instances and a count may be added, or taken away. The share is of what there was
 * when the period began: the present number less what the period has changed already.
 */
import type { Instant } from '../../../base/time.ts';
import { shown } from '../evaluation.ts';
import type { ScaleRatePlan } from '../policy.ts';
import { type Bound, type BoundView, type Moved, seconds } from './bound.ts';

interface Change {
  readonly at: Instant;
  readonly by: number;
}

export class Rate implements Bound {
  readonly name = 'rate';
  readonly #outs: Change[] = [];
  readonly #ins: Change[] = [];

  apply(count: number, { now, current, plan }: BoundView): Moved | null {
    const { behavior } = plan;
    if (count > current) {
      const most = current - changed(this.#outs, now, behavior.out);
      const limit = Math.max(current, most + behavior.out.count, Math.ceil(most * (1 + behavior.out.share) - 1e-9));
      return count > limit ? { to: limit, detail: detail('added to', most, behavior.out) } : null;
    }
    const most = current + changed(this.#ins, now, behavior.in);
    const limit = Math.min(current, most - behavior.in.count, Math.floor(most * (1 - behavior.in.share) + 1e-9));
    return count < limit ? { to: limit, detail: detail('taken from', most, behavior.in) } : null;
  }

  decided({ now, current }: BoundView, wanted: number): void {
    if (wanted > current) this.#outs.push({ at: now, by: wanted - current });
    if (wanted < current) this.#ins.push({ at: now, by: current - wanted });
  }
}

/** How much a period has changed already; forgets what is older. */
function changed(changes: Change[], now: Instant, { periodMs }: ScaleRatePlan): number {
  while (changes.length > 0 && (changes[0]?.at ?? 0) <= now - periodMs) changes.shift();
  let sum = 0;
  for (const change of changes) sum += change.by;
  return sum;
}

function detail(verb: string, base: number, rate: ScaleRatePlan): string {
  return `${shown(rate.share * 100)} % or ${rate.count} may be ${verb} ${base} in ${seconds(rate.periodMs)}`;
}
