/**
 * Puts entries into the store: makes room, fills a slot and its head chain, hands out the writer of the body. And gives an entry that is
 * there another head. Everything here is under the lock; the key hash has been taken before.
 */
import { headChainBytes, isWideText, writeHeadChain, writeNumbers } from './entry-meta.ts';
import type { EntryMeta } from './entry-meta.ts';
import { AHEAD_MAX } from './entry-writer.ts';
import { blocksFor } from './extent-allocator.ts';
import type { StoredEntry } from './memory-entry.ts';
import {
  AVAILABLE,
  BODY_CHAIN,
  BORN,
  BUILDING,
  DOOMED,
  FILL,
  FILLING,
  FILL_FLOOR,
  HASH,
  HASH2,
  HEAD_CHAIN,
  HITS,
  IN_POLICY,
  KEY_LENGTH,
  LENGTH,
  LIVE,
  MARKS,
  STATE,
  STATE_BITS,
  UPDATING,
  WAITED,
  WRITER,
} from './memory-layout.ts';
import { isAfter } from './purge-book.ts';
import { CHAIN_MAX, NONE } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';

export class EntryBuilder {
  readonly #parts: StoreParts;
  readonly #words: Int32Array;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#words = parts.views.words;
  }

  /** @param since The purge clock when the fetch began; null: by our claim, or now. @returns A slot that is BUILDING and pinned; NONE when there is no room. */
  build(key: string, meta: EntryMeta, since: number | null): number {
    const { life, index, keyHash, policy } = this.#parts;
    const isWide = isWideText(key);
    const headBytes = headChainBytes(key, isWide, meta);
    const ahead = Math.max(0, Math.min(meta.bodyBytes, AHEAD_MAX));
    life.sweep();
    if (!this.#hasPlaceInBucket() || !life.makeRoom(blocksFor(headBytes) + blocksFor(ahead))) return NONE;
    if (index.search(keyHash.first, keyHash.second, NONE) === NONE) policy.missed(keyHash.first >>> 0);
    const slot = life.take();
    if (slot === NONE) return NONE;
    const base = index.base(slot);
    this.#words[base + HEAD_CHAIN] = this.#writeHead(key, isWide, meta, headBytes) + 1;
    this.#words[base + BODY_CHAIN] = ahead > 0 ? this.#parts.extents.reserve(ahead) + 1 : 0;
    writeNumbers(this.#parts.views, slot, base, meta, isWide);
    this.#begin(base, key, meta);
    this.#setBirth(base, since);
    // Last of all: what a crash leaves is either nothing or an entry.
    life.pin(slot);
    index.link(slot, (this.#words[base + STATE]! & ~STATE_BITS) | BUILDING);
    return slot;
  }

  /** @returns False when the entry is no longer what is under its key, is purged or not whole, or there is no room. */
  refresh(entry: StoredEntry, meta: EntryMeta, since: number | null): boolean {
    const { views, life, extents } = this.#parts;
    const words = this.#words;
    const isWide = isWideText(entry.key);
    const headBytes = headChainBytes(entry.key, isWide, meta);
    if (!life.makeRoom(blocksFor(headBytes)) || words[entry.base + STATE] !== entry.life) return false;
    if (!entry.isWhole || entry.isGone) return false;
    const chain = this.#writeHead(entry.key, isWide, meta, headBytes);
    const old = words[entry.base + HEAD_CHAIN]! - 1;
    const next = (entry.life & ~STATE_BITS) + STATE_BITS + 1;
    Atomics.store(words, entry.base + STATE, next | UPDATING);
    Atomics.store(words, entry.base + HEAD_CHAIN, chain + 1);
    writeNumbers(views, entry.slot, entry.base, meta, isWide);
    this.#setBirth(entry.base, since);
    Atomics.store(words, entry.base + STATE, next | LIVE);
    // Who reads the old chain at this moment looks at the state afterwards and begins anew.
    extents.give(old);
    return true;
  }

  /** A bucket that is full of live entries loses its oldest; one full of half-written ones takes no more. */
  #hasPlaceInBucket(): boolean {
    const { index, life, keyHash } = this.#parts;
    if (index.lengthOf(keyHash.first) < CHAIN_MAX) return true;
    const oldest = index.oldestOf(keyHash.first);
    if (oldest !== NONE) life.retire(oldest);
    return oldest !== NONE;
  }

  /** @returns The first block of a head chain. */
  #writeHead(key: string, isWide: boolean, meta: EntryMeta, bytes: number): number {
    const { extents, cursor, tagHash } = this.#parts;
    const chain = extents.reserve(bytes);
    cursor.open(chain);
    writeHeadChain(cursor, key, isWide, meta, tagHash);
    return chain;
  }

  /** The rest of a slot's words. */
  #begin(base: number, key: string, meta: EntryMeta): void {
    const { keyHash, owner } = this.#parts;
    const words = this.#words;
    words[base + HASH] = keyHash.first;
    words[base + HASH2] = keyHash.second;
    words[base + KEY_LENGTH] = key.length;
    words[base + AVAILABLE] = 0;
    words[base + LENGTH] = meta.bodyBytes;
    words[base + FILL] = FILLING;
    words[base + WAITED] = 0;
    words[base + HITS] = 0;
    words[base + IN_POLICY] = 0;
    words[base + WRITER] = owner + 1;
  }

  /** The clock from which purges reach an entry: when its fetch began, as we are told or by our claim, or now. */
  #setBirth(base: number, since: number | null): void {
    const { claims, keyHash, purges, owner } = this.#parts;
    const record = claims.find(keyHash.first, keyHash.second);
    const isOurs = record >= 0 && claims.leaderOf(record) === owner;
    const began = since ?? (isOurs ? claims.bornOf(record) : null);
    const isTooOld = began !== null && isAfter(Atomics.load(this.#words, FILL_FLOOR), began);
    this.#words[base + BORN] = began ?? purges.clock;
    Atomics.store(this.#words, base + MARKS, (isOurs ? claims.marksOf(record) : 0) | (isTooOld ? DOOMED : 0));
  }
}
