/**
 * Whether a store is as it must be: every block is in exactly one free extent or one chain, counts are right, the index has exactly what is
 * to be found, and the eviction policy knows exactly what is whole. Under the lock. O(slots + blocks).
 */
import { assert } from '../../../base/assert.ts';
import { ORDER_BITS } from './extent-allocator.ts';
import {
  BODY_CHAIN,
  ENTRIES,
  FILL,
  FREE,
  FREE_BLOCKS,
  FREE_SLOT,
  HASH,
  HEAD_CHAIN,
  IN_POLICY,
  LIMBO_HEAD,
  LIMBO_NEXT,
  LIVE,
  NEXT,
  RETIRED,
  SLOTS_USED,
  STATE,
  STATE_BITS,
  WHOLE,
} from './memory-layout.ts';
import { isIndexed, isLive } from './slot-index.ts';
import type { StoreParts } from './store-parts.ts';

/** @throws {AssertionError} at the first thing that is wrong. */
export function verifyStore(parts: StoreParts): void {
  checkBlocks(parts);
  checkIndex(parts);
  checkLists(parts);
}

function checkBlocks({ views, extents, index }: StoreParts): void {
  const { words, links, orders, blocks } = views;
  const taken = new Uint8Array(blocks);
  const take = (first: number, count: number, whose: string): void => {
    assert(first >= 0 && first + count <= blocks, `blocks ${first} to ${first + count} of ${whose} lie in the arena`);
    for (let block = first; block < first + count; block++) {
      assert(taken[block] === 0, `block ${block} of ${whose} belongs to one only`);
      taken[block] = 1;
    }
  };
  const free = extents.freeByLists((block, count) => take(block, count, 'a free list'));
  assert(free === words[FREE_BLOCKS], `the free lists hold ${words[FREE_BLOCKS]} blocks, not ${free}`);
  let used = 0;
  for (let slot = 0; slot < words[SLOTS_USED]!; slot++) {
    const base = index.base(slot);
    if ((words[base + STATE]! & STATE_BITS) === FREE) continue;
    for (const chain of [words[base + HEAD_CHAIN]!, words[base + BODY_CHAIN]!]) {
      for (let block = chain - 1; block >= 0; block = links[block]! - 1) {
        const count = 1 << ((orders[block]! & ORDER_BITS) - 1);
        take(block, count, `slot ${slot}`);
        used += count;
      }
    }
  }
  assert(free + used === blocks, `${free} free and ${used} used blocks are all ${blocks}`);
}

function checkIndex({ views: { words, buckets }, index }: StoreParts): void {
  const found = new Uint8Array(words[SLOTS_USED]!);
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    for (let slot = buckets[bucket]! - 1; slot >= 0; slot = index.after(slot)) {
      const base = index.base(slot);
      assert(found[slot] === 0, `slot ${slot} is in one bucket, once`);
      assert((words[base + HASH]! & (buckets.length - 1)) === bucket, `slot ${slot} is in the bucket of its hash`);
      assert(isIndexed(words[base + STATE]!), `slot ${slot} of the index is in use`);
      found[slot] = 1;
    }
  }
  let live = 0;
  for (let slot = 0; slot < found.length; slot++) {
    const state = words[index.base(slot) + STATE]!;
    assert((found[slot] === 1) === isIndexed(state), `slot ${slot} of state ${state & STATE_BITS} is in the index if it is in use`);
    if (isLive(state)) live++;
  }
  assert(live === words[ENTRIES], `${live} entries are counted, not ${words[ENTRIES]}`);
}

function checkLists({ views: { words }, index, policy }: StoreParts): void {
  let inFree = 0;
  for (let slot = words[FREE_SLOT]! - 1; slot >= 0; slot = words[index.base(slot) + NEXT]! - 1) inFree++;
  let inLimbo = 0;
  for (let slot = words[LIMBO_HEAD]! - 1; slot >= 0; slot = words[index.base(slot) + LIMBO_NEXT]! - 1) inLimbo++;
  let free = 0;
  let retired = 0;
  let enrolled = 0;
  for (let slot = 0; slot < words[SLOTS_USED]!; slot++) {
    const base = index.base(slot);
    const kind = words[base + STATE]! & STATE_BITS;
    if (kind === FREE) free++;
    if (kind === RETIRED) retired++;
    const isWhole = kind === LIVE && words[base + FILL] === WHOLE;
    assert((words[base + IN_POLICY] !== 0) === isWhole, `slot ${slot} is known to the eviction policy if it is whole`);
    if (isWhole) enrolled++;
  }
  assert(inFree === free, `${free} free slots are in the list, not ${inFree}`);
  assert(inLimbo === retired, `${retired} retired slots are in limbo, not ${inLimbo}`);
  assert(policy.count === enrolled, `the eviction policy knows ${enrolled} entries, not ${policy.count}`);
}
