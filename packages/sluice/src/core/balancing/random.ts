/**
 * Weighted random choice. O(1) by the alias method. No state and no herding, but the fullest endpoint is about
 * ln n / ln ln n above the mean, where two choices leave ln ln n (see `p2c.ts`).
 */
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { AliasTable } from './alias-table.ts';
import { findOpen, isOpen, NO_CANDIDATES } from './eligibility.ts';

/** Draws before falling back to a scan, when those drawn are tried or full. */
const DRAWS = 8;

export class RandomChoice implements Balancer {
  readonly #context: BalancerContext;
  readonly #draws = new AliasTable();
  #candidates: Candidates = NO_CANDIDATES;

  constructor(context: BalancerContext) {
    this.#context = context;
  }

  update(candidates: Candidates): void {
    this.#candidates = candidates;
    this.#draws.rebuild(candidates.weights, candidates.count);
  }

  pick(_key: number, tried: readonly number[]): number {
    const candidates = this.#candidates;
    if (candidates.count === 0) return NONE;
    let index = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      index = this.#draws.draw(this.#context.random);
      if (isOpen(this.#context.table, candidates, index, tried)) return candidates.slots[index]!;
    }
    index = findOpen(this.#context.table, candidates, index, tried);
    return index < 0 ? NONE : candidates.slots[index]!;
  }
}
