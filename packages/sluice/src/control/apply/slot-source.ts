/** Numbers from 0 to a capacity, each handed out to one holder at a time. */
import { assert } from '../../base/assert.ts';

/** There is no free slot. */
export const NO_SLOT = -1;

export class SlotSource {
  readonly capacity: number;
  readonly #free: number[] = [];
  /** From here on none was ever handed out. */
  #next = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** A free one, used ones first so that the tables stay dense; `NO_SLOT` when all are taken. */
  take(): number {
    return this.#free.pop() ?? (this.#next < this.capacity ? this.#next++ : NO_SLOT);
  }

  /** Gives one back. */
  release(slot: number): void {
    assert(slot >= 0 && slot < this.#next && !this.#free.includes(slot), `slot ${slot} was handed out`);
    this.#free.push(slot);
  }
}
