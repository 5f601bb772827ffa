/**
 * Finds the entry of a key without a lock, and pins it. What a thread has read of an entry is kept by slot for the next time: a popular one
 * then costs a pin, two looks at its state, and a comparison of two strings.
 */
import { isKey } from './entry-meta.ts';
import { StoredEntry } from './memory-entry.ts';
import { HEAD_CHAIN, STATE } from './memory-layout.ts';
import { AGAIN, NONE } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';

/** Entries of which a thread keeps what does not change; with heads of at most 4 KiB each these are at most 16 MiB. */
const MEMOS = 4_096;
const MEMO_HEAD_MAX = 4_096;
/** Searches led astray so often in a row are given up: a miss costs a fetch, a loop more. */
const ROUNDS_MAX = 64;

export class EntryFinder {
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  readonly #memos: (StoredEntry | null)[] = new Array<StoredEntry | null>(MEMOS).fill(null);

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#words = parts.views.words;
  }

  /** The entry, pinned; null when there is none, or a purge took it. */
  find(key: string): StoredEntry | null {
    const { index, keyHash } = this.#parts;
    keyHash.of(key);
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let slot = index.search(keyHash.first, keyHash.second, NONE);
      while (slot >= 0) {
        const state = index.state;
        const found = this.#enter(slot, state, key);
        if (found instanceof StoredEntry) {
          if (!found.isGone) return found;
          this.#drop(found);
          return null;
        }
        slot = found === NONE ? this.#pass(slot, state) : AGAIN;
      }
      if (slot === NONE) return null;
    }
    return null;
  }

  /** Pins a slot and sees whether it is the key's. @returns The entry; NONE for another key, pinned; AGAIN when it has changed, not pinned. */
  #enter(slot: number, state: number, key: string): StoredEntry | typeof NONE | typeof AGAIN {
    const { life, index, cursor } = this.#parts;
    const words = this.#words;
    const base = index.base(slot);
    life.pin(slot);
    if (Atomics.load(words, base + STATE) === state) {
      const memo = this.#memos[slot & (MEMOS - 1)]!;
      if (memo !== null && memo.life === state && memo.slot === slot) return memo.key === key ? memo : NONE;
      cursor.open(words[base + HEAD_CHAIN]! - 1);
      const entry = isKey(cursor, words, base, key) ? new StoredEntry(this.#parts, slot, state, key) : null;
      // A refresh may have given the head chain back while it was read.
      if (Atomics.load(words, base + STATE) === state) {
        if (entry === null) return NONE;
        if (entry.head.length <= MEMO_HEAD_MAX && entry.isWhole) this.#memos[slot & (MEMOS - 1)] = entry;
        return entry;
      }
    }
    life.unpin(slot);
    return AGAIN;
  }

  /** On from a pinned slot of another key, which is still in its chain unless its state says otherwise. */
  #pass(slot: number, state: number): number {
    const { life, index, keyHash } = this.#parts;
    const next = index.search(keyHash.first, keyHash.second, slot);
    const isSame = Atomics.load(this.#words, index.base(slot) + STATE) === state;
    life.unpin(slot);
    return isSame ? next : AGAIN;
  }

  /** Gives back the memory of what a purge took, if that needs no waiting. */
  #drop(entry: StoredEntry): void {
    const { lock, life } = this.#parts;
    entry.release();
    if (!lock.tryLock()) return;
    this.#parts.thenUnlock(() => {
      if (this.#words[entry.base + STATE] === entry.life) life.retire(entry.slot);
    });
  }
}
