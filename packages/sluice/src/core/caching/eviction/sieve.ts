/**
 * SIEVE: one list in the order of arrival, a bit for each entry, and a hand that goes from the oldest to the newest. A use sets the bit;
 * the hand clears the bits that are set and takes the first entry without one, so what is used once only goes soon, and no use moves
 * anything. Source: Zhang et al., "SIEVE is simpler than LRU", NSDI 2024. Amortised O(1); not proof against scans.
 */
import type { EvictionPolicy } from './policy.ts';
import type { Regions } from './regions.ts';
import { SlotQueues } from './slot-queues.ts';

const ALL = 0;
const NONE = -1;
/** Entries that one eviction looks at, some 10 ns each under the store's lock: where all are in use, it takes one that is. */
const LOOKS_MAX = 65_536;

export class Sieve implements EvictionPolicy {
  readonly touchIsLockFree = true;
  readonly #queues: SlotQueues;
  readonly #visited: Uint8Array;
  /** One word: the slot that is looked at next, -1 for the oldest. */
  readonly #hand: Int32Array;

  constructor(regions: Regions, slots: number) {
    this.#queues = new SlotQueues(regions, slots, 1);
    this.#visited = regions.uint8(slots);
    this.#hand = regions.int32(1);
  }

  format(): void {
    this.#queues.format();
    this.#hand[0] = NONE;
  }

  get count(): number {
    return this.#queues.count(ALL);
  }

  get bytes(): number {
    return this.#queues.bytes(ALL);
  }

  added(slot: number, _hash: number, bytes: number): void {
    this.#queues.add(ALL, slot, bytes);
    this.#visited[slot] = 0;
  }

  /** Reads before it writes: what is popular would else take a cache line from all threads at each use. */
  touched(slot: number): void {
    if (this.#visited[slot] === 0) this.#visited[slot] = 1;
  }

  missed(_hash: number): void {}

  removed(slot: number): void {
    if (this.#hand[0] === slot) this.#hand[0] = this.#queues.newerThan(slot);
    this.#queues.remove(slot);
  }

  evict(): number {
    let slot = this.#hand[0]!;
    for (let looks = 0; ; looks++) {
      if (slot === NONE) slot = this.#queues.oldest(ALL);
      if (slot === NONE || this.#visited[slot] === 0 || looks === LOOKS_MAX) break;
      this.#visited[slot] = 0;
      slot = this.#queues.newerThan(slot);
    }
    if (slot === NONE) return NONE;
    this.#hand[0] = this.#queues.newerThan(slot);
    this.#queues.remove(slot);
    return slot;
  }
}
