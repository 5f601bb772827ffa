/**
 * Round robin: each endpoint in turn, whatever its weight. O(1). Every worker (and every restart) begins at a random
 * place, or all of them would send their first requests to the first endpoint. For turns by weight see `smooth-wrr.ts`.
 */
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { findOpen, isOpen, NO_CANDIDATES } from './eligibility.ts';
import { randomInteger } from '../../base/random.ts';

export class RoundRobin implements Balancer {
  readonly #context: BalancerContext;
  #candidates: Candidates = NO_CANDIDATES;
  /** Where the next turn starts looking. */
  #next = 0;

  constructor(context: BalancerContext) {
    this.#context = context;
  }

  update(candidates: Candidates): void {
    const nextSlot = this.#candidates.slots[this.#next] ?? NONE;
    this.#candidates = candidates;
    const kept = candidates.slots.indexOf(nextSlot);
    this.#next = kept >= 0 ? kept : randomInteger(this.#context.random, candidates.count);
  }

  pick(_key: number, tried: readonly number[]): number {
    const candidates = this.#candidates;
    if (candidates.count === 0) return NONE;
    let index = this.#next;
    if (!isOpen(this.#context.table, candidates, index, tried)) {
      index = findOpen(this.#context.table, candidates, index, tried);
      if (index < 0) return NONE;
    }
    this.#next = index + 1 === candidates.count ? 0 : index + 1;
    return candidates.slots[index]!;
  }
}
