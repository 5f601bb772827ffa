/** Numbers from 0 to a capacity, each handed out to one holder at a time. */
import { assert } from '../../base/assert.ts';

/** There is no free slot. */
export const NO_SLOT = -1;

export class SlotSource {
  readonly capacity: number;
  readonly #free: number[] = [];
  /** 1 = handed out. */
  readonly #taken: Uint8Array;
  /** From here on none was ever handed out. */
  #next = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#taken = new Uint8Array(capacity);
  }

  /** A free one, used ones first so that the tables stay dense; `NO_SLOT` when all are taken. */
  take(): number {
    const slot = this.#free.pop() ?? (this.#next < this.capacity ? this.#next++ : NO_SLOT);
    if (slot !== NO_SLOT) this.#taken[slot] = 1;
    return slot;
  }

  /** Gives one back. */
  release(slot: number): void {
    assert(this.#taken[slot] === 1, `slot ${slot} was handed out`);
    this.#taken[slot] = 0;
    this.#free.push(slot);
  }
}
