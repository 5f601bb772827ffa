/**
 * What has been purged lately, in memory that all threads share, for tiers whose entries lie elsewhere: each entry has the clock at which it was stored (`born`), each purge moves the clock, and
 * whoever reads an entry asks here whether a purge since then means it. URLs and tags are records of 64-bit hashes, prefixes lie here as text. A hash that two share purges too much, never too
 * little.
 *
 * Bounds: 8,192 records and 64 prefixes. Where there is no room for one more, the oldest in its place makes the floor: whatever is older than the floor counts as gone. `isCrowded` says in time
 * that whoever can look through all entries should, and then `forget`. Reading takes no lock, 0.3 µs and as much for each tag; writing a short one.
 */
import type { PurgeTarget } from '../purge-order.ts';
import { KeyHash } from '../memory/key-hash.ts';

const RECORDS = 8_192;
const WAYS = 16;
const SETS = RECORDS / WAYS;
const PREFIXES = 64;
/** Longer ones are cut: they purge more. */
const PREFIX_BYTES = 512;
const CROWDED_RECORDS = RECORDS / 4;
const CROWDED_PREFIXES = PREFIXES / 2;

/** 64-bit numbers of the head, and of a record. */
const CLOCK = 0;
const ALL_HARD = 1;
const ALL_SOFT = 2;
const FLOOR = 3;
const SWEEP = 4;
const SEEN = 5;
const HEAD_LONGS = 8;
const HASH = 0;
const HARD = 1;
const SOFT = 2;
const LONGS = 3;
const PREFIX_LONGS = 2;
/** Words behind them. */
const LOCK = 0;
const CHANGES = 1;
const HEAD_WORDS = 8;

const RECORDS_AT = HEAD_LONGS;
const PREFIXES_AT = RECORDS_AT + RECORDS * LONGS;
const LONGS_ALL = PREFIXES_AT + PREFIXES * PREFIX_LONGS;
const WORDS_AT = LONGS_ALL * 8;
const LENGTHS_AT = WORDS_AT + HEAD_WORDS * 4;
const TEXT_AT = LENGTHS_AT + PREFIXES * 4;

export const PURGE_JOURNAL_BYTES = TEXT_AT + PREFIXES * PREFIX_BYTES;

/** A lock is held for microseconds; who holds it for longer has died. */
const SPINS = 200_000;
/** Any: hashes outlive the process. */
const SEED = 0x51ce;

export type Reach = 'untouched' | 'stale' | 'gone';

export class PurgeJournal {
  readonly #longs: BigInt64Array;
  readonly #words: Int32Array;
  readonly #lengths: Int32Array;
  readonly #text: Uint8Array;
  readonly #hash = new KeyHash(SEED);

  /** @param at Where it begins in the buffer, a multiple of 8. All zero is an empty one. */
  constructor(buffer: SharedArrayBuffer, at: number) {
    this.#longs = new BigInt64Array(buffer, at, LONGS_ALL);
    this.#words = new Int32Array(buffer, at + WORDS_AT, HEAD_WORDS);
    this.#lengths = new Int32Array(buffer, at + LENGTHS_AT, PREFIXES);
    this.#text = new Uint8Array(buffer, at + TEXT_AT, PREFIXES * PREFIX_BYTES);
  }

  /** What is stored now is born at it. */
  get clock(): bigint {
    return Atomics.load(this.#longs, CLOCK);
  }

  /** Goes up with each change that is to be kept over a restart. */
  get changes(): number {
    return Atomics.load(this.#words, CHANGES);
  }

  /** The clock where a sweep began: what is older must not be stored any more. */
  get sweepClock(): bigint {
    return Atomics.load(this.#longs, SWEEP);
  }

  /** How far the purges of other nodes have been followed; kept with the rest. */
  get seen(): bigint {
    return Atomics.load(this.#longs, SEEN);
  }

  set seen(clock: bigint) {
    Atomics.store(this.#longs, SEEN, clock);
    Atomics.add(this.#words, CHANGES, 1);
  }

  /** Notes a purge. @param clock Its own, where somebody else counts; null: one more. It becomes the clock. */
  note(target: PurgeTarget, soft: boolean, clock: bigint | null = null): void {
    const isLocked = this.#lock();
    const at = clock ?? this.clock + 1n;
    if (!isLocked || target.kind === 'all') this.#raise(soft && isLocked ? ALL_SOFT : ALL_HARD, at);
    else if (target.kind === 'prefix') this.#notePrefix(target.prefix, soft, at);
    else this.#noteHash(target.kind === 'url' ? this.#urlHash(target.url) : this.#tagHash(target.tag), soft, at);
    Atomics.store(this.#longs, CLOCK, at);
    Atomics.add(this.#words, CHANGES, 1);
    if (isLocked) Atomics.store(this.#words, LOCK, 0);
  }

  /** What purges did to an entry. @param key Its first line is its URL. */
  reach(born: bigint, key: string, tags: readonly string[]): Reach {
    let isStale = Atomics.load(this.#longs, ALL_SOFT) > born;
    const line = key.indexOf('\n');
    for (let at = -1; at < tags.length; at++) {
      const hash = at < 0 ? this.#urlHash(line < 0 ? key : key.slice(0, line)) : this.#tagHash(tags[at]!);
      const record = this.#find(hash);
      if (record < 0) continue;
      if (Atomics.load(this.#longs, record + HARD) > born) return 'gone';
      if (Atomics.load(this.#longs, record + SOFT) > born) isStale = true;
    }
    for (let index = 0; index < PREFIXES; index++) {
      const at = PREFIXES_AT + index * PREFIX_LONGS;
      const hard = Atomics.load(this.#longs, at) > born;
      if ((!hard && Atomics.load(this.#longs, at + 1) <= born) || !this.#isPrefix(index, key)) continue;
      if (hard) return 'gone';
      isStale = true;
    }
    // Last: what was dropped above while we read has raised these before.
    if (Atomics.load(this.#longs, ALL_HARD) > born || Atomics.load(this.#longs, FLOOR) > born) return 'gone';
    return isStale ? 'stale' : 'untouched';
  }

  /** Whether it is time to look through all entries, so that records may be forgotten. */
  get isCrowded(): boolean {
    const { records, prefixes } = this.#held();
    return records >= CROWDED_RECORDS || prefixes >= CROWDED_PREFIXES;
  }

  /** What is older than the clock now is not stored from here on. @returns That clock, for `forget`. */
  beginSweep(): bigint {
    const { clock } = this;
    Atomics.store(this.#longs, SWEEP, clock);
    return clock;
  }

  /** Nothing is left that a record up to this clock means. */
  forget(clock: bigint): void {
    if (!this.#lock()) return;
    for (let at = RECORDS_AT; at < LONGS_ALL; at += at < PREFIXES_AT ? LONGS : PREFIX_LONGS) {
      const hard = at < PREFIXES_AT ? at + HARD : at;
      if (this.#longs[hard]! > clock || this.#longs[hard + 1]! > clock) continue;
      Atomics.store(this.#longs, hard, 0n);
      Atomics.store(this.#longs, hard + 1, 0n);
    }
    Atomics.add(this.#words, CHANGES, 1);
    Atomics.store(this.#words, LOCK, 0);
  }

  /** What is born before it counts as gone: purges up to it are not known here. */
  raiseFloor(clock: bigint): void {
    this.#raise(FLOOR, clock);
    if (clock > this.clock) Atomics.store(this.#longs, CLOCK, clock);
    Atomics.add(this.#words, CHANGES, 1);
  }

  /** Moves the clock without a purge. */
  advance(clock: bigint): void {
    if (clock > this.clock) Atomics.store(this.#longs, CLOCK, clock);
  }

  /** All of it, to be read by `restore`: about 24 bytes a record. */
  snapshot(): Uint8Array {
    const parts: number[] = [];
    const longs: bigint[] = [...this.#longs.subarray(0, HEAD_LONGS)];
    for (let at = RECORDS_AT; at < PREFIXES_AT; at += LONGS)
      if (this.#isHeld(at + HARD)) longs.push(this.#longs[at]!, this.#longs[at + HARD]!, this.#longs[at + SOFT]!);
    const prefixes: Uint8Array[] = [];
    for (let index = 0; index < PREFIXES; index++) {
      const at = PREFIXES_AT + index * PREFIX_LONGS;
      if (!this.#isHeld(at)) continue;
      longs.push(this.#longs[at]!, this.#longs[at + 1]!);
      prefixes.push(this.#prefix(index).slice());
      parts.push(prefixes.at(-1)!.length);
    }
    const bytes = new Uint8Array(8 + longs.length * 8 + prefixes.length * (4 + PREFIX_BYTES));
    const view = new DataView(bytes.buffer);
    view.setUint32(0, longs.length, true);
    view.setUint32(4, prefixes.length, true);
    longs.forEach((long, index) => view.setBigInt64(8 + index * 8, long, true));
    let at = 8 + longs.length * 8;
    prefixes.forEach((prefix, index) => {
      view.setUint32(at, parts[index]!, true);
      bytes.set(prefix, at + 4);
      at += 4 + PREFIX_BYTES;
    });
    return bytes;
  }

  /** Takes over a snapshot, into an empty one. @returns False when it is none; then nothing has changed. */
  restore(bytes: Uint8Array): boolean {
    if (bytes.length < 8) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const count = view.getUint32(0, true);
    const prefixes = view.getUint32(4, true);
    const records = (count - HEAD_LONGS - prefixes * PREFIX_LONGS) / LONGS;
    if (!Number.isInteger(records) || records < 0 || prefixes > PREFIXES) return false;
    if (bytes.length !== 8 + count * 8 + prefixes * (4 + PREFIX_BYTES)) return false;
    const long = (index: number): bigint => view.getBigInt64(8 + index * 8, true);
    for (let index = 0; index < HEAD_LONGS; index++) this.#longs[index] = long(index);
    for (let index = 0; index < records; index++) {
      const from = HEAD_LONGS + index * LONGS;
      const at = this.#place(long(from));
      for (let part = 0; part < LONGS; part++) this.#longs[at + part] = long(from + part);
    }
    for (let index = 0; index < prefixes; index++) {
      const from = HEAD_LONGS + records * LONGS + index * PREFIX_LONGS;
      const at = PREFIXES_AT + index * PREFIX_LONGS;
      const textAt = 8 + count * 8 + index * (4 + PREFIX_BYTES);
      this.#lengths[index] = Math.min(PREFIX_BYTES, view.getUint32(textAt, true));
      this.#text.set(bytes.subarray(textAt + 4, textAt + 4 + PREFIX_BYTES), index * PREFIX_BYTES);
      this.#longs[at] = long(from);
      this.#longs[at + 1] = long(from + 1);
    }
    return true;
  }

  #noteHash(hash: bigint, soft: boolean, clock: bigint): void {
    const known = this.#find(hash);
    const at = known >= 0 ? known : this.#place(hash);
    if (known < 0) {
      Atomics.store(this.#longs, at + HARD, 0n);
      Atomics.store(this.#longs, at + SOFT, 0n);
      Atomics.store(this.#longs, at + HASH, hash);
    }
    Atomics.store(this.#longs, at + (soft ? SOFT : HARD), clock);
  }

  #notePrefix(prefix: string, soft: boolean, clock: bigint): void {
    let index = -1;
    let oldest = 0;
    for (let each = 0; each < PREFIXES; each++) {
      const at = PREFIXES_AT + each * PREFIX_LONGS;
      if (this.#isSamePrefix(each, prefix) && this.#isHeld(at)) {
        Atomics.store(this.#longs, at + (soft ? 1 : 0), clock);
        return;
      }
      if (index < 0 && !this.#isHeld(at)) index = each;
      if (this.#latest(at) < this.#latest(PREFIXES_AT + oldest * PREFIX_LONGS)) oldest = each;
    }
    if (index < 0) this.#drop(PREFIXES_AT + (index = oldest) * PREFIX_LONGS);
    const at = PREFIXES_AT + index * PREFIX_LONGS;
    let length = 0;
    for (; length < Math.min(prefix.length, PREFIX_BYTES) && prefix.charCodeAt(length) < 256; length++)
      this.#text[index * PREFIX_BYTES + length] = prefix.charCodeAt(length);
    this.#lengths[index] = length;
    Atomics.store(this.#longs, at + (soft ? 1 : 0), clock);
  }

  /** An empty record of its set, or that of the oldest purge, which then makes the floor. */
  #place(hash: bigint): number {
    const first = this.#setOf(hash);
    let oldest = first;
    for (let at = first; at < first + WAYS * LONGS; at += LONGS) {
      if (!this.#isHeld(at + HARD)) return at;
      if (this.#latest(at + HARD) < this.#latest(oldest + HARD)) oldest = at;
    }
    this.#drop(oldest + HARD);
    return oldest;
  }

  #find(hash: bigint): number {
    const first = this.#setOf(hash);
    for (let at = first; at < first + WAYS * LONGS; at += LONGS) if (Atomics.load(this.#longs, at) === hash) return at;
    return -1;
  }

  #drop(hard: number): void {
    this.#raise(FLOOR, this.#latest(hard));
    Atomics.store(this.#longs, hard, 0n);
    Atomics.store(this.#longs, hard + 1, 0n);
  }

  #latest(hard: number): bigint {
    const left = this.#longs[hard]!;
    const right = this.#longs[hard + 1]!;
    return left > right ? left : right;
  }

  #isHeld(hard: number): boolean {
    return this.#longs[hard] !== 0n || this.#longs[hard + 1] !== 0n;
  }

  #held(): { records: number; prefixes: number } {
    let records = 0;
    let prefixes = 0;
    for (let at = RECORDS_AT; at < PREFIXES_AT; at += LONGS) if (this.#isHeld(at + HARD)) records++;
    for (let at = PREFIXES_AT; at < LONGS_ALL; at += PREFIX_LONGS) if (this.#isHeld(at)) prefixes++;
    return { records, prefixes };
  }

  #raise(long: number, to: bigint): void {
    if (Atomics.load(this.#longs, long) < to) Atomics.store(this.#longs, long, to);
  }

  #setOf(hash: bigint): number {
    return RECORDS_AT + Number(hash & BigInt(SETS - 1)) * WAYS * LONGS;
  }

  #urlHash(url: string): bigint {
    return this.#hashOf(`u${url}`);
  }

  #tagHash(tag: string): bigint {
    return this.#hashOf(`t${tag}`);
  }

  #hashOf(text: string): bigint {
    this.#hash.of(text);
    return (BigInt(this.#hash.first) << 32n) | BigInt(this.#hash.second >>> 0);
  }

  #prefix(index: number): Uint8Array {
    return this.#text.subarray(index * PREFIX_BYTES, index * PREFIX_BYTES + this.#lengths[index]!);
  }

  #isPrefix(index: number, key: string): boolean {
    const prefix = this.#prefix(index);
    if (prefix.length > key.length) return false;
    for (let at = 0; at < prefix.length; at++) if (key.charCodeAt(at) !== prefix[at]) return false;
    return true;
  }

  #isSamePrefix(index: number, prefix: string): boolean {
    return this.#lengths[index] === prefix.length && this.#isPrefix(index, prefix);
  }

  /** False: its holder has died in it, which is put right by taking it over; what it was about is not known. */
  #lock(): boolean {
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.compareExchange(this.#words, LOCK, 0, 1) === 0) return true;
    Atomics.store(this.#words, LOCK, 0);
    return false;
  }
}
