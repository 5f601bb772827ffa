/**
 * A binary min-heap of small integers (indices of something) by a floating-point key. No allocation after construction.
 * push, pop and replaceTop cost O(log n): about ten comparisons for 1,000 entries.
 */
import { assert } from './assert.ts';

/** Orders up to `capacity` integers by key; equal keys come out in no particular order. */
export class IndexHeap {
  readonly #keys: Float64Array;
  readonly #items: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
    this.#items = new Int32Array(capacity);
  }

  /** Entries held. */
  get size(): number {
    return this.#size;
  }

  /** The item with the smallest key; -1 when empty. */
  top(): number {
    return this.#size === 0 ? -1 : this.#items[0]!;
  }

  /** The smallest key; Infinity when empty. */
  topKey(): number {
    return this.#size === 0 ? Infinity : this.#keys[0]!;
  }

  push(item: number, key: number): void {
    assert(this.#size < this.#keys.length, `a heap of ${this.#keys.length} has room`);
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keys[parent]! <= key) break;
      this.#keys[at] = this.#keys[parent]!;
      this.#items[at] = this.#items[parent]!;
      at = parent;
    }
    this.#keys[at] = key;
    this.#items[at] = item;
  }

  /** Removes and returns the item with the smallest key; -1 when empty. */
  pop(): number {
    if (this.#size === 0) return -1;
    const item = this.#items[0]!;
    this.#size--;
    if (this.#size > 0) this.#sink(this.#items[this.#size]!, this.#keys[this.#size]!);
    return item;
  }

  /** Gives the item with the smallest key another key; cheaper than pop and push. */
  replaceTop(key: number): void {
    assert(this.#size > 0, 'a heap whose top is replaced is not empty');
    this.#sink(this.#items[0]!, key);
  }

  /** Puts an item at the root and lets it sink to its place. */
  #sink(item: number, key: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#keys[child + 1]! < this.#keys[child]!) child++;
      if (this.#keys[child]! >= key) break;
      this.#keys[at] = this.#keys[child]!;
      this.#items[at] = this.#items[child]!;
      at = child;
    }
    this.#keys[at] = key;
    this.#items[at] = item;
  }
}
