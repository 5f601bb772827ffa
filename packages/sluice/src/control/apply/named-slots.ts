/**
 * Rows of a shared table, handed out by name. A name keeps its row for as long as some plan uses it; afterwards the row waits until nobody
 * writes to it any more (requests in flight, open connections), and only then is given to another name.
 */

import { NO_SLOT, type SlotSource } from './slot-source.ts';

export interface NamedSlotsOptions {
  readonly source: SlotSource;
  /** Whether nobody writes to the row any more. */
  readonly isQuiet: (slot: number) => boolean;
  /** Before its first use by a name. */
  readonly prepare: (slot: number) => void;
  /** Before it is given back. */
  readonly clear: (slot: number) => void;
}

export class NamedSlots {
  readonly #options: NamedSlotsOptions;
  readonly #slots = new Map<string, number>();
  readonly #leaving = new Set<number>();

  constructor(options: NamedSlotsOptions) {
    this.#options = options;
  }

  /** Rows that wait for their last writer. */
  get leaving(): number {
    return this.#leaving.size;
  }

  get(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** Gives every new name a row. Returns the names that found none. */
  assign(names: Iterable<string>): readonly string[] {
    const refused: string[] = [];
    for (const name of names) {
      if (this.#slots.has(name)) continue;
      const slot = this.#options.source.take();
      if (slot === NO_SLOT) {
        refused.push(name);
        continue;
      }
      this.#options.prepare(slot);
      this.#slots.set(name, slot);
    }
    return refused;
  }

  /** Forgets every name that is not among these, all of which have a row and are named once; the rows are given back when they are quiet. */
  retain(names: readonly string[]): void {
    if (names.length !== this.#slots.size) {
      const kept = new Set(names);
      for (const [name, slot] of this.#slots) {
        if (kept.has(name)) continue;
        this.#slots.delete(name);
        this.#leaving.add(slot);
      }
    }
    this.sweep();
  }

  /** Gives back the rows that have become quiet. */
  sweep(): void {
    for (const slot of this.#leaving) {
      if (!this.#options.isQuiet(slot)) continue;
      this.#options.clear(slot);
      this.#leaving.delete(slot);
      this.#options.source.release(slot);
    }
  }
}
