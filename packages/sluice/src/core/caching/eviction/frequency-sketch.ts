/**
 * How often keys were asked for lately, whether they are held or not: a count-min sketch of 4-bit counters, four for a key, all in one
 * block of 64 bytes. When as many uses were counted as a sample has, all counters are halved, so that old fame fades. The seed decides
 * which keys share counters, so nobody outside can choose them to.
 * Source: Caffeine's FrequencySketch; Einziger et al., "TinyLFU", 2017. A use costs some 5 ns; a halving O(counters).
 */
import { mix32 } from '../../../base/hash.ts';
import type { Regions } from './regions.ts';

const WORDS_PER_BLOCK = 16;
const COUNTERS_PER_WORD = 8;
const COUNTER_MAX = 15;
const EVEN = 0x77777777;
const ODD = 0x11111111;

const ADDITIONS = 0;
const SEED = 1;

export class FrequencySketch {
  readonly #blockMask: number;
  readonly #counters: Int32Array;
  /** Counted since the last halving; the seed. */
  readonly #words: Int32Array;

  /** @param counters How many at least; rounded up to a power of two. */
  constructor(regions: Regions, counters: number) {
    const words = Math.max(WORDS_PER_BLOCK, 2 ** Math.ceil(Math.log2(counters / COUNTERS_PER_WORD)));
    this.#blockMask = words / WORDS_PER_BLOCK - 1;
    this.#counters = regions.int32(words);
    this.#words = regions.int32(2);
  }

  format(seed: number): void {
    this.#counters.fill(0);
    this.#words[ADDITIONS] = 0;
    this.#words[SEED] = mix32(seed);
  }

  /** 0 to 15. */
  estimate(hash: number): number {
    const mixed = mix32(hash ^ this.#words[SEED]!);
    const block = (mixed & this.#blockMask) * WORDS_PER_BLOCK;
    const spread = mix32(mixed);
    let least = COUNTER_MAX;
    for (let row = 0; row < 4; row++) {
      const bits = spread >>> (8 * row);
      const counter = (this.#counters[block + 4 * row + ((bits >>> 3) & 3)]! >>> (4 * (bits & 7))) & COUNTER_MAX;
      if (counter < least) least = counter;
    }
    return least;
  }

  /** Counts one use. @param sample After how many all are halved. */
  count(hash: number, sample: number): void {
    const mixed = mix32(hash ^ this.#words[SEED]!);
    const block = (mixed & this.#blockMask) * WORDS_PER_BLOCK;
    const spread = mix32(mixed);
    let isCounted = false;
    for (let row = 0; row < 4; row++) {
      const bits = spread >>> (8 * row);
      const at = block + 4 * row + ((bits >>> 3) & 3);
      const shift = 4 * (bits & 7);
      if (((this.#counters[at]! >>> shift) & COUNTER_MAX) === COUNTER_MAX) continue;
      this.#counters[at]! += 1 << shift;
      isCounted = true;
    }
    if (isCounted && ++this.#words[ADDITIONS]! >= sample) this.#halve();
  }

  #halve(): void {
    let odd = 0;
    for (let at = 0; at < this.#counters.length; at++) {
      const word = this.#counters[at]!;
      odd += bitCount(word & ODD);
      this.#counters[at] = (word >>> 1) & EVEN;
    }
    // A counter that was odd has lost half a use more; four of them are one key's.
    this.#words[ADDITIONS] = (this.#words[ADDITIONS]! - (odd >>> 2)) >>> 1;
  }
}

/** Of a word in which only every fourth bit may be set. */
function bitCount(word: number): number {
  return Math.imul(word, ODD) >>> 28;
}
