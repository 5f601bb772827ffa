/**
 * Purges by generation: a clock goes up with each one, an entry remembers the clock at which its fetch began, and a purge is the clock
 * up to which things are gone (hard) or stale (soft): one for everything, and one for each tag that was purged lately. A hit compares
 * two words as long as the clock has not moved. When the records are full the store marks what they reach, slot by slot, and they are
 * empty again. Clocks are compared modulo 2^32: right for entries that outlive fewer than 2 * 10^9 purges.
 */
import { ALL_HARD, ALL_SOFT, CLOCK, PURGES_HELD, PURGE_WAYS, PURGE_WORDS } from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';

const TAG = 0;
const TAG2 = 1;
const HARD = 2;
const SOFT = 3;

/** `reaches` answers with these. */
export const UNTOUCHED = 0;
export const STALE = 1;
export const GONE = 2;

export class PurgeBook {
  readonly #words: Int32Array;
  readonly #records: Int32Array;
  readonly #setMask: number;

  constructor(views: StoreViews) {
    this.#words = views.words;
    this.#records = views.purges;
    this.#setMask = views.purges.length / PURGE_WORDS / PURGE_WAYS - 1;
  }

  get clock(): number {
    return Atomics.load(this.#words, CLOCK);
  }

  /** Everything that began before now. Needs no lock. */
  all(soft: boolean): void {
    const clock = this.#nextClock();
    Atomics.store(this.#words, soft ? ALL_SOFT : ALL_HARD, clock);
    Atomics.add(this.#words, CLOCK, 1);
  }

  /** A purge that the caller brings about itself by marks. @returns Its clock. */
  tick(): number {
    return (Atomics.add(this.#words, CLOCK, 1) + 1) | 0;
  }

  /** Notes a tag, under the lock. @returns False when there is no room: mark what the records reach, `forget`, then again. */
  tag(tag: number, tag2: number, soft: boolean): boolean {
    const at = this.#place(tag, tag2);
    if (at < 0) return false;
    const clock = this.#nextClock();
    const records = this.#records;
    if (records[at + TAG] !== tag || records[at + TAG2] !== tag2 || isEmpty(records, at)) {
      Atomics.store(records, at + HARD, 0);
      Atomics.store(records, at + SOFT, 0);
      Atomics.store(records, at + TAG, tag);
      Atomics.store(records, at + TAG2, tag2);
      this.#words[PURGES_HELD]!++;
    }
    Atomics.store(records, at + (soft ? SOFT : HARD), clock);
    Atomics.add(this.#words, CLOCK, 1);
    return true;
  }

  /** Drops the records up to a clock, under the lock, once all that they reach is marked. */
  forget(clock: number): void {
    for (let at = 0; at < this.#records.length; at += PURGE_WORDS) {
      if (isEmpty(this.#records, at)) continue;
      if (isAfter(this.#records[at + HARD]!, clock) || isAfter(this.#records[at + SOFT]!, clock)) continue;
      Atomics.store(this.#records, at + HARD, 0);
      Atomics.store(this.#records, at + SOFT, 0);
      this.#words[PURGES_HELD]!--;
    }
  }

  /** What purges did to an entry with these tags (pairs of words). Without a lock. */
  reaches(born: number, tags: Int32Array | null): number {
    if (isAfter(Atomics.load(this.#words, ALL_HARD), born)) return GONE;
    let reach = isAfter(Atomics.load(this.#words, ALL_SOFT), born) ? STALE : UNTOUCHED;
    // A count that is behind cannot matter: a purge moves the clock after it, and the clock was read before.
    if (tags === null || this.#words[PURGES_HELD] === 0) return reach;
    for (let at = 0; at < tags.length; at += 2) {
      const record = this.#find(tags[at]!, tags[at + 1]!);
      if (record < 0) continue;
      if (isAfter(Atomics.load(this.#records, record + HARD), born)) return GONE;
      if (isAfter(Atomics.load(this.#records, record + SOFT), born)) reach = STALE;
    }
    return reach;
  }

  /** The clock is moved last, and added to: two purges at once may have one generation, but each makes every reader look again. */
  #nextClock(): number {
    return (Atomics.load(this.#words, CLOCK) + 1) | 0 || 1;
  }

  #find(tag: number, tag2: number): number {
    const first = (tag & this.#setMask) * PURGE_WAYS * PURGE_WORDS;
    for (let at = first; at < first + PURGE_WAYS * PURGE_WORDS; at += PURGE_WORDS) {
      if (Atomics.load(this.#records, at + TAG) === tag && Atomics.load(this.#records, at + TAG2) === tag2) return at;
    }
    return -1;
  }

  /** The record of a tag, else an empty one of its set. */
  #place(tag: number, tag2: number): number {
    const known = this.#find(tag, tag2);
    if (known >= 0) return known;
    const first = (tag & this.#setMask) * PURGE_WAYS * PURGE_WORDS;
    for (let at = first; at < first + PURGE_WAYS * PURGE_WORDS; at += PURGE_WORDS) if (isEmpty(this.#records, at)) return at;
    return -1;
  }
}

/** 0 is never. */
export function isAfter(clock: number, born: number): boolean {
  return clock !== 0 && ((clock - born) | 0) > 0;
}

function isEmpty(records: Int32Array, at: number): boolean {
  return records[at + HARD] === 0 && records[at + SOFT] === 0;
}
