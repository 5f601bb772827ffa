/** After a step out, no step in for the cooldown (AWS: 300 s for simple policies; here 0 unless configured, the stabilisation window does it). */
import type { Instant } from '../../../base/time.ts';
import { type Bound, type BoundView, type Moved, seconds } from './bound.ts';

export class Cooldown implements Bound {
  readonly name = 'cooldown';
  #outAt: Instant | null = null;

  apply(count: number, { now, current, plan }: BoundView): Moved | null {
    if (count >= current || this.#outAt === null) return null;
    const leftMs = plan.behavior.cooldownMs - (now - this.#outAt);
    return leftMs > 0 ? { to: current, detail: `the last step out was ${seconds(now - this.#outAt)} ago: ${seconds(leftMs)} to go` } : null;
  }

  decided({ now, current }: BoundView, wanted: number): void {
    if (wanted > current) this.#outAt = now;
  }
}
