/**
 * How the memory tier lies in its one SharedArrayBuffer: a header, a record for each slot (an entry's numbers), the index, pins, purges,
 * claims, the state of the eviction policy, and the arena, blocks of 256 bytes that hold keys, heads and bodies. Everything together is as
 * large as the capacity, so the bound holds by construction. Pages that nothing touches cost no memory.
 */
import { WORKERS_MAX } from '../../balancing/endpoint-table.ts';

/** The owner's number of the main thread; workers have 0 to WORKERS_MAX - 1. */
export const CONTROL = WORKERS_MAX;
export const OWNERS = WORKERS_MAX + 1;

export const BLOCK_SHIFT = 8;
export const BLOCK_BYTES = 256;
/** Extents are 256 bytes to 16 MiB. */
export const ORDER_MAX = 16;
/** The arena is seen through views of 1 GiB, so that offsets are small integers; no extent crosses from one to the next. */
export const SEGMENT_SHIFT = 22;
export const SEGMENT_MASK = 2 ** SEGMENT_SHIFT - 1;

// header words
export const MAGIC = 0;
export const LOCK = 16;
/** Goes up with each purge; what began before a purge's clock and matches it is gone (hard) or stale (soft). Wraps. */
export const CLOCK = 32;
export const ALL_HARD = 33;
export const ALL_SOFT = 34;
/** Fetches claimed before this clock are not kept: a purge came between that left no other trace for them. */
export const FILL_FLOOR = 35;
/** Retired slots that are still pinned, a list by LIMBO_NEXT; whether one of them may have been let go. */
export const LIMBO_HEAD = 48;
export const LIMBO_DIRTY = 49;
export const FREE_SLOT = 50;
/** Slots below it were in use at least once. */
export const SLOTS_USED = 51;
export const FREE_BLOCKS = 52;
export const ENTRIES = 53;
export const OWNERS_SEEN = 54;
export const PURGES_HELD = 55;
/** First block of the free extents of each order, plus one. */
export const FREE_HEADS = 64;
// header floats
export const CAPACITY = 256;
export const ENTRIES_ALLOWED = 257;
export const OBJECT_MAX = 258;
export const EVICTION = 259;
export const SEED = 260;
export const EVICTIONS = 264;
export const INSERTIONS = 265;
export const RECOVERIES = 266;
export const HEADER_BYTES = 4_096;
export const MAGIC_NUMBER = 0x534c4331;

// a record for each owner, floats
export const OWNER_FLOATS = 8;
export const OWNER_HITS = 0;
export const OWNER_MISSES = 1;

// words of a slot
export const SLOT_WORDS = 32;
/** Sequence * 8 + state. Everything that a reader relies on is decided by this word. */
export const STATE = 0;
export const HASH = 1;
export const HASH2 = 2;
/** Next slot of the bucket, or of the free list, plus one. */
export const NEXT = 3;
/** First blocks plus one of the chains: tags, key and head; body. */
export const HEAD_CHAIN = 4;
export const BODY_CHAIN = 5;
export const KEY_LENGTH = 6;
/** status | kind << 10 | wide key << 12 | tags << 13 */
export const SHAPE = 7;
export const FLAGS = 8;
export const HEAD_LENGTH = 9;
export const AVAILABLE = 10;
export const FILL = 11;
/** Goes up when `AVAILABLE` or `FILL` changes; who waits sets WAITED first. */
export const PULSE = 12;
export const WAITED = 13;
/** Owner + 1 that fills it; 0 when it is whole. */
export const WRITER = 14;
export const BORN = 15;
export const MARKS = 16;
export const HITS = 17;
export const LIMBO_NEXT = 18;
/** Bytes of the whole body; -1 unknown. */
export const LENGTH = 19;
/** Whether the eviction policy knows it. */
export const IN_POLICY = 20;
// floats of a slot, from word 22
export const SLOT_FLOATS = SLOT_WORDS / 2;
export const RECEIVED_AT = 11;
export const INITIAL_AGE = 12;
export const FRESH_FOR = 13;
export const STALE_REVALIDATE = 14;
export const STALE_ERROR = 15;

// states
export const FREE = 0;
export const BUILDING = 1;
export const LIVE = 2;
export const UPDATING = 3;
export const RETIRED = 4;
export const STATE_BITS = 7;

// of FILL
export const FILLING = 0;
export const WHOLE = 1;
export const ABORTED = 2;

// bits of MARKS
export const SOFT = 1;
export const DOOMED = 2;

// purge records, in sets
export const PURGE_WORDS = 4;
export const PURGE_WAYS = 16;
// claims, in sets
export const CLAIM_WORDS = 8;
export const CLAIM_WAYS = 16;
