/** Very many insertions of random sizes into a memory store, its bound looked at all the time. */
import { ok } from 'node:assert/strict';
import { seededRandom } from '../../src/base/random.ts';
import type { MemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import { metaOf } from './memory-store.ts';

const LOOKS_EVERY = 1_024;
const KEYS = 1_000_000;

/**
 * Sizes are spread evenly over their logarithms.
 * @param sizeBits The largest body has 2^sizeBits bytes.
 * @returns How many were taken.
 */
export function insertMany(store: MemoryStore, times: number, sizeBits: number, seed: number): number {
  const random = seededRandom(seed);
  const body = new Uint8Array(2 ** sizeBits);
  let taken = 0;
  for (let index = 0; index < times; index++) {
    const bytes = Math.floor(2 ** (sizeBits * random()));
    const key = `https://example.com/${Math.floor(KEYS * random())}`;
    const writer = store.begin(key, metaOf({ bodyBytes: (index & 7) === 0 ? -1 : bytes }));
    if (writer !== null && writer.append(body, 0, bytes)) {
      writer.finish();
      taken++;
    }
    if (index % LOOKS_EVERY !== 0) continue;
    const { bytes: used, arenaBytes, capacityBytes } = store.stats();
    ok(used <= arenaBytes && arenaBytes < capacityBytes, `${used} of ${arenaBytes} bytes after ${index} insertions, seed ${seed}`);
  }
  return taken;
}
