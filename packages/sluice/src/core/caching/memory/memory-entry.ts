/**
 * An entry as one thread sees it, pinned from `find` to `release`. What never changes of it is read once and kept, so that the entry of
 * a popular key costs nothing but its pin the next time; the body stays in shared memory.
 */
import type { EntryKind, EntryMeta } from './entry-meta.ts';
import { keyAt, kindOf, statusOf, tagsOf } from './entry-meta.ts';
import {
  ABORTED,
  AVAILABLE,
  BODY_CHAIN,
  BORN,
  FILL,
  FILLING,
  FLAGS,
  FRESH_FOR,
  HEAD_CHAIN,
  HEAD_LENGTH,
  HITS,
  INITIAL_AGE,
  LENGTH,
  MARKS,
  DOOMED,
  PULSE,
  RECEIVED_AT,
  SLOT_FLOATS,
  SHAPE,
  SOFT,
  STALE_ERROR,
  STALE_REVALIDATE,
  WAITED,
  WHOLE,
} from './memory-layout.ts';
import { GONE, STALE } from './purge-book.ts';
import type { StoreParts } from './store-parts.ts';

/** `whenMore` resolves after this even if nothing has changed: a wake-up that was lost costs no more than this. */
const MORE_MAX_MS = 1_000;

/** Hits from which they are written so many at a time. */
const POPULAR_HITS = 64;
const USES_AT_ONCE = 32;

export type EntryState = 'filling' | 'whole' | 'aborted';

export interface MemoryEntry extends Omit<EntryMeta, 'tags'> {
  readonly key: string;
  /** Its place in the store; another entry's when it has gone. */
  readonly slot: number;
  /** Changes when another entry, or a refreshed one, is under the key. */
  readonly sequence: number;
  /** Purged softly. */
  readonly isStale: boolean;
  /** Purged, or its writer gave up. */
  readonly isGone: boolean;
  /** Uses over all workers: about right, some 30 for each of the others may be missing. */
  readonly hits: number;
  readonly state: EntryState;
  /** Body bytes that can be read. */
  readonly available: number;
  /** Views of the body from `from` to `to` (or to what is available), in order, mostly one. They may be read until `release`. */
  pieces(from: number, to: number): Uint8Array[];
  /** What is available of the body, as Latin-1 text. */
  text(): string;
  /** Resolves when `available` or `state` is another than when last read here; may resolve early, within a second at most. */
  whenMore(): Promise<void>;
  /** One more `release` is owed. */
  retain(): void;
  /** The views must not be used any more. */
  release(): void;
}

export class StoredEntry implements MemoryEntry {
  readonly key: string;
  readonly slot: number;
  readonly base: number;
  /** The word of state by which this is the slot's entry. */
  readonly life: number;
  readonly kind: EntryKind;
  readonly status: number;
  readonly flags: number;
  readonly receivedAt: number;
  readonly initialAgeMs: number;
  readonly freshForMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly head: string;
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  readonly #born: number;
  /** Two words each. */
  readonly #tags: Int32Array | null;
  /** The purge clock up to which `#reach` is known. */
  #clock = 0;
  #reach = -1;
  #pulse = 0;
  #uses = 0;
  /** An extent of the body, and the body's offset at which it begins: where reading goes on. */
  #hintBlock = -1;
  #hintAt = 0;

  /** Reads the entry of a slot that is pinned; the caller looks at its state afterwards. */
  constructor(parts: StoreParts, slot: number, life: number, key: string) {
    const { words, floats, slotFloatsAt } = parts.views;
    const base = parts.index.base(slot);
    const first = slotFloatsAt + slot * SLOT_FLOATS;
    const shape = words[base + SHAPE]!;
    this.key = key;
    this.slot = slot;
    this.base = base;
    this.life = life;
    this.kind = kindOf(shape);
    this.status = statusOf(shape);
    this.flags = words[base + FLAGS]!;
    this.receivedAt = floats[first + RECEIVED_AT]!;
    this.initialAgeMs = floats[first + INITIAL_AGE]!;
    this.freshForMs = floats[first + FRESH_FOR]!;
    this.staleWhileRevalidateMs = floats[first + STALE_REVALIDATE]!;
    this.staleIfErrorMs = floats[first + STALE_ERROR]!;
    this.#parts = parts;
    this.#words = words;
    this.#born = words[base + BORN]!;
    const cursor = parts.cursor;
    cursor.open(words[base + HEAD_CHAIN]! - 1);
    this.#tags = tagsOf(shape) === 0 ? null : new Int32Array(2 * tagsOf(shape));
    if (this.#tags !== null) for (let at = 0; at < this.#tags.length; at++) this.#tags[at] = cursor.word();
    cursor.skip(key.length * ((shape & (1 << 12)) === 0 ? 1 : 2));
    this.head = cursor.text(words[base + HEAD_LENGTH]!, parts.decode);
  }

  get sequence(): number {
    return this.life >>> 3;
  }

  get bodyBytes(): number {
    return Atomics.load(this.#words, this.base + LENGTH);
  }

  get hits(): number {
    return this.#words[this.base + HITS]! + this.#uses;
  }

  /** A popular entry's uses are added up here first: written each time, its record would go from core to core with every hit. */
  countUse(): void {
    this.#uses++;
    if (this.#uses < USES_AT_ONCE && this.#words[this.base + HITS]! >= POPULAR_HITS) return;
    this.#words[this.base + HITS]! += this.#uses;
    this.#uses = 0;
  }

  /** Whether a purge took it, or its writer gave up. */
  get isGone(): boolean {
    if (this.#purged() === GONE || (Atomics.load(this.#words, this.base + MARKS) & DOOMED) !== 0) return true;
    return Atomics.load(this.#words, this.base + FILL) === ABORTED;
  }

  get isStale(): boolean {
    return this.#purged() === STALE || (Atomics.load(this.#words, this.base + MARKS) & SOFT) !== 0;
  }

  get isWhole(): boolean {
    return Atomics.load(this.#words, this.base + FILL) === WHOLE;
  }

  get state(): EntryState {
    this.#pulse = Atomics.load(this.#words, this.base + PULSE);
    const fill = Atomics.load(this.#words, this.base + FILL);
    if (fill === FILLING) return 'filling';
    return fill === ABORTED ? 'aborted' : 'whole';
  }

  get available(): number {
    this.#pulse = Atomics.load(this.#words, this.base + PULSE);
    return Atomics.load(this.#words, this.base + AVAILABLE);
  }

  pieces(from: number, to: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    const end = Math.min(to, Atomics.load(this.#words, this.base + AVAILABLE));
    if (from >= end) return found;
    const { cursor } = this.#parts;
    const isHinted = this.#hintBlock >= 0 && from >= this.#hintAt;
    cursor.open(isHinted ? this.#hintBlock : this.#words[this.base + BODY_CHAIN]! - 1);
    if (!cursor.skip(isHinted ? from - this.#hintAt : from)) return found;
    let at = from;
    while (at < end && (cursor.at < cursor.end || cursor.next())) {
      cursor.widen(end - at);
      const step = Math.min(end - at, cursor.end - cursor.at);
      found.push(cursor.bytes.subarray(cursor.at, cursor.at + step));
      cursor.at += step;
      at += step;
    }
    this.#hintBlock = cursor.block;
    this.#hintAt = at - (cursor.at - cursor.extentAt);
    return found;
  }

  text(): string {
    const { cursor, decode } = this.#parts;
    cursor.open(this.#words[this.base + BODY_CHAIN]! - 1);
    return cursor.text(Atomics.load(this.#words, this.base + AVAILABLE), decode);
  }

  async whenMore(): Promise<void> {
    if (Atomics.load(this.#words, this.base + FILL) !== FILLING) return;
    Atomics.store(this.#words, this.base + WAITED, 1);
    const wait = Atomics.waitAsync(this.#words, this.base + PULSE, this.#pulse, MORE_MAX_MS);
    if (wait.async) await wait.value;
  }

  retain(): void {
    this.#parts.life.pin(this.slot);
  }

  release(): void {
    this.#parts.life.unpin(this.slot);
  }

  #purged(): number {
    const clock = this.#parts.purges.clock;
    if (clock !== this.#clock || this.#reach < 0) {
      this.#reach = this.#parts.purges.reaches(this.#born, this.#tags);
      this.#clock = clock;
    }
    return this.#reach;
  }
}

/** The tags of a slot, under the lock; null when it has none. */
export function tagWords({ views: { words }, cursor }: StoreParts, base: number): Int32Array | null {
  const count = keyAt(words[base + SHAPE]!) / 4;
  if (count === 0) return null;
  const tags = new Int32Array(count);
  cursor.open(words[base + HEAD_CHAIN]! - 1);
  for (let at = 0; at < count; at++) tags[at] = cursor.word();
  return tags;
}

/** Wakes who waits for more of a slot's body, after AVAILABLE or FILL was stored. */
export function tellMore(words: Int32Array, base: number): void {
  Atomics.add(words, base + PULSE, 1);
  // Who waits has said so before it looked at the pulse. Most of the time nobody does, and waking nobody costs a microsecond.
  if (Atomics.load(words, base + WAITED) !== 0 && Atomics.exchange(words, base + WAITED, 0) !== 0) Atomics.notify(words, base + PULSE);
}
