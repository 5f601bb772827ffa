/**
 * Finds the entries of an encoder's dynamic table by the hash of their line, or of their name: two chained hash tables whose chains run from the newest
 * entry to the oldest, so that a chain ends at the first entry that was evicted and nothing is ever removed.
 *
 * 3 KiB. A hash only proposes: who asks compares the bytes, and takes a collision for "not there".
 */

/** Entries that a table of 4096 bytes can have: each counts 32 bytes at least (RFC 7541 §4.1). */
const ENTRIES_MAX = 128;
const MASK = ENTRIES_MAX - 1;

/** The parts of one array: newest entry by bucket, hash by entry, next older entry of the bucket by entry; for lines, then for names. */
const HEADS = 0;
const HASHES = ENTRIES_MAX;
const OLDER = ENTRIES_MAX * 2;
export const LINES = 0;
export const NAMES: number = ENTRIES_MAX * 3;

export class LineIndex {
  private readonly cells = new Int32Array(ENTRIES_MAX * 6);

  /**
   * Notes an entry.
   * @param part LINES or NAMES.
   * @param number The table's `added` from before it was added.
   */
  add(part: number, hash: number, number: number): void {
    const { cells } = this;
    const head = part + HEADS + (hash & MASK);
    const slot = number & MASK;
    cells[part + HASHES + slot] = hash;
    cells[part + OLDER + slot] = cells[head]!;
    cells[head] = number;
  }

  /** The newest entry with this hash. @returns Its age (1 = the newest of all), or 0. */
  find(part: number, hash: number, added: number, count: number): number {
    const { cells } = this;
    let number = cells[part + HEADS + (hash & MASK)]!;
    // Ages grow along a chain; behind its end stands whatever the cells held at first.
    for (let last = 0; ;) {
      const age = (added - number) | 0;
      if (age <= last || age > count) return 0;
      const slot = number & MASK;
      if (cells[part + HASHES + slot] === hash) return age;
      number = cells[part + OLDER + slot]!;
      last = age;
    }
  }
}
