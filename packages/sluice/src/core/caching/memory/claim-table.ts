/**
 * Who fetches what, over all workers: records of a key's hash and its leader, in sets. Two keys with the same 64 bits follow one another's
 * fetch once, find nothing and fetch then; a full set makes everybody a leader. A claim is made under the store's lock and given up
 * without it. The word PULSE of a record goes up whenever a claim ends, and is what followers sleep on.
 */
import { CLAIM_WAYS, CLAIM_WORDS } from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';

const HASH = 0;
const HASH2 = 1;
/** Owner + 1; written last, 0 first. */
const LEADER = 2;
const PULSE = 3;
/** The purge clock when the claim was made. */
const BORN = 4;
/** A purge of this very key came since: bits of MARKS. */
const MARKS = 5;

/** A follower looks again after this even if nobody told it. */
const FOLLOW_MAX_MS = 30_000;

export class ClaimTable {
  readonly #records: Int32Array;
  readonly #setMask: number;

  constructor(views: StoreViews) {
    this.#records = views.claims;
    this.#setMask = views.claims.length / CLAIM_WORDS / CLAIM_WAYS - 1;
  }

  /** The record of whoever leads; -1 when nobody does. `pulseOf` it before. */
  find(hash: number, hash2: number): number {
    const first = this.#first(hash);
    for (let at = first; at < first + CLAIM_WAYS * CLAIM_WORDS; at += CLAIM_WORDS) {
      if (this.#records[at + HASH] !== hash || this.#records[at + HASH2] !== hash2) continue;
      if (Atomics.load(this.#records, at + LEADER) !== 0) return at;
    }
    return -1;
  }

  /** Makes a claim, under the lock. @returns Its record; -1 when the set is full. */
  take(hash: number, hash2: number, owner: number, born: number): number {
    const first = this.#first(hash);
    for (let at = first; at < first + CLAIM_WAYS * CLAIM_WORDS; at += CLAIM_WORDS) {
      if (Atomics.load(this.#records, at + LEADER) !== 0) continue;
      this.#records[at + HASH] = hash;
      this.#records[at + HASH2] = hash2;
      this.#records[at + BORN] = born;
      this.#records[at + MARKS] = 0;
      Atomics.store(this.#records, at + LEADER, owner + 1);
      return at;
    }
    return -1;
  }

  /** Ends a claim and wakes who follows. */
  end(record: number): void {
    Atomics.store(this.#records, record + LEADER, 0);
    Atomics.add(this.#records, record + PULSE, 1);
    Atomics.notify(this.#records, record + PULSE);
  }

  /** Ends all claims of an owner that will never run again. */
  endAll(owner: number): void {
    for (let at = 0; at < this.#records.length; at += CLAIM_WORDS) if (this.leaderOf(at) === owner) this.end(at);
  }

  leaderOf(record: number): number {
    return Atomics.load(this.#records, record + LEADER) - 1;
  }

  bornOf(record: number): number {
    return this.#records[record + BORN]!;
  }

  marksOf(record: number): number {
    return this.#records[record + MARKS]!;
  }

  mark(record: number, marks: number): void {
    this.#records[record + MARKS]! |= marks;
  }

  pulseOf(record: number): number {
    return Atomics.load(this.#records, record + PULSE);
  }

  /** Resolves when the claim that had this pulse has ended, or after 30 seconds. */
  async whenEnded(record: number, pulse: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#records, record + PULSE, pulse, FOLLOW_MAX_MS);
    if (wait.async) await wait.value;
  }

  #first(hash: number): number {
    return ((hash >>> 4) & this.#setMask) * CLAIM_WAYS * CLAIM_WORDS;
  }
}
