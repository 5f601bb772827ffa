/**
 * Balancing by the hash of something in the request (address, URL, header, cookie, query): the same key goes to the same
 * endpoint, and a change of endpoints moves few keys. The table (`maglev`, `ketama`, `rendezvous`) says who is next for a
 * key; this file skips those that are tried or full, and with a load factor those above it.
 *
 * Bounded load (V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018): an endpoint takes at
 * most ceil(c × (m + 1) × w / W) of m requests in flight; what is above goes to the next for its key. A hot key
 * therefore spills over to its neighbours instead of drowning one endpoint.
 */
import type { Balancer, BalancerContext, Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { findOpen, isOpen, NO_CANDIDATES } from './eligibility.ts';

/** Who is responsible for a key. */
export interface HashTable {
  /** Builds the table anew; keeps what it can. */
  rebuild(candidates: Candidates): void;
  /**
   * Index of the candidate that is the key's `attempt`-th choice (0 = first). Later choices may repeat earlier ones.
   * Never called without candidates.
   * @param key Unsigned 32-bit.
   */
  choice(key: number, attempt: number): number;
}

/** Choices looked at before a scan; with 16 the chance that all repeat two endpoints is small even among three. */
const CHOICES_MAX = 16;

export class HashBalancer implements Balancer {
  readonly #context: BalancerContext;
  readonly #hashTable: HashTable;
  readonly #loadFactor: number;
  #candidates: Candidates = NO_CANDIDATES;
  #totalWeight = 0;

  /** @param loadFactor Above 1; 0 = unbounded. */
  constructor(context: BalancerContext, hashTable: HashTable, loadFactor: number) {
    this.#context = context;
    this.#hashTable = hashTable;
    this.#loadFactor = loadFactor;
  }

  update(candidates: Candidates): void {
    this.#candidates = candidates;
    this.#totalWeight = 0;
    for (let index = 0; index < candidates.count; index++) this.#totalWeight += candidates.weights[index]!;
    if (candidates.count > 0) this.#hashTable.rebuild(candidates);
  }

  pick(key: number, tried: readonly number[]): number {
    const candidates = this.#candidates;
    const { table, serviceSlot } = this.#context;
    if (candidates.count === 0) return NONE;
    // Requests per unit of weight that nobody should be above.
    const share = this.#loadFactor === 0 ? Infinity : (this.#loadFactor * (table.serviceInflight[serviceSlot]! + 1)) / this.#totalWeight;
    let index = 0;
    for (let attempt = 0; attempt < CHOICES_MAX; attempt++) {
      index = this.#hashTable.choice(key >>> 0, attempt);
      if (!isOpen(table, candidates, index, tried)) continue;
      if (share === Infinity || this.#isBelow(index, share)) return candidates.slots[index]!;
    }
    index = this.#scan(index, tried, share);
    return index < 0 ? NONE : candidates.slots[index]!;
  }

  #isBelow(index: number, share: number): boolean {
    const cap = Math.ceil(share * this.#candidates.weights[index]!);
    return this.#context.table.inflight[this.#candidates.slots[index]!]! < cap;
  }

  /** From the last choice on: the first open one below its bound, else the first open one. */
  #scan(start: number, tried: readonly number[], share: number): number {
    const candidates = this.#candidates;
    if (share !== Infinity) {
      for (let step = 0; step < candidates.count; step++) {
        const index = start + step < candidates.count ? start + step : start + step - candidates.count;
        if (isOpen(this.#context.table, candidates, index, tried) && this.#isBelow(index, share)) return index;
      }
    }
    return findOpen(this.#context.table, candidates, start, tried);
  }
}
