/**
 * What algorithms that compare two random endpoints share: draw two different ones by weight, take the cheaper.
 * The power of two choices (M. Mitzenmacher, 1996): from ln n / ln ln n above the mean down to ln ln n / ln 2 + O(1).
 * O(1). A subclass says only what an endpoint costs.
 */
import type { Instant } from '../../base/time.ts';
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { AliasTable } from './alias-table.ts';
import { findOpen, isOpen, NO_CANDIDATES } from './eligibility.ts';

export abstract class TwoChoices implements Balancer {
  protected readonly context: BalancerContext;
  protected readonly draws: AliasTable = new AliasTable();
  protected candidates: Candidates = NO_CANDIDATES;

  constructor(context: BalancerContext) {
    this.context = context;
  }

  update(candidates: Candidates): void {
    this.candidates = candidates;
    this.draws.rebuild(candidates.weights, candidates.count);
  }

  /** What sending one more request to the candidate at `index` costs; only compared. */
  protected abstract cost(index: number, now: Instant): number;

  pick(_key: number, tried: readonly number[], now: Instant): number {
    const candidates = this.candidates;
    const { table, random } = this.context;
    if (candidates.count < 2) {
      return candidates.count === 1 && isOpen(table, candidates, 0, tried) ? candidates.slots[0]! : NONE;
    }
    const first = this.draws.draw(random);
    const second = this.draws.drawOther(random, first);
    const firstOpen = isOpen(table, candidates, first, tried);
    const secondOpen = isOpen(table, candidates, second, tried);
    if (firstOpen && secondOpen) {
      // A tie goes to the first, which was drawn by weight alone.
      return candidates.slots[this.cost(second, now) < this.cost(first, now) ? second : first]!;
    }
    if (firstOpen) return candidates.slots[first]!;
    if (secondOpen) return candidates.slots[second]!;
    const open = findOpen(table, candidates, first, tried);
    return open < 0 ? NONE : candidates.slots[open]!;
  }
}
