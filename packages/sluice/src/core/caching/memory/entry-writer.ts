/**
 * Fills an entry: head and numbers are there from the beginning, the body comes in pieces. The lock is taken when room is needed and when
 * the entry changes its state, not for the bytes. Room is taken as it is needed, up to 1 MiB ahead; what was too much is given back at
 * the end.
 */
import { ChainCursor } from './extent-chain.ts';
import { isKey } from './entry-meta.ts';
import { blocksFor } from './extent-allocator.ts';
import { StoredEntry, tellMore } from './memory-entry.ts';
import type { MemoryEntry } from './memory-entry.ts';
import {
  ABORTED,
  AVAILABLE,
  BODY_CHAIN,
  BUILDING,
  ENTRIES,
  FILL,
  HASH,
  HASH2,
  HEAD_CHAIN,
  INSERTIONS,
  LENGTH,
  LIVE,
  STATE,
  STATE_BITS,
  WHOLE,
  WRITER,
} from './memory-layout.ts';
import { isIndexed } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';
import { chargedBytes } from './store-recovery.ts';

/** Body bytes that are reserved at once. */
export const AHEAD_MAX = 2 ** 20;
const AHEAD_MIN = 4_096;

export interface EntryWriter {
  /** Adds bytes[start, end) to the body. @returns False when there is no room, or it would be longer than allowed or announced: the entry is gone. */
  append(bytes: Uint8Array, start: number, end: number): boolean;
  /** Shows the entry under its key, its body still growing; what was there goes. */
  publish(): void;
  /** The body is whole. Fewer bytes than announced make it an `abort`. Publishes what was not. */
  finish(): void;
  /** Nothing comes of it; who reads it sees `aborted`. */
  abort(): void;
  /** Pinned by the writer until `finish` or `abort`: `retain` it to read on. */
  readonly entry: MemoryEntry;
}

export class StoredWriter implements EntryWriter {
  readonly entry: StoredEntry;
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #cursor: ChainCursor;
  readonly #announced: number;
  #written = 0;
  #isOver = false;

  /** The slot is pinned, BUILDING, and its head chain written. */
  constructor(parts: StoreParts, slot: number, key: string, announced: number) {
    this.#parts = parts;
    this.#words = parts.views.words;
    this.#base = parts.index.base(slot);
    this.#announced = announced;
    this.#cursor = new ChainCursor(parts.views);
    this.#cursor.open(this.#words[this.#base + BODY_CHAIN]! - 1);
    const life = (this.#words[this.#base + STATE]! & ~STATE_BITS) | LIVE;
    this.entry = new StoredEntry(parts, slot, life, key);
  }

  append(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isOver) return false;
    const total = this.#written + end - start;
    if (total > this.#parts.views.options.objectBytesMax || (this.#announced >= 0 && total > this.#announced)) return this.#fail();
    for (let from = start; from < end;) {
      const put = this.#cursor.put(bytes, from, end);
      from += put;
      this.#written += put;
      if (from < end && !this.#grow(end - from)) return this.#fail();
    }
    Atomics.store(this.#words, this.#base + AVAILABLE, this.#written);
    tellMore(this.#words, this.#base);
    return true;
  }

  publish(): void {
    if (this.#isOver) return;
    this.#parts.locked(() => this.#show());
  }

  finish(): void {
    if (this.#isOver) return;
    if (this.#announced >= 0 && this.#written !== this.#announced) {
      this.abort();
      return;
    }
    this.#isOver = true;
    this.#parts.locked(() => this.#close());
    tellMore(this.#words, this.#base);
    this.entry.release();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    Atomics.store(this.#words, this.#base + FILL, ABORTED);
    this.#parts.locked(() => {
      this.#words[this.#base + WRITER] = 0;
      if (isIndexed(this.#words[this.#base + STATE]!)) this.#parts.life.retire(this.entry.slot);
    });
    tellMore(this.#words, this.#base);
    this.entry.release();
  }

  #fail(): false {
    this.abort();
    return false;
  }

  #show(): void {
    if ((this.#words[this.#base + STATE]! & STATE_BITS) !== BUILDING) return;
    Atomics.store(this.#words, this.#base + STATE, this.entry.life);
    this.#words[ENTRIES]!++;
    this.#parts.views.floats[INSERTIONS]!++;
    this.#retireOlder();
  }

  /** After the new one is live, so that at no time there is none. */
  #retireOlder(): void {
    const { index, life, cursor } = this.#parts;
    const words = this.#words;
    const hash = words[this.#base + HASH]!;
    const hash2 = words[this.#base + HASH2]!;
    for (let slot = index.firstOf(hash); slot >= 0;) {
      const base = index.base(slot);
      const next = index.after(slot);
      if (
        base !== this.#base &&
        (words[base + STATE]! & STATE_BITS) === LIVE &&
        words[base + HASH] === hash &&
        words[base + HASH2] === hash2
      ) {
        cursor.open(words[base + HEAD_CHAIN]! - 1);
        if (isKey(cursor, words, base, this.entry.key)) life.retire(slot);
      }
      slot = next;
    }
  }

  #close(): void {
    this.#show();
    const words = this.#words;
    if (this.#written > 0) this.#parts.extents.trim(this.#cursor.block, this.#cursor.at - this.#cursor.extentAt);
    Atomics.store(words, this.#base + LENGTH, this.#written);
    Atomics.store(words, this.#base + FILL, WHOLE);
    words[this.#base + WRITER] = 0;
    if (words[this.#base + STATE] === this.entry.life) this.#parts.life.enroll(this.entry.slot, chargedBytes(words, this.#base));
  }

  /** Room for at least so many bytes more, behind the last extent. */
  #grow(needed: number): boolean {
    const left = this.#announced >= 0 ? this.#announced - this.#written : Math.max(AHEAD_MIN, this.#written);
    const wanted = Math.max(needed, Math.min(left, AHEAD_MAX));
    return this.#parts.locked(() => {
      const { extents, life } = this.#parts;
      const bytes = life.makeRoom(blocksFor(wanted)) ? wanted : needed;
      if (!life.makeRoom(blocksFor(bytes))) return false;
      const first = extents.reserve(bytes);
      if (this.#cursor.block >= 0) {
        extents.link(this.#cursor.block, first);
      } else {
        Atomics.store(this.#words, this.#base + BODY_CHAIN, first + 1);
        this.#cursor.open(first);
      }
      return true;
    });
  }
}
