/**
 * Hands out runs of 256-byte blocks: a buddy allocator whose extents need not be whole powers of two, since what is not asked for is cut off
 * and given back at once. A request takes the smallest free extent that holds it all, else as many smaller ones as it needs, so it succeeds
 * whenever enough is free, however scattered. Extents of one chain are linked in `links`; free ones in a list per size that lies in
 * themselves. O(log n) for an extent. Only under the store's lock.
 *
 * What lies in `links` and `orders` for a chain that is in use is right at every instant, crash or not (each step below is one store);
 * everything about free extents is rebuilt from it after a crash.
 */
import { assert } from '../../../base/assert.ts';
import { BLOCK_BYTES, FREE_BLOCKS, FREE_HEADS, ORDER_MAX, SEGMENT_MASK, SEGMENT_SHIFT } from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';

/** In `orders`: the extent is free. */
export const FREE_EXTENT = 0x80;
export const ORDER_BITS = 0x1f;
/** While the free lists are rebuilt: the extent is in use. */
const MARKED = 0x40;
const WORDS_PER_BLOCK = BLOCK_BYTES / 4;

export class ExtentAllocator {
  readonly #words: Int32Array;
  readonly #links: Int32Array;
  readonly #orders: Uint8Array;
  readonly #segments: readonly Int32Array[];
  readonly #blocks: number;

  constructor(views: StoreViews) {
    this.#words = views.words;
    this.#links = views.links;
    this.#orders = views.orders;
    this.#segments = views.segmentWords;
    this.#blocks = views.blocks;
  }

  /** Of a zeroed buffer. */
  format(): void {
    this.#freeRange(0, this.#blocks);
  }

  get freeBlocks(): number {
    return this.#words[FREE_BLOCKS]!;
  }

  /** A chain of at least so many bytes: its first block, or -1 when less is free. */
  reserve(bytes: number): number {
    let need = blocksFor(bytes);
    if (need > this.freeBlocks) return -1;
    let first = -1;
    let tail = -1;
    while (need > 0) {
      const run = this.#takeRun(need);
      if (first < 0) first = run;
      else this.#links[tail] = run + 1;
      for (tail = run, need -= this.#sizeOf(run); this.#links[tail] !== 0; need -= this.#sizeOf(tail)) tail = this.#links[tail]! - 1;
    }
    return first;
  }

  /** Gives a chain back. */
  give(first: number): void {
    for (let block = first; block >= 0;) {
      const next = this.#links[block]! - 1;
      this.#free(block, this.#orders[block]! - 1);
      block = next;
    }
  }

  /** Appends a chain to the extent `tail` of another. */
  link(tail: number, first: number): void {
    Atomics.store(this.#links, tail, first + 1);
  }

  /** Ends a chain with the first `bytes` of this extent and gives back what follows; what stays stays where it is. At least one block does. */
  trim(tail: number, bytes: number): void {
    const after = this.#links[tail]! - 1;
    if (after >= 0) {
      Atomics.store(this.#links, tail, 0);
      this.give(after);
    }
    const order = this.#orders[tail]! - 1;
    const keep = Math.max(1, blocksFor(bytes));
    if (keep < 1 << order) this.#cut(tail, order, keep);
  }

  /** Forgets what is free, before `mark` names what is not. */
  beginRebuild(): void {
    this.#words.fill(0, FREE_HEADS, FREE_HEADS + ORDER_MAX + 1);
  }

  /** Notes a chain that is in use. A cut that was not finished is finished. */
  mark(first: number): void {
    for (let block = first; block >= 0; block = this.#links[block]! - 1) {
      const order = (this.#orders[block]! & ORDER_BITS) - 1;
      const next = this.#links[block]! - 1;
      const isCut = next > block && next < block + (1 << order);
      this.#orders[block] = MARKED | ((isCut ? floorLog2(next - block) : order) + 1);
    }
  }

  /** Frees all that was not marked. O(blocks). */
  endRebuild(): void {
    this.#words[FREE_BLOCKS] = 0;
    let gap = 0;
    for (let block = 0; block < this.#blocks;) {
      const mark = this.#orders[block]!;
      if ((mark & MARKED) === 0) {
        // Reads before it writes: a page that nobody has used is not to be mapped.
        if (mark !== 0) this.#orders[block] = 0;
        block++;
        continue;
      }
      this.#freeRange(gap, block);
      this.#orders[block] = mark & ORDER_BITS;
      block += 1 << ((mark & ORDER_BITS) - 1);
      gap = block;
    }
    this.#freeRange(gap, this.#blocks);
  }

  /** Blocks that are free by the lists, for checks. @throws {AssertionError} when a list is wrong. */
  freeByLists(visit: (block: number, blocks: number) => void): number {
    let sum = 0;
    for (let order = 0; order <= ORDER_MAX; order++) {
      for (let block = this.#words[FREE_HEADS + order]! - 1; block >= 0; block = this.#nextFree(block)) {
        assert(this.#orders[block] === (FREE_EXTENT | (order + 1)), `block ${block} is free with order ${order}`);
        visit(block, 1 << order);
        sum += 1 << order;
      }
    }
    return sum;
  }

  /** Contiguous blocks, linked as a chain of their own: as many as asked for, or the largest extent that there is. */
  #takeRun(need: number): number {
    const wanted = Math.min(ORDER_MAX, ceilLog2(need));
    for (let order = wanted; order <= ORDER_MAX; order++) {
      if (this.#words[FREE_HEADS + order] === 0) continue;
      const block = this.#split(order, wanted);
      if (need < 1 << wanted) this.#cut(block, wanted, need);
      return block;
    }
    for (let order = wanted - 1; order >= 0; order--) if (this.#words[FREE_HEADS + order] !== 0) return this.#split(order, order);
    assert(false, 'an allocator that has free blocks has them in a list');
  }

  /** Takes a free extent and halves it down to the wanted order. */
  #split(order: number, wanted: number): number {
    const block = this.#words[FREE_HEADS + order]! - 1;
    this.#unlist(block, order);
    for (let size = order - 1; size >= wanted; size--) this.#list(block + (1 << size), size);
    this.#orders[block] = wanted + 1;
    this.#links[block] = 0;
    this.#words[FREE_BLOCKS]! -= 1 << wanted;
    return block;
  }

  /** Splits an extent into a chain of its first `keep` blocks, and frees the rest. */
  #cut(block: number, order: number, keep: number): void {
    const head = floorLog2(keep);
    let rest = keep - (1 << head);
    let at = block + (1 << head);
    const after = this.#links[block]!;
    const second = rest > 0 ? at + 1 : after;
    while (rest > 0) {
      const part = floorLog2(rest);
      rest -= 1 << part;
      this.#orders[at] = part + 1;
      this.#links[at] = rest > 0 ? at + (1 << part) + 1 : after;
      at += 1 << part;
    }
    // Readers may walk this chain now: it is linked first, shortened then, and only then is the rest free.
    Atomics.store(this.#links, block, second);
    Atomics.store(this.#orders, block, head + 1);
    this.#freeRange(block + keep, block + (1 << order));
  }

  /** Frees blocks that belong to no extent, as the largest aligned extents. */
  #freeRange(from: number, to: number): void {
    for (let at = from; at < to;) {
      let order = at === 0 ? ORDER_MAX : Math.min(ORDER_MAX, 31 - Math.clz32(at & -at));
      while (at + 2 ** order > to) order--;
      this.#free(at, order);
      at += 1 << order;
    }
  }

  /** Frees an extent and joins it with its buddy as long as that is free. */
  #free(block: number, order: number): void {
    this.#words[FREE_BLOCKS]! += 1 << order;
    this.#orders[block] = 0;
    let at = block;
    let size = order;
    while (size < ORDER_MAX) {
      const buddy = at ^ (1 << size);
      if (this.#orders[buddy] !== (FREE_EXTENT | (size + 1))) break;
      this.#unlist(buddy, size);
      this.#orders[buddy] = 0;
      at = Math.min(at, buddy);
      size++;
    }
    this.#list(at, size);
  }

  #list(block: number, order: number): void {
    const head = this.#words[FREE_HEADS + order]!;
    const words = this.#segments[block >>> SEGMENT_SHIFT]!;
    const at = (block & SEGMENT_MASK) * WORDS_PER_BLOCK;
    words[at] = 0;
    words[at + 1] = head;
    if (head !== 0) this.#setBefore(head - 1, block + 1);
    this.#words[FREE_HEADS + order] = block + 1;
    this.#orders[block] = FREE_EXTENT | (order + 1);
  }

  #unlist(block: number, order: number): void {
    const words = this.#segments[block >>> SEGMENT_SHIFT]!;
    const at = (block & SEGMENT_MASK) * WORDS_PER_BLOCK;
    const before = words[at]!;
    const after = words[at + 1]!;
    if (before === 0) this.#words[FREE_HEADS + order] = after;
    else this.#setAfter(before - 1, after);
    if (after !== 0) this.#setBefore(after - 1, before);
  }

  #nextFree(block: number): number {
    return this.#segments[block >>> SEGMENT_SHIFT]![(block & SEGMENT_MASK) * WORDS_PER_BLOCK + 1]! - 1;
  }

  #setBefore(block: number, value: number): void {
    this.#segments[block >>> SEGMENT_SHIFT]![(block & SEGMENT_MASK) * WORDS_PER_BLOCK] = value;
  }

  #setAfter(block: number, value: number): void {
    this.#segments[block >>> SEGMENT_SHIFT]![(block & SEGMENT_MASK) * WORDS_PER_BLOCK + 1] = value;
  }

  #sizeOf(block: number): number {
    return 1 << (this.#orders[block]! - 1);
  }
}

export function blocksFor(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES);
}

function floorLog2(value: number): number {
  return 31 - Math.clz32(value);
}

function ceilLog2(value: number): number {
  return value <= 1 ? 0 : 32 - Math.clz32(value - 1);
}
