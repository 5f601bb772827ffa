/**
 * Doubly linked lists of slots in typed arrays; each slot is in one of them or in none. Every operation is O(1) and allocates nothing:
 * 13 bytes of state for a slot. Each list runs from its oldest entry to its newest, and knows its length and its bytes.
 */
import { assert } from '../../../base/assert.ts';
import { ENTRY_BYTES_MAX } from './policy.ts';
import type { Regions } from './regions.ts';

const NONE = -1;

export class SlotQueues {
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #bytesOf: Uint32Array;
  /** The list that a slot is in, plus one. */
  readonly #place: Uint8Array;
  readonly #oldest: Int32Array;
  readonly #newest: Int32Array;
  readonly #counts: Int32Array;
  readonly #bytes: Float64Array;

  /** @param lists How many, at most 255. */
  constructor(regions: Regions, slots: number, lists: number) {
    this.#older = regions.int32(slots);
    this.#newer = regions.int32(slots);
    this.#bytesOf = regions.uint32(slots);
    this.#place = regions.uint8(slots);
    this.#oldest = regions.int32(lists);
    this.#newest = regions.int32(lists);
    this.#counts = regions.int32(lists);
    this.#bytes = regions.float64(lists);
  }

  /** Empties all lists. */
  format(): void {
    this.#place.fill(0);
    this.#oldest.fill(NONE);
    this.#newest.fill(NONE);
    this.#counts.fill(0);
    this.#bytes.fill(0);
  }

  /** Puts a slot that is in no list at the newest end of one. */
  add(list: number, slot: number, bytes: number): void {
    assert(this.#place[slot] === 0, 'a slot that is added is free');
    this.#bytesOf[slot] = Math.min(bytes, ENTRY_BYTES_MAX);
    this.#link(list, slot);
  }

  /** Takes the slot out of its list. @returns False when it is in none. */
  remove(slot: number): boolean {
    const list = this.listOf(slot);
    if (list === NONE) return false;
    this.#unlink(list, slot);
    this.#place[slot] = 0;
    return true;
  }

  /** Takes the slot out of its list and puts it at the newest end of this one. */
  move(list: number, slot: number): void {
    this.#unlink(this.listOf(slot), slot);
    this.#link(list, slot);
  }

  /** -1 when the slot is in none. */
  listOf(slot: number): number {
    return this.#place[slot]! - 1;
  }

  /** -1 when the list is empty. */
  oldest(list: number): number {
    return this.#oldest[list]!;
  }

  /** -1 when the list is empty. */
  newest(list: number): number {
    return this.#newest[list]!;
  }

  /** The next newer one of the same list; -1 at its end. */
  newerThan(slot: number): number {
    return this.#newer[slot]!;
  }

  bytesOf(slot: number): number {
    return this.#bytesOf[slot]!;
  }

  count(list: number): number {
    return this.#counts[list]!;
  }

  bytes(list: number): number {
    return this.#bytes[list]!;
  }

  #link(list: number, slot: number): void {
    const last = this.#newest[list]!;
    this.#older[slot] = last;
    this.#newer[slot] = NONE;
    if (last === NONE) this.#oldest[list] = slot;
    else this.#newer[last] = slot;
    this.#newest[list] = slot;
    this.#place[slot] = list + 1;
    this.#counts[list]!++;
    this.#bytes[list]! += this.#bytesOf[slot]!;
  }

  #unlink(list: number, slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest[list] = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest[list] = older;
    else this.#older[newer] = older;
    this.#counts[list]!--;
    this.#bytes[list]! -= this.#bytesOf[slot]!;
  }
}
