/**
 * First fit: the first endpoint, in configuration order, that has room (`requestsMax`; one without takes everything). Fills
 * few endpoints and leaves the rest idle, so that an autoscaler can remove them. Source: HAProxy `first`.
 *
 * Beyond 128 endpoints a pick does not look at all of them: it goes on from the lowest known to have room, and looks again at 64 of
 * those before it, in turn, so a place that became free there is found within n / 64 picks.
 */
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { findOpen, isOpen, NO_CANDIDATES } from './eligibility.ts';

const FULL_SCAN_MAX = 128;
const LOOKED_AGAIN = 64;
const NONE_TRIED: readonly number[] = [];

export class FirstFit implements Balancer {
  readonly #context: BalancerContext;
  #candidates: Candidates = NO_CANDIDATES;
  /** The lowest candidate that had room when last looked at. */
  #lowest = 0;
  #cursor = 0;

  constructor(context: BalancerContext) {
    this.#context = context;
  }

  update(candidates: Candidates): void {
    this.#candidates = candidates;
    this.#lowest = 0;
    this.#cursor = 0;
  }

  pick(_key: number, tried: readonly number[]): number {
    const candidates = this.#candidates;
    if (candidates.count > FULL_SCAN_MAX && tried.length === 0) this.#lookAgain();
    else this.#lowest = 0;
    const index = findOpen(this.#context.table, candidates, this.#lowest, tried);
    if (index < 0) return NONE;
    this.#lowest = index;
    return candidates.slots[index]!;
  }

  /** Looks at the next few before the lowest known: has one of them room again? */
  #lookAgain(): void {
    const steps = Math.min(LOOKED_AGAIN, this.#lowest);
    for (let step = 0; step < steps; step++) {
      if (this.#cursor >= this.#lowest) this.#cursor = 0;
      if (isOpen(this.#context.table, this.#candidates, this.#cursor, NONE_TRIED)) {
        this.#lowest = this.#cursor;
        return;
      }
      this.#cursor++;
    }
  }
}
