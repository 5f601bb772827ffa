/**
 * LFU: the entry that was used least often since it came goes, of several the one that has been at that number longest. A use counts and
 * moves nothing: a heap remembers the count that each entry had when it was last looked at, which can only be too small, so its top
 * is looked at again until it is right. All counts are halved from time to time, else what was popular once would stay for ever; it is
 * slow all the same to follow a change. O(log n) for an eviction; a halving O(n), some 40 ms for a million entries.
 */
import { assert } from '../../../base/assert.ts';
import { ENTRY_BYTES_MAX, type EvictionPolicy } from './policy.ts';
import type { Regions } from './regions.ts';

const NONE = -1;

const COUNT = 0;
/** Goes up with each entry that comes: the time by which uses are ordered. */
const CLOCK = 1;

const BYTES = 0;
/** Since the last halving. */
const EVICTIONS = 1;

/** Evictions for each entry held between two halvings. Fewer would make it another policy: 100 gain 3 points where fame fades quickly (web12). */
const AGEING_ROUNDS = 500;

export class Lfu implements EvictionPolicy {
  readonly touchIsLockFree = true;
  readonly #uses: Uint32Array;
  /** The clock at the last use. */
  readonly #usedAt: Int32Array;
  readonly #bytesOf: Uint32Array;
  /** Slots, least first, by the two figures of the same place. */
  readonly #heap: Int32Array;
  readonly #heapUses: Uint32Array;
  readonly #heapUsedAt: Int32Array;
  /** Where a slot stands in the heap; -1 when it does not. */
  readonly #position: Int32Array;
  readonly #words: Int32Array;
  readonly #figures: Float64Array;

  constructor(regions: Regions, slots: number) {
    this.#uses = regions.uint32(slots);
    this.#usedAt = regions.int32(slots);
    this.#bytesOf = regions.uint32(slots);
    this.#heap = regions.int32(slots);
    this.#heapUses = regions.uint32(slots);
    this.#heapUsedAt = regions.int32(slots);
    this.#position = regions.int32(slots);
    this.#words = regions.int32(2);
    this.#figures = regions.float64(2);
  }

  format(): void {
    this.#position.fill(NONE);
    this.#words.fill(0);
    this.#figures.fill(0);
  }

  get count(): number {
    return this.#words[COUNT]!;
  }

  get bytes(): number {
    return this.#figures[BYTES]!;
  }

  added(slot: number, _hash: number, bytes: number): void {
    assert(this.#position[slot] === NONE, 'a slot that is added is free');
    this.#words[CLOCK]!++;
    this.#uses[slot] = 1;
    this.#usedAt[slot] = this.#words[CLOCK]!;
    const size = Math.min(bytes, ENTRY_BYTES_MAX);
    this.#bytesOf[slot] = size;
    this.#figures[BYTES]! += size;
    this.#rise(this.#words[COUNT]!++, slot);
  }

  touched(slot: number): void {
    this.#uses[slot]!++;
    this.#usedAt[slot] = this.#words[CLOCK]!;
  }

  missed(_hash: number): void {}

  removed(slot: number): void {
    const at = this.#position[slot]!;
    if (at === NONE) return;
    this.#position[slot] = NONE;
    this.#figures[BYTES]! -= this.#bytesOf[slot]!;
    const last = this.#heap[--this.#words[COUNT]!]!;
    if (last === slot) return;
    // The last one may belong above or below the gap.
    this.#rise(at, last);
    this.#sink(this.#position[last]!, last);
  }

  evict(): number {
    if (this.count === 0) return NONE;
    if (++this.#figures[EVICTIONS]! > AGEING_ROUNDS * this.count) this.#age();
    // Each look makes one entry right; threads that touch meanwhile may not keep it going for ever.
    for (let left = this.count; left > 0; left--) {
      const top = this.#heap[0]!;
      if (this.#heapUses[0] === this.#uses[top] && this.#heapUsedAt[0] === this.#usedAt[top]) break;
      this.#sink(0, top);
    }
    const slot = this.#heap[0]!;
    this.removed(slot);
    return slot;
  }

  /** Halves all counts; what had different ones may have the same now, so the heap is made anew. */
  #age(): void {
    this.#figures[EVICTIONS] = 0;
    for (let at = 0; at < this.count; at++) this.#uses[this.#heap[at]!] = (this.#uses[this.#heap[at]!]! + 1) >>> 1;
    for (let at = this.count - 1; at >= 0; at--) this.#sink(at, this.#heap[at]!);
  }

  /** Puts a slot at this place or above, by the count it has now. */
  #rise(place: number, slot: number): void {
    const uses = this.#uses[slot]!;
    const usedAt = this.#usedAt[slot]!;
    let at = place;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(uses, usedAt, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, slot, uses, usedAt);
  }

  /** Puts a slot at this place or below, by the count it has now. */
  #sink(place: number, slot: number): void {
    const uses = this.#uses[slot]!;
    const usedAt = this.#usedAt[slot]!;
    const count = this.count;
    let at = place;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#isBefore(this.#heapUses[child + 1]!, this.#heapUsedAt[child + 1]!, child)) child++;
      if (this.#isBefore(uses, usedAt, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, slot, uses, usedAt);
  }

  /** Whether these figures go before those of a place. The clock wraps. */
  #isBefore(uses: number, usedAt: number, place: number): boolean {
    const other = this.#heapUses[place]!;
    return uses < other || (uses === other && ((usedAt - this.#heapUsedAt[place]!) | 0) < 0);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#heap[from]!, this.#heapUses[from]!, this.#heapUsedAt[from]!);
  }

  #set(at: number, slot: number, uses: number, usedAt: number): void {
    this.#heap[at] = slot;
    this.#heapUses[at] = uses;
    this.#heapUsedAt[at] = usedAt;
    this.#position[slot] = at;
  }
}
