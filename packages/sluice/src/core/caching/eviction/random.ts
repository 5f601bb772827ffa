/**
 * Random: any entry goes, each as likely. As good as FIFO and without its order, so nothing can be aimed at it; uses cost nothing.
 * Slots stand densely in one array, and the last one fills each gap: O(1). Randomness: xorshift32 (Marsaglia 2003), its word in the state.
 */
import { assert } from '../../../base/assert.ts';
import { mix32 } from '../../../base/hash.ts';
import { ENTRY_BYTES_MAX, type EvictionPolicy } from './policy.ts';
import type { Regions } from './regions.ts';

const NONE = -1;

export class RandomEviction implements EvictionPolicy {
  readonly touchIsLockFree = true;
  readonly #items: Int32Array;
  /** Where a slot stands in `items`; -1 when it is not there. */
  readonly #position: Int32Array;
  readonly #bytesOf: Uint32Array;
  readonly #count: Int32Array;
  readonly #bytes: Float64Array;
  readonly #state: Int32Array;

  constructor(regions: Regions, slots: number) {
    this.#items = regions.int32(slots);
    this.#position = regions.int32(slots);
    this.#bytesOf = regions.uint32(slots);
    this.#count = regions.int32(1);
    this.#bytes = regions.float64(1);
    this.#state = regions.int32(1);
  }

  format(seed: number): void {
    this.#position.fill(NONE);
    this.#count[0] = 0;
    this.#bytes[0] = 0;
    seedXorshift(this.#state, seed);
  }

  get count(): number {
    return this.#count[0]!;
  }

  get bytes(): number {
    return this.#bytes[0]!;
  }

  added(slot: number, _hash: number, bytes: number): void {
    assert(this.#position[slot] === NONE, 'a slot that is added is free');
    const at = this.#count[0]!++;
    this.#items[at] = slot;
    this.#position[slot] = at;
    const size = Math.min(bytes, ENTRY_BYTES_MAX);
    this.#bytesOf[slot] = size;
    this.#bytes[0]! += size;
  }

  touched(_slot: number): void {}

  missed(_hash: number): void {}

  removed(slot: number): void {
    const at = this.#position[slot]!;
    if (at === NONE) return;
    const last = this.#items[--this.#count[0]!]!;
    this.#items[at] = last;
    this.#position[last] = at;
    this.#position[slot] = NONE;
    this.#bytes[0]! -= this.#bytesOf[slot]!;
  }

  evict(): number {
    const count = this.count;
    if (count === 0) return NONE;
    const slot = this.#items[Math.floor((nextXorshift(this.#state) / 2 ** 32) * count)]!;
    this.removed(slot);
    return slot;
  }
}

/** The state is never 0: it would stay so. */
export function seedXorshift(state: Int32Array, seed: number): void {
  state[0] = mix32(seed) || 1;
}

/** An unsigned 32-bit integer, never 0. */
export function nextXorshift(state: Int32Array): number {
  let word = state[0]!;
  word ^= word << 13;
  word ^= word >>> 17;
  word ^= word << 5;
  state[0] = word;
  return word >>> 0;
}
