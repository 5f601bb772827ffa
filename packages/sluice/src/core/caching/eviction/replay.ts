/**
 * Plays requests before a policy and counts hits: what a cache of some size would have answered. Objects are numbered from 0; without
 * sizes each is 1, and the capacity is a number of objects. Some 50 to 150 ns for a request.
 */
import { mix32 } from '../../../base/hash.ts';
import { openEviction, evictionStateBytes } from './open.ts';
import type { EvictionName, EvictionPolicy } from './policy.ts';

export interface ReplayTrace {
  /** The object of each request. */
  readonly requests: Uint32Array;
  /** Objects are 0 to objects - 1. */
  readonly objects: number;
  /** Bytes of each object, at least 1; null when they are not known. */
  readonly sizes: Uint32Array | null;
}

export interface ReplayResult {
  readonly requests: number;
  readonly hits: number;
  /** Of the objects that were asked for; the number of requests when sizes are not known. */
  readonly bytes: number;
  readonly hitBytes: number;
}

/** What all objects have together: bytes, or their number when sizes are not known. */
export function footprint(trace: ReplayTrace): number {
  return trace.sizes === null ? trace.objects : trace.sizes.reduce((sum, size) => sum + size, 0);
}

/** Slots that a cache of this capacity can need for a trace. */
export function slotsFor(trace: ReplayTrace, capacity: number): number {
  return Math.max(1, trace.sizes === null ? Math.min(capacity, trace.objects) : trace.objects);
}

/** @param capacity Bytes, or objects when sizes are not known; whole, at least 1. */
export function replay(trace: ReplayTrace, name: EvictionName, capacity: number, seed: number): ReplayResult {
  const slots = slotsFor(trace, capacity);
  const buffer = new ArrayBuffer(evictionStateBytes(name, slots));
  return replayBefore(openEviction(name, buffer, 0, { slots, capacityBytes: capacity, seed, isNew: true }), trace, capacity, seed);
}

/** The same before a policy that is open, new, and has the slots for it. */
export function replayBefore(policy: EvictionPolicy, trace: ReplayTrace, capacity: number, seed: number): ReplayResult {
  const cache = new ReplayCache(policy, trace, capacity, seed);
  let [hits, bytes, hitBytes] = [0, 0, 0];
  for (const object of trace.requests) {
    const size = trace.sizes === null ? 1 : trace.sizes[object]!;
    bytes += size;
    if (!cache.request(object, size)) continue;
    hits++;
    hitBytes += size;
  }
  return { requests: trace.requests.length, hits, bytes, hitBytes };
}

class ReplayCache {
  readonly #policy: EvictionPolicy;
  readonly #capacity: number;
  readonly #salt: number;
  /** By object; -1 when it is not held. */
  readonly #slotOf: Int32Array;
  readonly #objectOf: Uint32Array;
  readonly #free: Int32Array;
  #freeCount: number;

  constructor(policy: EvictionPolicy, trace: ReplayTrace, capacity: number, seed: number) {
    const slots = slotsFor(trace, capacity);
    this.#policy = policy;
    this.#capacity = capacity;
    this.#salt = mix32(seed);
    this.#slotOf = new Int32Array(trace.objects).fill(-1);
    this.#objectOf = new Uint32Array(slots);
    this.#free = Int32Array.from({ length: slots }, (_, index) => slots - 1 - index);
    this.#freeCount = slots;
  }

  /** @returns Whether it was held; else it is now, when it fits at all. */
  request(object: number, size: number): boolean {
    const held = this.#slotOf[object]!;
    if (held >= 0) {
      this.#policy.touched(held);
      return true;
    }
    const hash = mix32(object ^ this.#salt);
    this.#policy.missed(hash);
    if (size <= this.#capacity) this.#admit(object, hash, size);
    return false;
  }

  #admit(object: number, hash: number, size: number): void {
    while (this.#policy.bytes + size > this.#capacity) {
      const slot = this.#policy.evict();
      this.#slotOf[this.#objectOf[slot]!] = -1;
      this.#free[this.#freeCount++] = slot;
    }
    const slot = this.#free[--this.#freeCount]!;
    this.#slotOf[object] = slot;
    this.#objectOf[slot] = object;
    this.#policy.added(slot, hash, size);
  }
}
