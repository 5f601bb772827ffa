/**
 * What every eviction policy can do: told of entries that come, are used and leave, it names the one that goes when room is needed.
 * An entry is a slot, a small integer that the store hands out. All state lies in one buffer, which several threads may share; a policy
 * object keeps only views and constants, so each thread opens its own. Nothing here reads a clock or the world's randomness.
 */

/** In the order of the help and of tables. */
export const EVICTION_NAMES = ['fifo', 'lifo', 'lru', 'mru', 'lfu', 'random', 's3-fifo', 'sieve', 'w-tinylfu'] as const;

export type EvictionName = (typeof EVICTION_NAMES)[number];

/** The largest size that is told from larger ones: sizes are words of 32 bits. */
export const ENTRY_BYTES_MAX = 0xffff_ffff;

export interface EvictionPolicy {
  /** Whether `touched` needs no lock: then it is a write or two to words of that slot alone, and a lost one costs accuracy only. */
  readonly touchIsLockFree: boolean;
  /** Entries held. */
  readonly count: number;
  /** Their sizes in sum. */
  readonly bytes: number;

  /**
   * A new entry occupies this slot, which was free.
   * @param hash Unsigned 32-bit hash of its key, for ghosts and sketches.
   * @param bytes Its size, whole; what is beyond 4 GiB counts as 4 GiB less a byte.
   */
  added(slot: number, hash: number, bytes: number): void;

  /** The entry was used. Without a lock where `touchIsLockFree`; a slot that has just been freed does no harm there. */
  touched(slot: number): void;

  /** A key that is not held was asked for. W-TinyLFU counts it, the others ignore it. */
  missed(hash: number): void;

  /** The entry left for another reason: purged, replaced, expired. Nothing happens when the policy does not hold the slot. */
  removed(slot: number): void;

  /** The slot that goes now, -1 when none is held. The policy has forgotten it already; the caller frees it. */
  evict(): number;
}

export interface EvictionOptions {
  /** Slots are 0 to slots - 1. */
  readonly slots: number;
  /** What the store holds; queues are shares of it. With `bytes` of 1 for each entry it is a number of entries. */
  readonly capacityBytes: number;
  /** Where the randomness of `random` and `w-tinylfu` begins; any integer. */
  readonly seed: number;
  /** Formats the state; else it is taken as it lies there. */
  readonly isNew: boolean;
}
