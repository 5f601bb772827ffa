/**
 * Power of two choices on requests in flight: of two endpoints drawn by weight, the one with fewer requests in flight per
 * weight. The default: O(1), needs no measurements, and does not herd when several gateways see the same counts.
 * Source: M. Mitzenmacher 1996; draws by weight as in HAProxy's `random(2)`.
 */
import { TwoChoices } from './two-choices.ts';

export class P2c extends TwoChoices {
  protected override cost(index: number): number {
    return this.context.table.inflight[this.candidates.slots[index]!]! / this.candidates.weights[index]!;
  }
}
