/**
 * The lives of slots: taken, building, live, retired, free. A slot is freed by the lock's holder when nobody pins it; one that is retired
 * under pins waits in limbo, its memory counted, until the last owner lets go.
 *
 * Why a hit needs no lock. A reader stores its pin, then loads the state word; who frees stores RETIRED, then loads all pins. Atomics are
 * sequentially consistent, so of two such threads at least one sees the other: the reader sees that the slot is no longer live and
 * goes away, or the freer sees the pin and leaves the slot alone. Letting go is the same the other way round: the pin is cleared, then
 * the state loaded; who clears the last pin of a retired slot says so in LIMBO_DIRTY and sweeps if the lock is free. The state word has a
 * sequence in it that grows with each life, so a slot that was freed and taken again in between is not mistaken for what it was.
 */
import { assert } from '../../../base/assert.ts';
import type { EvictionPolicy } from '../eviction/policy.ts';
import type { ExtentAllocator } from './extent-allocator.ts';
import {
  BODY_CHAIN,
  CONTROL,
  ENTRIES,
  EVICTIONS,
  FREE,
  FREE_SLOT,
  HASH,
  HEAD_CHAIN,
  IN_POLICY,
  LIMBO_DIRTY,
  LIMBO_HEAD,
  LIMBO_NEXT,
  LIVE,
  NEXT,
  OWNERS_SEEN,
  RETIRED,
  SLOTS_USED,
  STATE,
  STATE_BITS,
  WRITER,
} from './memory-layout.ts';
import type { StoreViews } from './store-views.ts';
import type { SlotIndex } from './slot-index.ts';
import { NONE, isIndexed } from './slot-index.ts';
import type { StoreLock } from './store-lock.ts';

/** Sequence 1 in the place above the state. */
const NEXT_LIFE = STATE_BITS + 1;

export interface SlotLifeParts {
  readonly views: StoreViews;
  readonly lock: StoreLock;
  readonly index: SlotIndex;
  readonly extents: ExtentAllocator;
  readonly policy: EvictionPolicy;
  readonly owner: number;
}

export class SlotLife {
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #pins: Uint8Array;
  readonly #slots: number;
  readonly #lock: StoreLock;
  readonly #index: SlotIndex;
  readonly #extents: ExtentAllocator;
  readonly #policy: EvictionPolicy;
  readonly #column: number;
  /** Pins of this thread by slot; the shared pin says only that there are any. */
  readonly #held: Int32Array;

  constructor({ views, lock, index, extents, policy, owner }: SlotLifeParts) {
    this.#words = views.words;
    this.#floats = views.floats;
    this.#pins = views.pins;
    this.#slots = views.options.entriesMax;
    this.#lock = lock;
    this.#index = index;
    this.#extents = extents;
    this.#policy = policy;
    this.#column = columnOf(owner) * this.#slots;
    this.#held = new Int32Array(this.#slots);
    this.#noteOwner(columnOf(owner) + 1);
  }

  /** Keeps a slot's memory from being used again. What it is must be looked at after this. */
  pin(slot: number): void {
    if (this.#held[slot]!++ === 0) Atomics.store(this.#pins, this.#column + slot, 1);
  }

  unpin(slot: number): void {
    assert(this.#held[slot]! > 0, `slot ${slot} is let go as often as it was pinned`);
    if (--this.#held[slot]! > 0) return;
    Atomics.store(this.#pins, this.#column + slot, 0);
    if ((Atomics.load(this.#words, this.#index.base(slot) + STATE) & STATE_BITS) === RETIRED) this.#sweepSoon();
  }

  // All below under the lock.

  /** A free slot, evicting for it; NONE when everything is pinned. */
  take(): number {
    for (;;) {
      const free = this.#words[FREE_SLOT]! - 1;
      if (free >= 0) {
        this.#words[FREE_SLOT] = this.#words[this.#index.base(free) + NEXT]!;
        return free;
      }
      const fresh = this.#words[SLOTS_USED]!;
      if (fresh < this.#slots) {
        this.#words[SLOTS_USED] = fresh + 1;
        return fresh;
      }
      if (!this.#evict()) return NONE;
    }
  }

  /** A slot that was taken and is not to be used after all. */
  untake(slot: number): void {
    this.#words[this.#index.base(slot) + NEXT] = this.#words[FREE_SLOT]!;
    this.#words[FREE_SLOT] = slot + 1;
  }

  /** Evicts until so many blocks are free. @returns False when that cannot be. */
  makeRoom(blocks: number): boolean {
    while (this.#extents.freeBlocks < blocks) if (!this.#evict()) return false;
    return true;
  }

  /** Takes a slot out of the index; frees it now, or when its last pin goes. */
  retire(slot: number): void {
    const base = this.#index.base(slot);
    const state = this.#words[base + STATE]!;
    assert(isIndexed(state), `slot ${slot} is in the index`);
    Atomics.store(this.#words, base + STATE, (state & ~STATE_BITS) | RETIRED);
    this.#index.unlink(slot);
    if ((state & STATE_BITS) === LIVE) this.#words[ENTRIES]!--;
    if (this.#words[base + IN_POLICY] !== 0) {
      this.#words[base + IN_POLICY] = 0;
      this.#policy.removed(slot);
    }
    if (this.isPinned(slot)) this.toLimbo(slot);
    else this.#free(slot);
  }

  /** Whether any owner pins it. */
  isPinned(slot: number): boolean {
    const columns = this.#words[OWNERS_SEEN]! * this.#slots;
    for (let at = slot; at < columns; at += this.#slots) if (Atomics.load(this.#pins, at) !== 0) return true;
    return false;
  }

  toLimbo(slot: number): void {
    this.#words[this.#index.base(slot) + LIMBO_NEXT] = this.#words[LIMBO_HEAD]!;
    this.#words[LIMBO_HEAD] = slot + 1;
  }

  /** Frees what nobody pins any more, if anybody has let go since the last time. */
  sweep(): void {
    if (Atomics.exchange(this.#words, LIMBO_DIRTY, 0) === 0) return;
    let slot = this.#words[LIMBO_HEAD]! - 1;
    this.#words[LIMBO_HEAD] = 0;
    while (slot >= 0) {
      const next = this.#words[this.#index.base(slot) + LIMBO_NEXT]! - 1;
      if (this.isPinned(slot)) this.toLimbo(slot);
      else this.#free(slot);
      slot = next;
    }
  }

  /** Ends a slot's life without looking at its chains, which the caller has seen to. */
  bury(slot: number): void {
    const base = this.#index.base(slot);
    this.#words[base + HEAD_CHAIN] = 0;
    this.#words[base + BODY_CHAIN] = 0;
    this.#words[base + WRITER] = 0;
    this.#words[base + IN_POLICY] = 0;
    Atomics.store(this.#words, base + STATE, ((this.#words[base + STATE]! & ~STATE_BITS) + NEXT_LIFE) | FREE);
    this.untake(slot);
  }

  /** The entry is whole: from now on it may be evicted. */
  enroll(slot: number, bytes: number): void {
    this.#policy.added(slot, this.#words[this.#index.base(slot) + HASH]! >>> 0, bytes);
    this.#words[this.#index.base(slot) + IN_POLICY] = 1;
  }

  /** The pins of an owner that will never run again. */
  unpinAll(owner: number): void {
    const first = columnOf(owner) * this.#slots;
    this.#pins.fill(0, first, first + this.#words[SLOTS_USED]!);
    Atomics.store(this.#words, LIMBO_DIRTY, 1);
  }

  isPinnedBy(slot: number, owner: number): boolean {
    return Atomics.load(this.#pins, columnOf(owner) * this.#slots + slot) !== 0;
  }

  #evict(): boolean {
    this.sweep();
    const slot = this.#policy.evict();
    if (slot < 0) return false;
    this.#words[this.#index.base(slot) + IN_POLICY] = 0;
    this.#floats[EVICTIONS]!++;
    this.retire(slot);
    return true;
  }

  #free(slot: number): void {
    const base = this.#index.base(slot);
    this.#extents.give(this.#words[base + HEAD_CHAIN]! - 1);
    this.#extents.give(this.#words[base + BODY_CHAIN]! - 1);
    this.bury(slot);
  }

  #sweepSoon(): void {
    Atomics.store(this.#words, LIMBO_DIRTY, 1);
    if (!this.#lock.tryLock()) return;
    this.sweep();
    this.#lock.unlock();
  }

  #noteOwner(columns: number): void {
    for (;;) {
      const seen = Atomics.load(this.#words, OWNERS_SEEN);
      if (seen >= columns || Atomics.compareExchange(this.#words, OWNERS_SEEN, seen, columns) === seen) return;
    }
  }
}

/** The main thread first, so that few columns are looked at where there are few workers. */
function columnOf(owner: number): number {
  return owner === CONTROL ? 0 : owner + 1;
}
