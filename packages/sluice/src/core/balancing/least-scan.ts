/**
 * What algorithms that take the least of all endpoints share: find the lowest score, ties by weighted rotation.
 *
 * Up to 128 endpoints every pick looks at all of them. Beyond that a full scan would cost microseconds, and other workers
 * change the counts all the time, so no heap can be kept: instead candidates lie in blocks of 32, each remembers its lowest,
 * and a pick refreshes one block in turn, then checks the winning block until the winner is one that was looked at during
 * this pick. What was picked is therefore never worse than believed; an endpoint that became better elsewhere is noticed
 * within as many picks as there are blocks (32 for 1,000 endpoints).
 *
 * Ties are the normal case at low load. They go by virtual time, as in start-time fair queueing (Goyal, Vin, Cheng 1996): each
 * pick moves an endpoint's turn on by 1 / weight, so equal scores are shared out by weight, and one that was busy for long
 * does not get a burst.
 */
import type { Instant } from '../../base/time.ts';
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { isTried, NO_CANDIDATES } from './eligibility.ts';

const BLOCK = 32;
/** Up to so many blocks are all refreshed by each pick. */
const FULL_SCAN_BLOCKS = 4;
const REFRESHED_BLOCKS = 1;

export abstract class LeastScan implements Balancer {
  protected readonly context: BalancerContext;
  protected candidates: Candidates = NO_CANDIDATES;
  /** Copy of the candidates' weights; 0 while an endpoint must not be picked, which makes its score Infinity or NaN. */
  protected weights: Float64Array = new Float64Array(0);
  /** Virtual time of each candidate's next turn. */
  protected turns: Float64Array = new Float64Array(0);
  /** By block: the lowest score when last looked, and whose. */
  protected scores: Float64Array = new Float64Array(0);
  protected winners: Int32Array = new Int32Array(0);
  /** By block: the pick that looked last. */
  #looked = new Float64Array(0);
  #blocks = 0;
  #picks = 0;
  #cursor = 0;
  #virtualTime = 0;

  constructor(context: BalancerContext) {
    this.context = context;
  }

  /** Looks at candidates `from` (inclusive) to `to`: calls `keep` with the lowest score and its index, -1 when all are full. */
  protected abstract look(block: number, from: number, to: number, now: Instant): void;

  /** Remembers a block's lowest. */
  protected keep(block: number, score: number, index: number): void {
    this.scores[block] = score;
    this.winners[block] = index;
  }

  update(candidates: Candidates): void {
    const previous = new Map<number, number>();
    for (let index = 0; index < this.candidates.count; index++) previous.set(this.candidates.slots[index]!, this.turns[index]!);
    const turns = new Float64Array(candidates.count);
    for (let index = 0; index < candidates.count; index++) {
      const start = this.#virtualTime + this.context.random() / candidates.weights[index]!;
      turns[index] = previous.get(candidates.slots[index]!) ?? start;
    }
    this.candidates = candidates;
    this.turns = turns;
    this.weights = candidates.weights.slice(0, candidates.count);
    this.#blocks = Math.ceil(candidates.count / BLOCK);
    // -Infinity makes every block be looked at before it can win.
    this.scores = new Float64Array(this.#blocks).fill(-Infinity);
    this.winners = new Int32Array(this.#blocks).fill(-1);
    this.#looked = new Float64Array(this.#blocks).fill(-1);
    this.#cursor = 0;
  }

  pick(_key: number, tried: readonly number[], now: Instant): number {
    if (tried.length === 0) return this.#least(now);
    this.#mask(tried, true);
    const slot = this.#least(now);
    this.#mask(tried, false);
    return slot;
  }

  #least(now: Instant): number {
    const index = this.#findLeast(now);
    if (index < 0) return NONE;
    if (this.turns[index]! > this.#virtualTime) this.#virtualTime = this.turns[index]!;
    this.turns[index] = this.#virtualTime + 1 / this.weights[index]!;
    return this.candidates.slots[index]!;
  }

  #findLeast(now: Instant): number {
    this.#picks++;
    const refreshed = this.#blocks <= FULL_SCAN_BLOCKS ? this.#blocks : REFRESHED_BLOCKS;
    for (let count = 0; count < refreshed; count++) {
      this.#look(this.#cursor, now);
      this.#cursor = this.#cursor + 1 === this.#blocks ? 0 : this.#cursor + 1;
    }
    // Ends: each round looks at a block that this pick has not looked at yet.
    for (;;) {
      const best = this.#leastBlock();
      // Blocks that were full when last looked at may have room again.
      const block = best < 0 ? this.#unlookedBlock() : best;
      if (block < 0) return -1;
      if (this.#looked[block] === this.#picks) return this.winners[block]!;
      this.#look(block, now);
    }
  }

  /** A block that this pick has not looked at; -1 when there is none. */
  #unlookedBlock(): number {
    for (let block = 0; block < this.#blocks; block++) if (this.#looked[block] !== this.#picks) return block;
    return -1;
  }

  #look(block: number, now: Instant): void {
    const from = block * BLOCK;
    const to = from + BLOCK;
    this.look(block, from, to < this.candidates.count ? to : this.candidates.count, now);
    this.#looked[block] = this.#picks;
  }

  /** The block with the lowest score; -1 when all candidates are full or tried. */
  #leastBlock(): number {
    let best = -1;
    let bestScore = Infinity;
    let bestTurn = -Infinity;
    for (let block = 0; block < this.#blocks; block++) {
      const score = this.scores[block]!;
      if (score > bestScore || score === Infinity) continue;
      const winner = this.winners[block]!;
      const turn = winner < 0 ? -Infinity : this.turns[winner]!;
      if (score < bestScore || turn < bestTurn) {
        best = block;
        bestScore = score;
        bestTurn = turn;
      }
    }
    return best;
  }

  /** Takes tried endpoints out of the running for one pick, and puts them back. */
  #mask(tried: readonly number[], out: boolean): void {
    const { candidates } = this;
    for (let index = 0; index < candidates.count; index++) {
      if (!isTried(tried, candidates.slots[index]!)) continue;
      this.weights[index] = out ? 0 : candidates.weights[index]!;
      this.scores[(index / BLOCK) | 0] = -Infinity;
    }
  }
}
