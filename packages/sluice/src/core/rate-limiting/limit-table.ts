/**
 * What limits know of their keys: fixed memory that all workers share and nobody locks. 1,000,000 keys are 31 MiB, whatever the keys are: an entry is 20 bytes, 63 bits of the key's hash
 * (`half-sip-hash.ts`), eight bytes of state and when the state will be as if there had been nothing (idle). A key may stand in two buckets of eight, and goes to the
 * emptier (Azar et al., "Balanced Allocations", 1999: at 0.7 of the places in use practically no pair is full); a free place is taken by compare-and-exchange, and so is every change of a state.
 *
 * Where both buckets are full, the entry that is nearest to idle makes way. If it was idle nothing is lost; else that key starts anew, with all of its limit, which `forgotten` counts.
 * Counts of what is in flight are never replaced: with sixteen of those a newcomer is not limited (`unplaced`).
 *
 * What else can go wrong: two workers that bring the same new key in the same instant, while others fill its buckets, may each take a place; what the one is charged that is then found no
 * more, one request, is lost. In the instant in which a place changes hands, a request of the key before may be charged to the one after, or not at all. Two keys are one with a chance of about 2^-58 a pair. A worker that dies in here leaves nothing that others would wait for.
 */
import { assert } from '../../base/assert.ts';
import { mix32 } from '../../base/hash.ts';
import type { Instant } from '../../base/time.ts';
import type { HashSecret } from './half-sip-hash.ts';
import { HELD_BYTES } from './held-slots.ts';

const WAYS = 8;
/** Of a bucket, in 4-byte words: 8 marks, 8 tags, 8 states of 8 bytes, 8 stamps. */
const BUCKET_WORDS = 40;
const TAGS = 8;
const STAMPS = 32;
const STATES = 8; // in 8-byte words
const HEADER_BYTES = 128;
const COUNT_FORGOTTEN = 0; // words of the header
const COUNT_UNPLACED = 1;
const SECRET_K0 = 2;
const SECRET_K1 = 3;
const GENERATION = 4;
const LOAD = 0.7;
/** The table begins behind the lists of what workers hold. */
const START_BYTES = HEADER_BYTES + HELD_BYTES;
/** Instead of a place: another worker was there first, look again. */
const RETRY = -2;
/** Unit of stamps; 31 bits of it are four years of a process. */
const STAMP_MS = 64;
const STAMP_NEVER = 0x7fffffff;
/** The lowest bit of a tag: the state is a count that must not be lost. */
const PINNED = 1;

/** Keys that a table holds at most; the memory grows with it. */
export const LIMIT_KEYS_MAX = 67_108_864;

/** The hash of a key; `HalfSipHash` is one. */
export interface KeyHash {
  readonly high: number;
  readonly low: number;
}

/** How long the memory of a table is that holds so many keys at once. */
export function limitTableBytes(keysMax: number): number {
  return START_BYTES + Math.ceil(Math.min(LIMIT_KEYS_MAX, keysMax) / LOAD / WAYS) * BUCKET_WORDS * 4;
}

/** Makes the memory of a table. @param secret Random; what its users hash keys with. */
export function createLimitTable(keysMax: number, { k0, k1 }: HashSecret): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(limitTableBytes(keysMax));
  const header = new Int32Array(buffer, 0, HEADER_BYTES / 4);
  header[SECRET_K0] = k0;
  header[SECRET_K1] = k1;
  return buffer;
}

export class LimitTable {
  readonly buffer: SharedArrayBuffer;
  /**
   * One word of state per place. Below zero it is a count of what is in flight; from zero on it is a rate's or a window's, and small numbers are idle: 0n at first, and another one each time
   * that a place changes hands, so that a worker which still has the key before in mind changes nothing.
   */
  readonly states: BigInt64Array;
  readonly #words: Int32Array;
  readonly #buckets: number;
  readonly #firstWord = START_BYTES / 4;
  readonly #firstState = START_BYTES / 8 + STATES;

  /** @param buffer Of `createLimitTable`. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.states = new BigInt64Array(buffer);
    this.#buckets = Math.floor((buffer.byteLength - START_BYTES) / (BUCKET_WORDS * 4));
    assert(this.#buckets >= 1, 'a table of limits holds a bucket of keys');
  }

  /** What keys are hashed with, so that all users of the table find the same. */
  get secret(): HashSecret {
    return { k0: this.#words[SECRET_K0]!, k1: this.#words[SECRET_K1]! };
  }

  /** How many keys were forgotten before they were idle, for want of room, since the table was made (wraps at 2^32). */
  get forgotten(): number {
    return Atomics.load(this.#words, COUNT_FORGOTTEN) >>> 0;
  }

  /** How many requests were let in uncounted because there was no place for their key, or for the note that they are in flight (`held-slots.ts`). */
  get unplaced(): number {
    return Atomics.load(this.#words, COUNT_UNPLACED) >>> 0;
  }

  countUnplaced(): void {
    Atomics.add(this.#words, COUNT_UNPLACED, 1);
  }

  /** Places, of which 0.7 are the keys that it is meant for. */
  get places(): number {
    return this.#buckets * WAYS;
  }

  /**
   * The place of a key, which is made if there is none.
   * @param isPinned Whether its state is a count of what is in flight.
   * @returns Its index in `states`; -1 when there is no place.
   */
  find(key: KeyHash, isPinned: boolean, now: Instant): number {
    const mark = key.high | 0 || 1;
    const tag = (key.low << 1) | (isPinned ? PINNED : 0) || 2;
    const first = this.#bucket(key.low);
    const second = this.#bucket(mix32(key.high ^ 0x2545f491));
    for (;;) {
      const inFirst = this.#lookup(first, mark, tag);
      if (inFirst >= 0) return this.#stateOf(first, inFirst);
      const inSecond = this.#lookup(second, mark, tag);
      if (inSecond >= 0) return this.#stateOf(second, inSecond);
      // Both are counts of used ways, negative: the emptier one takes it.
      const bucket = inFirst >= inSecond ? first : second;
      const way = freeWay(Math.max(inFirst, inSecond));
      const index = way === WAYS ? this.#replace(first, second, mark, tag, now) : this.#take(bucket, way, mark, tag);
      if (index !== RETRY) return index;
    }
  }

  /** Says when a state will be idle, before it is changed. A plain write: what is lost among workers costs a worse choice of who makes way. @param index As `find` gave it. */
  setIdleAt(index: number, idleAtMs: number): void {
    this.#words[this.#stampWord(index)] = stampOf(idleAtMs);
  }

  /** Whether the state at this index is a count of what is in flight. */
  isPinned(index: number): boolean {
    return (Atomics.load(this.#words, this.#stampWord(index) - STAMPS + TAGS) & PINNED) !== 0;
  }

  #bucket(hash: number): number {
    return this.#firstWord + Math.floor(((hash >>> 0) / 4_294_967_296) * this.#buckets) * BUCKET_WORDS;
  }

  #stateOf(bucket: number, way: number): number {
    return this.#firstState + (bucket - this.#firstWord) / 2 + way;
  }

  #stampWord(index: number): number {
    const rest = index - this.#firstState;
    const way = rest % (BUCKET_WORDS / 2);
    return this.#firstWord + (rest - way) * 2 + STAMPS + way;
  }

  /** The key's way; or, below zero, the first free one (`freeWay`; WAYS: none). Free ways are never followed by used ones, because they are taken in order and never given back. */
  #lookup(bucket: number, mark: number, tag: number): number {
    const words = this.#words;
    for (let way = 0; way < WAYS; way++) {
      const found = words[bucket + way]!;
      if (found === mark) {
        const foundTag = Atomics.load(words, bucket + TAGS + way);
        // No tag yet: it is being written in this instant. The mark alone decides, which is wrong once in 2^32.
        if (foundTag === tag || foundTag === 0) return way;
      } else if (found === 0) {
        return -1 - way;
      }
    }
    return -1 - WAYS;
  }

  #take(bucket: number, way: number, mark: number, tag: number): number {
    if (Atomics.compareExchange(this.#words, bucket + way, 0, mark) !== 0) return RETRY;
    Atomics.store(this.#words, bucket + TAGS + way, tag);
    return this.#stateOf(bucket, way);
  }

  /** Puts the key in the place of the one that is nearest to idle. */
  #replace(first: number, second: number, mark: number, tag: number, now: Instant): number {
    const words = this.#words;
    let bucket = first;
    let way = -1;
    let soonest = STAMP_NEVER;
    for (let at = 0; at < 2 * WAYS; at++) {
      const here = at < WAYS ? first : second;
      const stamp = words[here + STAMPS + (at % WAYS)]!;
      if (stamp >= soonest || this.#isCounting(here, at % WAYS)) continue;
      soonest = stamp;
      bucket = here;
      way = at % WAYS;
    }
    if (way < 0) {
      this.countUnplaced();
      return -1;
    }
    const victim = Atomics.load(words, bucket + way);
    const index = this.#stateOf(bucket, way);
    // The state first: whoever is charged between here and the new mark is charged to the newcomer, which errs by one request on the strict side and never loses the newcomer's own.
    const state = Atomics.load(this.states, index);
    if (state < 0n && this.#isCounting(bucket, way)) return RETRY;
    const idle = BigInt((Atomics.add(words, GENERATION, 1) >>> 1) + 1);
    if (Atomics.compareExchange(this.states, index, state, idle) !== state) return RETRY;
    Atomics.store(words, bucket + TAGS + way, 0);
    if (Atomics.compareExchange(words, bucket + way, victim, mark) !== victim) return RETRY;
    Atomics.store(words, bucket + TAGS + way, tag);
    words[bucket + STAMPS + way] = 0;
    if (soonest > now / STAMP_MS) Atomics.add(words, COUNT_FORGOTTEN, 1);
    return index;
  }

  #isCounting(bucket: number, way: number): boolean {
    return (this.#words[bucket + TAGS + way]! & PINNED) !== 0 && Atomics.load(this.states, this.#stateOf(bucket, way)) < 0n;
  }
}

function freeWay(place: number): number {
  return -1 - place;
}

function stampOf(idleAtMs: number): number {
  return Math.min(STAMP_NEVER - 1, Math.ceil(idleAtMs / STAMP_MS));
}
