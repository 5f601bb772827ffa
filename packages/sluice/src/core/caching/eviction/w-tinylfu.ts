/**
 * W-TinyLFU: what is new passes through a small LRU window; what leaves the window stays only if its key was asked for more often lately
 * than that of the entry that would go for it. The main part is a segmented LRU: entries on probation, and 80 % protected ones that were
 * used again. Strong where much is read once (scans); slower than the others, and each use needs the lock.
 * Source: Einziger et al., "TinyLFU", 2017; Caffeine's BoundedLocalCache. O(1), and O(entries) once in ten times as many uses.
 */
import { FrequencySketch } from './frequency-sketch.ts';
import type { EvictionPolicy } from './policy.ts';
import { nextXorshift, seedXorshift } from './random.ts';
import type { Regions } from './regions.ts';
import { SlotQueues } from './slot-queues.ts';
import { WindowClimber } from './window-climber.ts';

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;
const NONE = -1;

const PROTECTED_SHARE = 0.8;
const SAMPLE_PER_ENTRY = 10;
/** A candidate asked for at least this often is let in by chance, so that a victim made famous on purpose does not hold its place for ever. */
const USES_FOR_CHANCE = 6;
const CHANCE_MASK = 127;
/** Entries that one call moves at most from one part to another; the next call goes on. */
const TRANSFER_MAX = 1_000;
const SKETCH_COUNTERS = 16;

export interface WTinyLfuOptions {
  readonly slots: number;
  readonly capacityBytes: number;
  /** Whether the window follows the hit ratio; else it stays at 1 %. Default true: better where recency counts, by up to 7 points. */
  readonly isAdaptive?: boolean;
  /** Of the sketch, for each slot. Default 16, as in Caffeine (8 bytes); 4 cost about half a point of the hit ratio. */
  readonly counters?: number;
}

export class WTinyLfu implements EvictionPolicy {
  readonly touchIsLockFree = false;
  readonly #slots: number;
  readonly #capacityBytes: number;
  readonly #queues: SlotQueues;
  readonly #hashes: Uint32Array;
  readonly #sketch: FrequencySketch;
  readonly #climber: WindowClimber;
  /** The word of the random numbers; whether anything was evicted yet. */
  readonly #words: Int32Array;

  constructor(regions: Regions, { slots, capacityBytes, isAdaptive = true, counters = SKETCH_COUNTERS }: WTinyLfuOptions) {
    this.#slots = slots;
    this.#capacityBytes = capacityBytes;
    this.#queues = new SlotQueues(regions, slots, 3);
    this.#hashes = regions.uint32(slots);
    this.#sketch = new FrequencySketch(regions, counters * slots);
    this.#climber = new WindowClimber(regions, capacityBytes, isAdaptive);
    this.#words = regions.int32(2);
  }

  format(seed: number): void {
    this.#queues.format();
    this.#sketch.format(seed);
    this.#climber.format();
    seedXorshift(this.#words, seed);
    this.#words[1] = 0;
  }

  get count(): number {
    return this.#queues.count(WINDOW) + this.#queues.count(PROBATION) + this.#queues.count(PROTECTED);
  }

  get bytes(): number {
    return this.#queues.bytes(WINDOW) + this.#queues.bytes(PROBATION) + this.#queues.bytes(PROTECTED);
  }

  added(slot: number, hash: number, bytes: number): void {
    this.#queues.add(WINDOW, slot, bytes);
    this.#hashes[slot] = hash;
    // While there is room for all, what leaves the window needs to beat nobody.
    if (this.#words[1] === 0) this.#shrinkWindow(this.#climber.windowMax);
  }

  touched(slot: number): void {
    const list = this.#queues.listOf(slot);
    if (list === NONE) return;
    const sample = this.#sample;
    this.#sketch.count(this.#hashes[slot]!, sample);
    this.#queues.move(list === WINDOW ? WINDOW : PROTECTED, slot);
    if (list === PROBATION) this.#demote();
    if (this.#climber.used(true, sample)) this.#resize();
  }

  missed(hash: number): void {
    const sample = this.#sample;
    this.#sketch.count(hash, sample);
    if (this.#climber.used(false, sample)) this.#resize();
  }

  removed(slot: number): void {
    this.#queues.remove(slot);
  }

  evict(): number {
    this.#words[1] = 1;
    const isWindowFull = this.#queues.bytes(WINDOW) >= this.#climber.windowMax;
    const candidate = isWindowFull ? this.#queues.oldest(WINDOW) : NONE;
    if (candidate !== NONE) this.#queues.move(PROBATION, candidate);
    let victim = this.#queues.oldest(PROBATION);
    if (victim === NONE) victim = this.#queues.oldest(PROTECTED);
    if (victim === NONE) victim = this.#queues.oldest(WINDOW);
    const loser = candidate === NONE || victim === candidate || this.#isAdmitted(candidate, victim) ? victim : candidate;
    if (loser !== NONE) this.#queues.remove(loser);
    return loser;
  }

  #isAdmitted(candidate: number, victim: number): boolean {
    const uses = this.#sketch.estimate(this.#hashes[candidate]!);
    if (uses > this.#sketch.estimate(this.#hashes[victim]!)) return true;
    return uses >= USES_FOR_CHANCE && (nextXorshift(this.#words) & CHANCE_MASK) === 0;
  }

  /** When to halve the counts. Entries are what is held once the cache is full, which may be far less than there are slots. */
  get #sample(): number {
    return SAMPLE_PER_ENTRY * (this.#words[1] === 0 ? this.#slots : Math.max(1, this.count));
  }

  #demote(): void {
    const max = (this.#capacityBytes - this.#climber.windowMax) * PROTECTED_SHARE;
    for (let left = TRANSFER_MAX; left > 0 && this.#queues.bytes(PROTECTED) > max; left--) {
      this.#queues.move(PROBATION, this.#queues.oldest(PROTECTED));
    }
  }

  /** Entries go between the window and probation until the window has its new size. */
  #resize(): void {
    const max = this.#climber.windowMax;
    this.#demote();
    this.#shrinkWindow(max);
    for (let left = TRANSFER_MAX; left > 0; left--) {
      let slot = this.#queues.oldest(PROBATION);
      if (slot === NONE) slot = this.#queues.oldest(PROTECTED);
      if (slot === NONE || this.#queues.bytes(WINDOW) + this.#queues.bytesOf(slot) > max) return;
      this.#queues.move(WINDOW, slot);
    }
  }

  #shrinkWindow(max: number): void {
    for (let left = TRANSFER_MAX; left > 0 && this.#queues.bytes(WINDOW) > max; left--) {
      this.#queues.move(PROBATION, this.#queues.oldest(WINDOW));
    }
  }
}
