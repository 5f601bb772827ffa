/**
 * Draws an index with probability proportional to its weight in O(1): Walker's alias method, built by Vose's algorithm
 * (M. D. Vose, "A linear algorithm for generating random numbers with a given distribution", 1991). Each column of a
 * histogram holds its own index and at most one other's surplus; one random number chooses column and side.
 */
import type { Random } from '../../base/random.ts';

export class AliasTable {
  #count = 0;
  #uniform = true;
  #share = new Float64Array(0);
  #alias = new Int32Array(0);

  /** Builds the table for the first `count` weights, all > 0. O(n). */
  rebuild(weights: Float64Array, count: number): void {
    this.#count = count;
    this.#uniform = true;
    let total = 0;
    for (let index = 0; index < count; index++) {
      total += weights[index]!;
      if (weights[index] !== weights[0]) this.#uniform = false;
    }
    if (this.#uniform) return;
    if (this.#share.length < count) {
      this.#share = new Float64Array(count);
      this.#alias = new Int32Array(count);
    }
    for (let index = 0; index < count; index++) this.#share[index] = (weights[index]! * count) / total;
    this.#pair(count);
  }

  /** Fills each column that is below 1 with the surplus of one above it. */
  #pair(count: number): void {
    const small: number[] = [];
    const large: number[] = [];
    for (let index = 0; index < count; index++) (this.#share[index]! < 1 ? small : large).push(index);
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!;
      const more = large.pop()!;
      this.#alias[less] = more;
      this.#share[more] = this.#share[more]! + this.#share[less]! - 1;
      (this.#share[more] < 1 ? small : large).push(more);
    }
    // What is left differs from 1 by rounding only.
    for (const index of small) this.#share[index] = 1;
    for (const index of large) this.#share[index] = 1;
  }

  /** An index; the table must not be empty. */
  draw(random: Random): number {
    const place = random() * this.#count;
    const column = place | 0;
    return this.#uniform || place - column < this.#share[column]! ? column : this.#alias[column]!;
  }

  /** An index other than `first`, of at least two: unbiased when weights are equal, else close to it by redrawing. */
  drawOther(random: Random, first: number): number {
    if (this.#uniform) {
      const other = (random() * (this.#count - 1)) | 0;
      return other >= first ? other + 1 : other;
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      const other = this.draw(random);
      if (other !== first) return other;
    }
    const other = (random() * (this.#count - 1)) | 0;
    return other >= first ? other + 1 : other;
  }
}
