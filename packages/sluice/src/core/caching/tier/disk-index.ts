/**
 * Which entries a disk has, in memory that all threads share: a miss costs no open, and what is to go is chosen without looking at the disk. 64 bits of each key's hash, its size in blocks, and
 * when it was used last; sets of 8, so that finding one is a look at three cache lines. It is a hint: what a file holds is what its header says.
 *
 * A slot changes hands by compare-and-swap of its state, without a lock: `EMPTY` → `WRITING` (a worker puts its file in place) → `LIVE` → `LEAVING` (its file is being removed) → `EMPTY`.
 * What a worker was writing when it died is found by the owner in the state. 20 bytes an entry.
 */

/** Bytes that a file takes are counted in these. */
export const BLOCK_BYTES = 4_096;

const EMPTY = 0;
const LIVE = 1;
const LEAVING = 2;
/** Plus the owner. */
const WRITING = 16;
/** Words of a slot, behind its state. */
const HASH1 = 1;
const HASH2 = 2;
const BLOCKS = 3;
const USED = 4;
const WORDS = 5;
const WAYS = 8;

const OWNERS = 256;
/** Before any time of use: what is claimed first. */
const RANK_OWN = -(2 ** 40);
const RANK_EMPTY = -(2 ** 39);
/** Words of the head: figures, then blocks that each owner has reserved. */
const ENTRIES = 0;
const LIVE_BLOCKS = 1;
const FIGURES_AT = 8;
const RESERVED_AT = 32;
const SLOTS_AT = RESERVED_AT + OWNERS;

/** What is counted. */
export const DISK_FIGURES = ['hits', 'writes', 'skips', 'evictions', 'drops', 'errors'] as const;
export type DiskFigure = (typeof DISK_FIGURES)[number];

/** For a file as it is usual; more of them than there is room for are evicted early. */
const USUAL_FILE_BYTES = 8_192;
const ENTRIES_MIN = 1_024;
const ENTRIES_MAX = 8 * 2 ** 20;

/** Entries that a disk of this size is made for, a power of two. */
export function diskEntriesMax(bytes: number): number {
  const wanted = Math.min(ENTRIES_MAX, Math.max(ENTRIES_MIN, bytes / USUAL_FILE_BYTES));
  return 2 ** Math.round(Math.log2(wanted));
}

/** Bytes of an index. */
export function diskIndexBytes(entriesMax: number): number {
  return (SLOTS_AT + entriesMax * WORDS) * 4;
}

export function blocksOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / BLOCK_BYTES));
}

/** An entry's hash. */
export interface DiskName {
  readonly first: number;
  readonly second: number;
}

export class DiskIndex {
  /** A multiple of 8. */
  readonly entriesMax: number;
  readonly #words: Int32Array;
  readonly #setMask: number;

  /** @param at Where it begins in the buffer, a multiple of 4. All zero is an empty one. */
  constructor(buffer: SharedArrayBuffer, at: number, entriesMax: number) {
    this.entriesMax = entriesMax;
    this.#words = new Int32Array(buffer, at, SLOTS_AT + entriesMax * WORDS);
    this.#setMask = entriesMax / WAYS - 1;
  }

  get entries(): number {
    return Atomics.load(this.#words, ENTRIES);
  }

  /** Of what is there and what is being written. */
  get blocks(): number {
    let sum = Atomics.load(this.#words, LIVE_BLOCKS);
    for (let owner = 0; owner < OWNERS; owner++) sum += Atomics.load(this.#words, RESERVED_AT + owner);
    return sum;
  }

  count(figure: DiskFigure): void {
    Atomics.add(this.#words, FIGURES_AT + DISK_FIGURES.indexOf(figure), 1);
  }

  figure(figure: DiskFigure): number {
    return Atomics.load(this.#words, FIGURES_AT + DISK_FIGURES.indexOf(figure)) >>> 0;
  }

  /** The slot of an entry that is there; -1 where there is none. */
  find({ first, second }: DiskName): number {
    const from = this.#setOf(second);
    for (let slot = from; slot < from + WAYS; slot++) {
      const base = SLOTS_AT + slot * WORDS;
      if (this.#words[base + HASH1] === first && this.#words[base + HASH2] === second && this.#state(slot) === LIVE) return slot;
    }
    return -1;
  }

  blocksAt(slot: number): number {
    return this.#words[SLOTS_AT + slot * WORDS + BLOCKS]!;
  }

  nameAt(slot: number): DiskName {
    const base = SLOTS_AT + slot * WORDS;
    return { first: this.#words[base + HASH1]!, second: this.#words[base + HASH2]! };
  }

  isLive(slot: number): boolean {
    return this.#state(slot) === LIVE;
  }

  /** Somebody puts a file in place there at this moment. */
  isChanging(slot: number): boolean {
    return this.#state(slot) > LIVE;
  }

  /** Used now. @param tick Seconds, by any clock that goes on. */
  touch(slot: number, tick: number): void {
    this.#words[SLOTS_AT + slot * WORDS + USED] = tick | 0;
  }

  usedAt(slot: number): number {
    return this.#words[SLOTS_AT + slot * WORDS + USED]!;
  }

  /** Takes room for a file before it is written. @returns False when the bound would not hold. */
  reserve(owner: number, blocks: number, blocksMax: number): boolean {
    Atomics.add(this.#words, RESERVED_AT + owner, blocks);
    if (this.blocks <= blocksMax) return true;
    this.unreserve(owner, blocks);
    return false;
  }

  unreserve(owner: number, blocks: number): void {
    Atomics.sub(this.#words, RESERVED_AT + owner, blocks);
  }

  /** What a worker had under way when it died. @returns Names of files that may be there. */
  releaseOwner(owner: number): readonly DiskName[] {
    Atomics.store(this.#words, RESERVED_AT + owner, 0);
    const names: DiskName[] = [];
    for (let slot = 0; slot < this.entriesMax; slot++) {
      if (this.#state(slot) !== WRITING + owner) continue;
      names.push(this.nameAt(slot));
      this.free(slot);
    }
    return names;
  }

  /**
   * A slot for a file that is about to be put in place: the entry's own, an empty one, or that of another entry of the set, the one whose use is longest ago. -1: all are changing.
   * Followed by `publish` or `free`; whose name is in it before, and is another's, loses its file.
   */
  claim({ first, second }: DiskName, owner: number): number {
    const from = this.#setOf(second);
    for (let attempt = 0; attempt < WAYS; attempt++) {
      let best = -1;
      let bestRank = Infinity;
      for (let slot = from; slot < from + WAYS; slot++) {
        const base = SLOTS_AT + slot * WORDS;
        const state = this.#state(slot);
        const isSame = this.#words[base + HASH1] === first && this.#words[base + HASH2] === second;
        if (state > LIVE && isSame) return -1;
        if (state > LIVE) continue;
        const rank = state === EMPTY ? RANK_EMPTY : isSame ? RANK_OWN : this.#words[base + USED]!;
        if (rank >= bestRank) continue;
        best = slot;
        bestRank = rank;
      }
      if (best < 0) return -1;
      const state = bestRank === RANK_EMPTY ? EMPTY : LIVE;
      if (Atomics.compareExchange(this.#words, SLOTS_AT + best * WORDS, state, WRITING + owner) !== state) continue;
      if (state === EMPTY) {
        const base = SLOTS_AT + best * WORDS;
        this.#words[base + BLOCKS] = 0;
        this.#words[base + HASH1] = first;
        this.#words[base + HASH2] = second;
        Atomics.add(this.#words, ENTRIES, 1);
      }
      return best;
    }
    return -1;
  }

  /** The file is in place. Room that was reserved for it is now its own. */
  publish(slot: number, { first, second }: DiskName, blocks: number, tick: number, owner: number): void {
    const base = SLOTS_AT + slot * WORDS;
    Atomics.add(this.#words, LIVE_BLOCKS, blocks - this.#words[base + BLOCKS]!);
    this.unreserve(owner, blocks);
    this.#words[base + HASH1] = first;
    this.#words[base + HASH2] = second;
    this.#words[base + BLOCKS] = blocks;
    this.#words[base + USED] = tick | 0;
    Atomics.store(this.#words, base, LIVE);
  }

  /** Takes a slot whose file is to be removed; `free` follows. @returns False when it is not what it was. */
  take(slot: number, { first, second }: DiskName): boolean {
    const base = SLOTS_AT + slot * WORDS;
    if (Atomics.compareExchange(this.#words, base, LIVE, LEAVING) !== LIVE) return false;
    if (this.#words[base + HASH1] === first && this.#words[base + HASH2] === second) return true;
    Atomics.store(this.#words, base, LIVE);
    return false;
  }

  /** Its file is gone. */
  free(slot: number): void {
    const base = SLOTS_AT + slot * WORDS;
    Atomics.sub(this.#words, LIVE_BLOCKS, this.#words[base + BLOCKS]!);
    this.#words[base + BLOCKS] = 0;
    Atomics.sub(this.#words, ENTRIES, 1);
    Atomics.store(this.#words, base, EMPTY);
  }

  #state(slot: number): number {
    return Atomics.load(this.#words, SLOTS_AT + slot * WORDS);
  }

  #setOf(second: number): number {
    return (second & this.#setMask) * WAYS;
  }
}
