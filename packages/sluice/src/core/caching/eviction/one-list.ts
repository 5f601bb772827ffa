/**
 * FIFO, LIFO, LRU and MRU: one list, which differ in the end that goes and in whether a use makes an entry new. LIFO and MRU are for
 * loops that are longer than the cache, where they keep what was there first; elsewhere they are poor.
 */
import type { EvictionPolicy } from './policy.ts';
import type { Regions } from './regions.ts';
import { SlotQueues } from './slot-queues.ts';

const ALL = 0;

export interface OneListOptions {
  readonly slots: number;
  /** The end that goes. */
  readonly evicts: 'oldest' | 'newest';
  /** Whether a use puts an entry at the newest end. */
  readonly movesOnTouch: boolean;
}

export class OneList implements EvictionPolicy {
  readonly touchIsLockFree: boolean;
  readonly #queues: SlotQueues;
  readonly #evictsOldest: boolean;

  constructor(regions: Regions, { slots, evicts, movesOnTouch }: OneListOptions) {
    this.touchIsLockFree = !movesOnTouch;
    this.#evictsOldest = evicts === 'oldest';
    this.#queues = new SlotQueues(regions, slots, 1);
  }

  format(): void {
    this.#queues.format();
  }

  get count(): number {
    return this.#queues.count(ALL);
  }

  get bytes(): number {
    return this.#queues.bytes(ALL);
  }

  added(slot: number, _hash: number, bytes: number): void {
    this.#queues.add(ALL, slot, bytes);
  }

  touched(slot: number): void {
    if (!this.touchIsLockFree && this.#queues.listOf(slot) === ALL) this.#queues.move(ALL, slot);
  }

  missed(_hash: number): void {}

  removed(slot: number): void {
    this.#queues.remove(slot);
  }

  evict(): number {
    const slot = this.#evictsOldest ? this.#queues.oldest(ALL) : this.#queues.newest(ALL);
    if (slot >= 0) this.#queues.remove(slot);
    return slot;
  }
}
