/**
 * Smooth weighted round robin: turns by weight, spread evenly (weights 5/1/1 give a a b a c a a). Source: nginx
 * `ngx_http_upstream_get_peer`. Each pick adds every weight to its endpoint's credit, takes the highest credit (the first of
 * equals) and subtracts the total from it. That is O(n), so beyond 64 endpoints the earliest deadline is served from a
 * heap instead (as Envoy does): same shares, O(log n).
 *
 * Starts at a random place in the cycle: otherwise all restarted workers would begin with the same endpoint.
 */
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { EarliestDeadline } from './earliest-deadline.ts';
import { isOpen, NO_CANDIDATES } from './eligibility.ts';
import { randomInteger } from '../../base/random.ts';

/** Above so many endpoints deadlines are cheaper than credits. */
const CREDITS_MAX = 64;

export class SmoothWrr implements Balancer {
  readonly #context: BalancerContext;
  readonly #deadlines: EarliestDeadline;
  #candidates: Candidates = NO_CANDIDATES;
  #credits = new Float64Array(0);
  #mayBeFull = false;

  constructor(context: BalancerContext) {
    this.#context = context;
    this.#deadlines = new EarliestDeadline(context);
  }

  update(candidates: Candidates): void {
    if (candidates.count > CREDITS_MAX) {
      this.#deadlines.update(candidates);
      this.#candidates = candidates;
      return;
    }
    const before = this.#candidates.count > CREDITS_MAX ? NO_CANDIDATES : this.#candidates;
    const credits = new Float64Array(candidates.count);
    for (let index = 0; index < candidates.count; index++) {
      const previous = before.slots.indexOf(candidates.slots[index]!);
      // A credit is worth turns; what was earned at another weight is kept as turns, or a cut weight would starve.
      if (previous >= 0) credits[index] = (this.#credits[previous]! * candidates.weights[index]!) / before.weights[previous]!;
    }
    this.#candidates = candidates;
    this.#credits = credits;
    this.#mayBeFull = candidates.requestsMax.some((limit) => limit !== 0);
    if (before.count === 0) this.#skipAhead();
  }

  pick(_key: number, tried: readonly number[]): number {
    if (this.#candidates.count > CREDITS_MAX) return this.#deadlines.pick(_key, tried);
    const best = this.#turn(tried);
    return best < 0 ? NONE : this.#candidates.slots[best]!;
  }

  /** One turn: the index whose turn it is; -1 when none is open. Those that are not open neither earn nor pay. */
  #turn(tried: readonly number[]): number {
    const { table } = this.#context;
    const candidates = this.#candidates;
    const credits = this.#credits;
    const weights = candidates.weights;
    const check = this.#mayBeFull || tried.length > 0;
    let best = -1;
    let bestCredit = -Infinity;
    let total = 0;
    for (let index = 0; index < candidates.count; index++) {
      if (check && !isOpen(table, candidates, index, tried)) continue;
      const credit = credits[index]! + weights[index]!;
      credits[index] = credit;
      total += weights[index]!;
      if (credit > bestCredit) {
        best = index;
        bestCredit = credit;
      }
    }
    if (best >= 0) credits[best] = bestCredit - total;
    return best;
  }

  /** Takes a random number of turns, up to twice the endpoints. */
  #skipAhead(): void {
    for (let turns = randomInteger(this.#context.random, this.#candidates.count * 2); turns > 0; turns--) this.#turn([]);
  }
}
