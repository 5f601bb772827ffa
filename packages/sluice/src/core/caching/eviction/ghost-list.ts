/**
 * A ghost: hashes of the keys that went lately, without their entries, so that a key that comes back soon is known. First in, first out,
 * bounded in number and in the bytes that the entries had. A chained hash table over nodes in typed arrays: O(1), 25 to 33 bytes for a key.
 * Two keys with one hash are one key here; it costs accuracy only.
 */
import type { Regions } from './regions.ts';
import { SlotQueues } from './slot-queues.ts';

const FREE = 0;
const HELD = 1;
const NONE = -1;

export class GhostList {
  readonly #keysMax: number;
  readonly #bytesMax: number;
  /** Nodes: those that wait for use, and those that hold a key. */
  readonly #nodes: SlotQueues;
  readonly #hashes: Uint32Array;
  /** The next node with the same bucket. */
  readonly #chain: Int32Array;
  readonly #buckets: Int32Array;

  constructor(regions: Regions, keysMax: number, bytesMax: number) {
    this.#keysMax = Math.max(1, Math.floor(keysMax));
    this.#bytesMax = bytesMax;
    this.#nodes = new SlotQueues(regions, this.#keysMax, 2);
    this.#hashes = regions.uint32(this.#keysMax);
    this.#chain = regions.int32(this.#keysMax);
    this.#buckets = regions.int32(2 ** Math.ceil(Math.log2(this.#keysMax)));
  }

  format(): void {
    this.#nodes.format();
    for (let node = 0; node < this.#keysMax; node++) this.#nodes.add(FREE, node, 0);
    this.#buckets.fill(NONE);
  }

  get count(): number {
    return this.#nodes.count(HELD);
  }

  /** Notes a key; the oldest ones are forgotten for it. One that is larger than all the ghost may hold is not noted. */
  note(hash: number, bytes: number): void {
    if (bytes > this.#bytesMax) return;
    this.take(hash);
    while (this.#nodes.count(FREE) === 0 || this.#nodes.bytes(HELD) + bytes > this.#bytesMax) this.#drop(this.#nodes.oldest(HELD));
    const node = this.#nodes.oldest(FREE);
    this.#nodes.remove(node);
    this.#nodes.add(HELD, node, bytes);
    const bucket = this.#bucketOf(hash);
    this.#hashes[node] = hash;
    this.#chain[node] = this.#buckets[bucket]!;
    this.#buckets[bucket] = node;
  }

  /** Forgets a key. @returns Whether it was there. */
  take(hash: number): boolean {
    let node = this.#buckets[this.#bucketOf(hash)]!;
    while (node !== NONE && this.#hashes[node] !== hash >>> 0) node = this.#chain[node]!;
    if (node === NONE) return false;
    this.#drop(node);
    return true;
  }

  #drop(node: number): void {
    const bucket = this.#bucketOf(this.#hashes[node]!);
    const next = this.#chain[node]!;
    let at = this.#buckets[bucket]!;
    if (at === node) {
      this.#buckets[bucket] = next;
    } else {
      while (this.#chain[at] !== node) at = this.#chain[at]!;
      this.#chain[at] = next;
    }
    this.#nodes.remove(node);
    this.#nodes.add(FREE, node, 0);
  }

  /** The hash is a good one already: its low bits do. */
  #bucketOf(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }
}
