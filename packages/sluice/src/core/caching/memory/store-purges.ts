/**
 * Purges: of everything and of a tag by generation (`purge-book.ts`), of a key at once, of a prefix by looking at every entry. All of them
 * reach fetches that are under way too, through the claim or the half-written entry. The main thread does not wait for a lock whose
 * holder may have died, since it is the one that will be told so: after a while it purges everything instead, which needs none.
 */
import { isKey, isWideShape, keyAt } from './entry-meta.ts';
import { tagWords } from './memory-entry.ts';
import {
  BORN,
  CONTROL,
  DOOMED,
  ENTRIES,
  FILL_FLOOR,
  HASH,
  HASH2,
  HEAD_CHAIN,
  KEY_LENGTH,
  MARKS,
  SHAPE,
  SLOTS_USED,
  SOFT,
  STATE,
} from './memory-layout.ts';
import { GONE, STALE } from './purge-book.ts';
import { isIndexed, isLive } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';

const SLOTS_AT_ONCE = 1_024;
const CONTROL_WAIT_MS = 250;

export class StorePurges {
  readonly #parts: StoreParts;
  readonly #words: Int32Array;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#words = parts.views.words;
  }

  all(soft: boolean): number {
    this.#parts.purges.all(soft);
    return Atomics.load(this.#words, ENTRIES);
  }

  key(key: string, soft: boolean): number {
    const { claims, keyHash } = this.#parts;
    keyHash.of(key);
    return this.#tryLocked(() => {
      const claim = claims.find(keyHash.first, keyHash.second);
      if (claim >= 0) claims.mark(claim, soft ? SOFT : DOOMED);
      return this.#reachKey(key, soft, isIndexed);
    });
  }

  /** What is live under a key, and no fetch. */
  remove(key: string): number {
    this.#parts.keyHash.of(key);
    return this.#tryLocked(() => this.#reachKey(key, false, isLive));
  }

  tag(tag: string, soft: boolean): number {
    const { purges, tagHash } = this.#parts;
    tagHash.of(tag);
    const { first, second } = tagHash;
    const note = (): number => (purges.tag(first, second, soft) ? 1 : 0);
    // Full twice would take as many purges of others in the meantime.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (this.#tryLocked(note) !== 0) return -1;
      this.#settle();
    }
    purges.all(soft);
    return -1;
  }

  prefix(prefix: string, soft: boolean): number {
    Atomics.store(this.#words, FILL_FLOOR, this.#parts.purges.tick());
    return this.#eachSlot((slot, base) => (this.#hasPrefix(base, prefix) ? this.#reach(slot, soft) : 0));
  }

  /** Marks what the records of tags reach, and empties them. */
  #settle(): void {
    const { purges } = this.#parts;
    const clock = purges.tick();
    Atomics.store(this.#words, FILL_FLOOR, clock);
    this.#eachSlot((slot, base) => {
      const reach = purges.reaches(this.#words[base + BORN]!, tagWords(this.#parts, base));
      return reach === GONE || reach === STALE ? this.#reach(slot, reach === STALE) : 0;
    });
    this.#tryLocked(() => {
      purges.forget(clock);
      return 0;
    });
  }

  #reachKey(key: string, soft: boolean, isMeant: (state: number) => boolean): number {
    const { index, keyHash, cursor } = this.#parts;
    const words = this.#words;
    let count = 0;
    for (let slot = index.firstOf(keyHash.first); slot >= 0;) {
      const next = index.after(slot);
      const base = index.base(slot);
      if (isMeant(words[base + STATE]!) && words[base + HASH] === keyHash.first && words[base + HASH2] === keyHash.second) {
        cursor.open(words[base + HEAD_CHAIN]! - 1);
        if (isKey(cursor, words, base, key)) count += this.#reach(slot, soft);
      }
      slot = next;
    }
    return count;
  }

  /** Purges one slot. @returns 1 if it was to be seen. */
  #reach(slot: number, soft: boolean): number {
    const base = this.#parts.index.base(slot);
    const wasLive = isLive(this.#words[base + STATE]!);
    // Marked even where it is retired: nobody who looked it up in this instant may serve it.
    Atomics.or(this.#words, base + MARKS, soft ? SOFT : DOOMED);
    if (wasLive && !soft) this.#parts.life.retire(slot);
    return wasLive ? 1 : 0;
  }

  #hasPrefix(base: number, prefix: string): boolean {
    if (this.#words[base + KEY_LENGTH]! < prefix.length) return false;
    const { cursor } = this.#parts;
    const shape = this.#words[base + SHAPE]!;
    cursor.open(this.#words[base + HEAD_CHAIN]! - 1);
    cursor.skip(keyAt(shape));
    return isWideShape(shape) ? cursor.isWideText(prefix) : cursor.isText(prefix);
  }

  /** Sums what `visit` says of every slot in the index. */
  #eachSlot(visit: (slot: number, base: number) => number): number {
    let sum = 0;
    for (let first = 0; first < this.#words[SLOTS_USED]!; first += SLOTS_AT_ONCE) {
      sum += this.#tryLocked(() => {
        let some = 0;
        const end = Math.min(first + SLOTS_AT_ONCE, this.#words[SLOTS_USED]!);
        for (let slot = first; slot < end; slot++) {
          const base = this.#parts.index.base(slot);
          if (isIndexed(this.#words[base + STATE]!)) some += visit(slot, base);
        }
        return some;
      });
    }
    return sum;
  }

  /** On the main thread everything is purged where the lock cannot be had. */
  #tryLocked(work: () => number): number {
    const { lock, owner } = this.#parts;
    if (owner !== CONTROL) return this.#parts.locked(work);
    if (lock.lockWithin(CONTROL_WAIT_MS)) return this.#parts.thenUnlock(work);
    return this.all(false);
  }
}
