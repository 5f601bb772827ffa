/**
 * The memory tier of the cache: replies by key, shared by all workers of the process through one SharedArrayBuffer, so that one fetch makes
 * a hit on every worker. Everything lies within that buffer, so its bytes are the bound. A hit takes no lock (`slot-life.ts` says why
 * that is safe); what changes the store takes the one there is. A worker may die at any instruction: `releaseOwner` takes back what
 * it had, and `store-recovery.ts` puts right what it left half done.
 *
 * Expired entries are not looked for: they fall to eviction. About 0.2 µs for a hit on a popular entry, 0.15 for a miss, 3 for an insertion of 1 KiB.
 */
import { assert } from '../../../base/assert.ts';
import { EntryBuilder } from './entry-builder.ts';
import { EntryFinder } from './entry-finder.ts';
import { KEY_LENGTH_MAX, checkMeta } from './entry-meta.ts';
import type { EntryMeta } from './entry-meta.ts';
import { StoredWriter } from './entry-writer.ts';
import type { EntryWriter } from './entry-writer.ts';
import { decodeLatin1 } from './extent-chain.ts';
import type { Decode } from './extent-chain.ts';
import { StoredEntry } from './memory-entry.ts';
import type { MemoryEntry } from './memory-entry.ts';
import {
  BLOCK_BYTES,
  ENTRIES,
  EVICTIONS,
  FREE_BLOCKS,
  INSERTIONS,
  OWNER_FLOATS,
  OWNER_HITS,
  OWNER_MISSES,
  RECOVERIES,
} from './memory-layout.ts';
import { NONE } from './slot-index.ts';
import { verifyStore } from './store-check.ts';
import { StoreParts } from './store-parts.ts';
import { StorePurges } from './store-purges.ts';
import { releaseOwner } from './store-release.ts';
import { topKeys, type StoredKey } from './top-keys.ts';
import { TouchRing } from './touch-ring.ts';

export { CONTROL } from './memory-layout.ts';
export { createMemoryStore, defaultEntriesMax } from './store-format.ts';
export type { MemoryStoreOptions } from './store-views.ts';
export type { EntryKind, EntryMeta } from './entry-meta.ts';
export type { EntryWriter } from './entry-writer.ts';
export type { EntryState, MemoryEntry } from './memory-entry.ts';
export type { StoredKey } from './top-keys.ts';

export type Claim =
  | { readonly isLeader: true; done(): void }
  | {
      readonly isLeader: false;
      /** The leader has finished, failed or crashed (or 30 seconds are over): look again. */
      readonly whenDone: Promise<void>;
    };

export interface MemoryStoreStats {
  readonly entries: number;
  /** Bytes of the arena that hold something, pinned and half-written entries included. */
  readonly bytes: number;
  /** Bytes of the arena. */
  readonly arenaBytes: number;
  /** All of the buffer. */
  readonly capacityBytes: number;
  readonly evictions: number;
  readonly insertions: number;
  readonly hits: number;
  readonly misses: number;
  /** How often the store was put right after a crash. */
  readonly recoveries: number;
}

export class MemoryStore {
  readonly #parts: StoreParts;
  readonly #words: Int32Array;
  readonly #owners: Float64Array;
  readonly #ownerAt: number;
  readonly #finder: EntryFinder;
  readonly #builder: EntryBuilder;
  readonly #touches: TouchRing | null;
  readonly #purges: StorePurges;

  /**
   * @param owner Index of the worker, or CONTROL for the main thread. One object for each owner at a time.
   * @param decode Latin-1 text of bytes; Node's is ten times as fast as the one that is used without.
   */
  constructor(buffer: SharedArrayBuffer, owner: number, decode: Decode = decodeLatin1) {
    this.#parts = new StoreParts(buffer, owner, decode);
    this.#words = this.#parts.views.words;
    this.#owners = this.#parts.views.owners;
    this.#ownerAt = owner * OWNER_FLOATS;
    this.#finder = new EntryFinder(this.#parts);
    this.#builder = new EntryBuilder(this.#parts);
    this.#touches = this.#parts.policy.touchIsLockFree ? null : new TouchRing(this.#parts);
    this.#purges = new StorePurges(this.#parts);
  }

  /** The entry of a key, pinned: `release` it. Null when there is none. Counts as a use. @param key At most 16 Ki characters. */
  find(key: string): MemoryEntry | null {
    const entry = this.#finder.find(key);
    if (entry === null) {
      this.#owners[this.#ownerAt + OWNER_MISSES]!++;
      return null;
    }
    this.#owners[this.#ownerAt + OWNER_HITS]!++;
    entry.countUse();
    if (this.#touches === null) this.#parts.policy.touched(entry.slot);
    else this.#touches.add(entry.slot, entry.life);
    return entry;
  }

  /** The same without counting a use. */
  peek(key: string): MemoryEntry | null {
    return this.#finder.find(key);
  }

  /** The generation of purges. Noted when a fetch begins, it lets `begin` and `refresh` know what came since. */
  get purgeClock(): number {
    return this.#parts.purges.clock;
  }

  /**
   * Begins an entry; an older one of the key stays until `publish`.
   * @param since `purgeClock` when its fetch began: purges from then on reach the entry. Null: since this owner's claim of the key, else since now.
   * @returns Null when it is too large, or all memory is pinned or being filled.
   */
  begin(key: string, meta: EntryMeta, since: number | null = null): EntryWriter | null {
    checkMeta(meta);
    if (key.length > KEY_LENGTH_MAX || meta.bodyBytes > this.#parts.views.options.objectBytesMax) return null;
    this.#parts.keyHash.of(key);
    const slot = this.#parts.locked(() => {
      this.#touches?.flush();
      return this.#builder.build(key, meta, since);
    });
    return slot === NONE ? null : new StoredWriter(this.#parts, slot, key, meta.bodyBytes);
  }

  /** Takes an entry away; a fetch that is under way may still bring another. @returns Whether it was there. */
  remove(key: string): boolean {
    return this.#purges.remove(key) > 0;
  }

  /**
   * Gives an entry another head, tags and numbers, as a 304 does; the body stays. A soft purge is over with it.
   * @param entry What `find` returned for this key.
   * @param since As for `begin`.
   * @returns False when it is no longer what is under the key, is purged or not whole, or there is no room.
   */
  refresh(key: string, entry: MemoryEntry, meta: EntryMeta, since: number | null = null): boolean {
    checkMeta(meta);
    assert(entry instanceof StoredEntry && entry.key === key, 'an entry is refreshed under its own key');
    this.#parts.keyHash.of(key);
    return this.#parts.locked(() => this.#builder.refresh(entry, meta, since));
  }

  /** `soft` makes entries stale, else they are gone. @returns How many there were. */
  purgeKey(key: string, soft: boolean): number {
    return this.#purges.key(key, soft);
  }

  /** O(1). @returns -1: not counted. */
  purgeTag(tag: string, soft: boolean): number {
    return this.#purges.tag(tag, soft);
  }

  /** Looks at all entries, 1,024 at a time under the lock. @returns How many there were. */
  purgePrefix(prefix: string, soft: boolean): number {
    return this.#purges.prefix(prefix, soft);
  }

  /** O(1). @returns How many there were. */
  purgeAll(soft: boolean): number {
    return this.#purges.all(soft);
  }

  /** Looks at everything, under the lock, for tests and for doubts. @throws {AssertionError} at the first thing that is wrong. */
  verify(): void {
    this.#parts.locked(() => verifyStore(this.#parts));
  }

  stats(): MemoryStoreStats {
    const { floats, options, blocks } = this.#parts.views;
    let hits = 0;
    let misses = 0;
    for (let at = 0; at < this.#owners.length; at += OWNER_FLOATS) {
      hits += this.#owners[at + OWNER_HITS]!;
      misses += this.#owners[at + OWNER_MISSES]!;
    }
    return {
      entries: Atomics.load(this.#words, ENTRIES),
      bytes: (blocks - Atomics.load(this.#words, FREE_BLOCKS)) * BLOCK_BYTES,
      arenaBytes: blocks * BLOCK_BYTES,
      capacityBytes: options.capacityBytes,
      evictions: floats[EVICTIONS]!,
      insertions: floats[INSERTIONS]!,
      hits,
      misses,
      recoveries: floats[RECOVERIES]!,
    };
  }

  /** Whole replies, the most used first. Looks at all entries, as `purgePrefix` does. @param limit 1 or more. */
  top(limit: number): readonly StoredKey[] {
    return topKeys(this.#parts, limit);
  }

  /** Takes back pins, claims, half-written entries and the lock of an owner that will never run again. By the main thread. */
  releaseOwner(owner: number): void {
    assert(owner !== this.#parts.owner, `an owner that is released, ${owner}, is another than who releases it`);
    releaseOwner(this.#parts, owner);
  }

  /** Who is to fetch a key. A leader looks once more: the last one may just have finished. Every leader's `done` must be called. */
  claim(key: string): Claim {
    const { claims, keyHash, purges, owner } = this.#parts;
    keyHash.of(key);
    const { first, second } = keyHash;
    return this.#parts.locked((): Claim => {
      const known = claims.find(first, second);
      if (known >= 0) {
        const pulse = claims.pulseOf(known);
        if (claims.leaderOf(known) >= 0) return { isLeader: false, whenDone: claims.whenEnded(known, pulse) };
      }
      const record = claims.take(first, second, owner, purges.clock);
      let isDone = record < 0;
      return {
        isLeader: true,
        done: (): void => {
          if (!isDone) claims.end(record);
          isDone = true;
        },
      };
    });
  }
}
