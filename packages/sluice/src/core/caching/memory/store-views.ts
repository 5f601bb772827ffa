/** The views of a thread on the store's buffer, and where in it everything lies: all of it follows from the options in the header. */
import { assert } from '../../../base/assert.ts';
import { evictionStateBytes, openEviction } from '../eviction/open.ts';
import { EVICTION_NAMES } from '../eviction/policy.ts';
import type { EvictionName, EvictionPolicy } from '../eviction/policy.ts';
import {
  BLOCK_BYTES,
  CAPACITY,
  CLAIM_WORDS,
  ENTRIES_ALLOWED,
  EVICTION,
  HEADER_BYTES,
  MAGIC,
  MAGIC_NUMBER,
  OBJECT_MAX,
  OWNERS,
  OWNER_FLOATS,
  PURGE_WORDS,
  SEED,
  SEGMENT_MASK,
  SLOT_WORDS,
} from './memory-layout.ts';

export interface MemoryStoreOptions {
  /** All of it, index included: 1 MiB to 64 GiB. */
  readonly capacityBytes: number;
  /** 1,024 to 4,194,304; `defaultEntriesMax` says how many are usual. */
  readonly entriesMax: number;
  /** Body bytes of one object, at most 2^31 - 1. */
  readonly objectBytesMax: number;
  readonly eviction: EvictionName;
  /** Keys are hashed, and `random` picks, by it. Any integer; not guessable where clients choose keys. */
  readonly seed: number;
}

/** The views. A thread makes its own over the shared buffer. */
export interface StoreViews {
  readonly options: MemoryStoreOptions;
  readonly buffer: SharedArrayBuffer;
  /** Header and slots: slot `s` begins at `slotsAt + s * SLOT_WORDS`. */
  readonly words: Int32Array;
  readonly floats: Float64Array;
  readonly slotsAt: number;
  readonly slotFloatsAt: number;
  readonly owners: Float64Array;
  /** First slot of each bucket, plus one. */
  readonly buckets: Int32Array;
  /** 1 where an owner pins a slot: column * slots + slot, so that popular slots are not written by all to the same line. */
  readonly pins: Uint8Array;
  readonly purges: Int32Array;
  readonly claims: Int32Array;
  /** By the first block of an extent: the next extent of its chain, plus one. */
  readonly links: Int32Array;
  /** By the first block of an extent: order + 1, and FREE_EXTENT. 0 elsewhere. */
  readonly orders: Uint8Array;
  readonly blocks: number;
  readonly segments: readonly Uint8Array[];
  readonly segmentWords: readonly Int32Array[];
  openPolicy(isNew: boolean): EvictionPolicy;
}

export interface Layout {
  readonly slots: number;
  readonly buckets: number;
  readonly owners: number;
  readonly pins: number;
  readonly purges: number;
  readonly claims: number;
  readonly policy: number;
  readonly links: number;
  readonly orders: number;
  readonly arena: number;
  readonly bucketCount: number;
  readonly purgeCount: number;
  readonly claimCount: number;
  readonly blocks: number;
}

/** Lays the views over a formatted buffer. */
export function storeViews(buffer: SharedArrayBuffer): StoreViews {
  const header = new Float64Array(buffer, 0, HEADER_BYTES / 8);
  assert(new Int32Array(buffer, 0, 1)[MAGIC] === MAGIC_NUMBER, 'the buffer of a memory store was made by createMemoryStore');
  const options: MemoryStoreOptions = {
    capacityBytes: header[CAPACITY]!,
    entriesMax: header[ENTRIES_ALLOWED]!,
    objectBytesMax: header[OBJECT_MAX]!,
    eviction: EVICTION_NAMES[header[EVICTION]!]!,
    seed: header[SEED]!,
  };
  const layout = layoutOf(options);
  const slots = options.entriesMax;
  return {
    options,
    buffer,
    words: new Int32Array(buffer, 0, (layout.slots + slots * SLOT_WORDS * 4) / 4),
    floats: new Float64Array(buffer, 0, (layout.slots + slots * SLOT_WORDS * 4) / 8),
    slotsAt: layout.slots / 4,
    slotFloatsAt: layout.slots / 8,
    owners: new Float64Array(buffer, layout.owners, OWNERS * OWNER_FLOATS),
    buckets: new Int32Array(buffer, layout.buckets, layout.bucketCount),
    pins: new Uint8Array(buffer, layout.pins, OWNERS * slots),
    purges: new Int32Array(buffer, layout.purges, layout.purgeCount * PURGE_WORDS),
    claims: new Int32Array(buffer, layout.claims, layout.claimCount * CLAIM_WORDS),
    links: new Int32Array(buffer, layout.links, layout.blocks),
    orders: new Uint8Array(buffer, layout.orders, layout.blocks),
    blocks: layout.blocks,
    ...segmentsOf(buffer, layout),
    openPolicy: (isNew) =>
      openEviction(options.eviction, buffer, layout.policy, {
        slots,
        capacityBytes: layout.blocks * BLOCK_BYTES,
        seed: options.seed,
        isNew,
      }),
  };
}

function segmentsOf(buffer: SharedArrayBuffer, layout: Layout): Pick<StoreViews, 'segments' | 'segmentWords'> {
  const segments: Uint8Array[] = [];
  const segmentWords: Int32Array[] = [];
  for (let first = 0; first < layout.blocks; first += SEGMENT_MASK + 1) {
    const bytes = Math.min(SEGMENT_MASK + 1, layout.blocks - first) * BLOCK_BYTES;
    const at = layout.arena + first * BLOCK_BYTES;
    segments.push(new Uint8Array(buffer, at, bytes));
    segmentWords.push(new Int32Array(buffer, at, bytes / 4));
  }
  return { segments, segmentWords };
}

/** Offsets in bytes, and counts. */
export function layoutOf(options: MemoryStoreOptions): Layout {
  const slots = options.entriesMax;
  const bucketCount = 2 ** Math.ceil(Math.log2(slots));
  const purgeCount = Math.min(16_384, bucketCount / 4);
  const claimCount = Math.min(16_384, bucketCount / 2);
  let at = 0;
  const take = (bytes: number): number => {
    const start = at;
    at += Math.ceil(bytes / 64) * 64;
    return start;
  };
  take(HEADER_BYTES);
  const places = {
    slots: take(slots * SLOT_WORDS * 4),
    buckets: take(bucketCount * 4),
    owners: take(OWNERS * OWNER_FLOATS * 8),
    pins: take(OWNERS * slots),
    purges: take(purgeCount * PURGE_WORDS * 4),
    claims: take(claimCount * CLAIM_WORDS * 4),
    policy: take(evictionStateBytes(options.eviction, slots)),
  };
  const blocks = Math.max(0, Math.floor((options.capacityBytes - at - 8_192) / (BLOCK_BYTES + 5)));
  const links = take(blocks * 4);
  const orders = take(blocks);
  return { ...places, links, orders, arena: Math.ceil(at / 4_096) * 4_096, bucketCount, purgeCount, claimCount, blocks };
}
