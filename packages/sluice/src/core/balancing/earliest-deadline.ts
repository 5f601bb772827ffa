/**
 * Weighted turns for many endpoints: each has a deadline; the earliest is served and moves on by 1 / weight. O(log n) per pick.
 * Source: earliest deadline first, as in Envoy's `EdfScheduler`. First deadlines are random within one turn, so that workers differ.
 */
import { IndexHeap } from '../../base/heap.ts';
import type { BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { findOpen, isOpen, NO_CANDIDATES } from './eligibility.ts';

/** Turns given up by endpoints that are full or tried, before a scan. */
const SKIPS_MAX = 8;

export class EarliestDeadline {
  readonly #context: BalancerContext;
  readonly #skipped = new Int32Array(SKIPS_MAX);
  readonly #skippedKeys = new Float64Array(SKIPS_MAX);
  #candidates: Candidates = NO_CANDIDATES;
  #heap = new IndexHeap(0);

  constructor(context: BalancerContext) {
    this.#context = context;
  }

  /** Those that stay keep their share of a turn still to wait. */
  update(candidates: Candidates): void {
    const time = this.#heap.size === 0 ? 0 : this.#heap.topKey();
    const waits = new Map<number, number>();
    while (this.#heap.size > 0) {
      const wait = this.#heap.topKey() - time;
      const index = this.#heap.pop();
      waits.set(this.#candidates.slots[index]!, wait * this.#candidates.weights[index]!);
    }
    this.#heap = new IndexHeap(candidates.count);
    for (let index = 0; index < candidates.count; index++) {
      const turns = waits.get(candidates.slots[index]!) ?? this.#context.random();
      this.#heap.push(index, turns / candidates.weights[index]!);
    }
    this.#candidates = candidates;
  }

  pick(_key: number, tried: readonly number[]): number {
    const candidates = this.#candidates;
    const heap = this.#heap;
    let skips = 0;
    let picked = -1;
    while (heap.size > 0 && picked < 0) {
      const index = heap.top();
      if (isOpen(this.#context.table, candidates, index, tried)) {
        heap.replaceTop(heap.topKey() + 1 / candidates.weights[index]!);
        picked = index;
      } else {
        if (skips === SKIPS_MAX) break;
        this.#skippedKeys[skips] = heap.topKey();
        this.#skipped[skips++] = heap.pop();
      }
    }
    if (picked < 0) picked = findOpen(this.#context.table, candidates, heap.size === 0 ? 0 : heap.top(), tried);
    while (skips > 0) {
      skips--;
      // A full endpoint loses its turn (it would else be looked at by every pick); a tried one as well, which is rare.
      const index = this.#skipped[skips]!;
      heap.push(index, this.#skippedKeys[skips]! + 1 / candidates.weights[index]!);
    }
    return picked < 0 ? NONE : candidates.slots[picked]!;
  }
}
