/**
 * Finds slots by the hash of their key: a bucket per slot, chained through the slots. Changed under the lock, searched without it. A slot's
 * state is FREE or RETIRED from before it leaves its chain until after it is in another one, so a searcher that meets such a slot, or one
 * of another bucket, has been led astray and begins anew; else all it passed was in this chain as it passed. New slots come in front
 * with their own link set before, so a searcher never loses what stands behind them.
 */
import { BUILDING, FREE, HASH, HASH2, LIVE, NEXT, RETIRED, SLOT_WORDS, STATE, STATE_BITS, UPDATING } from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';

export const NONE = -1;
/** The search met a change; to be done again. */
export const AGAIN = -2;
/** Slots of a bucket at most: keys made to collide cost little, and the 33rd of a bucket needs one in 10^35 buckets by chance. */
export const CHAIN_MAX = 32;

export class SlotIndex {
  /** The state word of the slot that `search` returned, as it was when it matched. */
  state = 0;
  readonly #words: Int32Array;
  readonly #buckets: Int32Array;
  readonly #mask: number;
  readonly #slotsAt: number;

  constructor(views: StoreViews) {
    this.#words = views.words;
    this.#buckets = views.buckets;
    this.#mask = views.buckets.length - 1;
    this.#slotsAt = views.slotsAt;
  }

  /**
   * The next live slot with these hashes. Needs no lock.
   * @param after The slot to go on behind, which must still be live; NONE to begin.
   * @returns A slot, NONE or AGAIN.
   */
  search(first: number, second: number, after: number): number {
    const words = this.#words;
    let slot = after === NONE ? Atomics.load(this.#buckets, first & this.#mask) - 1 : words[this.base(after) + NEXT]! - 1;
    for (let steps = 0; slot >= 0; steps++) {
      const base = this.base(slot);
      const state = Atomics.load(words, base + STATE);
      const kind = state & STATE_BITS;
      const hash = words[base + HASH]!;
      if (kind === FREE || kind === RETIRED || ((hash ^ first) & this.#mask) !== 0 || steps > 2 * CHAIN_MAX) return AGAIN;
      if (hash === first && words[base + HASH2] === second) {
        if (kind === UPDATING) return AGAIN;
        if (kind === LIVE) {
          this.state = state;
          return slot;
        }
      }
      slot = words[base + NEXT]! - 1;
    }
    return NONE;
  }

  /** The first slot of the bucket that a hash belongs to; NONE. Under the lock, as all below. */
  firstOf(hash: number): number {
    return this.#buckets[hash & this.#mask]! - 1;
  }

  /** The slot after this one in its bucket; NONE. */
  after(slot: number): number {
    return this.#words[this.base(slot) + NEXT]! - 1;
  }

  /** Slots in the bucket of a hash. */
  lengthOf(hash: number): number {
    let length = 0;
    for (let slot = this.firstOf(hash); slot >= 0; slot = this.after(slot)) length++;
    return length;
  }

  /** The oldest live slot of the bucket of a hash; NONE. */
  oldestOf(hash: number): number {
    let oldest = NONE;
    for (let slot = this.firstOf(hash); slot >= 0; slot = this.after(slot)) {
      if ((this.#words[this.base(slot) + STATE]! & STATE_BITS) === LIVE) oldest = slot;
    }
    return oldest;
  }

  /** Puts a slot, its hash set, in front of its bucket and makes it BUILDING or whatever `state` is. */
  link(slot: number, state: number): void {
    const base = this.base(slot);
    const bucket = this.#words[base + HASH]! & this.#mask;
    Atomics.store(this.#words, base + NEXT, this.#buckets[bucket]!);
    Atomics.store(this.#words, base + STATE, state);
    Atomics.store(this.#buckets, bucket, slot + 1);
  }

  unlink(slot: number): void {
    const base = this.base(slot);
    const bucket = this.#words[base + HASH]! & this.#mask;
    let at = this.#buckets[bucket]! - 1;
    if (at === slot) {
      Atomics.store(this.#buckets, bucket, this.#words[base + NEXT]!);
      return;
    }
    for (; at >= 0; at = this.after(at)) {
      if (this.after(at) !== slot) continue;
      Atomics.store(this.#words, this.base(at) + NEXT, this.#words[base + NEXT]!);
      return;
    }
  }

  clear(): void {
    this.#buckets.fill(0);
  }

  /** Where a slot's words begin. */
  base(slot: number): number {
    return this.#slotsAt + slot * SLOT_WORDS;
  }
}

/** Whether a slot of this state is to be in the index. */
export function isIndexed(state: number): boolean {
  const kind = state & STATE_BITS;
  return kind === BUILDING || kind === LIVE || kind === UPDATING;
}

/** Whether a slot of this state is to be found. */
export function isLive(state: number): boolean {
  return (state & STATE_BITS) === LIVE;
}
