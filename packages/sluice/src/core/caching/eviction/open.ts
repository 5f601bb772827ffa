/** Opens the state of an eviction policy by its name, and says how many bytes it takes. */
import { assert } from '../../../base/assert.ts';
import { Lfu } from './lfu.ts';
import { OneList } from './one-list.ts';
import type { EvictionName, EvictionOptions, EvictionPolicy } from './policy.ts';
import { RandomEviction } from './random.ts';
import { Regions } from './regions.ts';
import { S3Fifo } from './s3-fifo.ts';
import { Sieve } from './sieve.ts';
import { WTinyLfu } from './w-tinylfu.ts';

const SLOTS_MAX = 2 ** 26;

interface Formattable extends EvictionPolicy {
  format(seed: number): void;
}

/** Bytes of state that a policy needs: 12 (`random`) to 42 (`s3-fifo`) for each slot. @param slots 1 to 2^26. */
export function evictionStateBytes(name: EvictionName, slots: number): number {
  const regions = new Regions(null, 0);
  build(name, regions, { slots, capacityBytes: slots });
  return regions.bytes;
}

/**
 * Opens the state that lies in `buffer`. All threads open it with the same options, one of them (the first) with `isNew`.
 * @param offset A multiple of 8.
 */
export function openEviction(name: EvictionName, buffer: ArrayBufferLike, offset: number, options: EvictionOptions): EvictionPolicy {
  assert(options.capacityBytes >= 1, `a cache holds at least a byte, not ${options.capacityBytes}`);
  const policy = build(name, new Regions(buffer, offset), options);
  if (options.isNew) policy.format(options.seed);
  return policy;
}

function build(name: EvictionName, regions: Regions, options: Pick<EvictionOptions, 'slots' | 'capacityBytes'>): Formattable {
  const { slots, capacityBytes } = options;
  assert(Number.isInteger(slots) && slots >= 1 && slots <= SLOTS_MAX, `slots are 1 to ${SLOTS_MAX}, not ${slots}`);
  switch (name) {
    case 'fifo':
      return new OneList(regions, { slots, evicts: 'oldest', movesOnTouch: false });
    case 'lifo':
      return new OneList(regions, { slots, evicts: 'newest', movesOnTouch: false });
    case 'lru':
      return new OneList(regions, { slots, evicts: 'oldest', movesOnTouch: true });
    case 'mru':
      return new OneList(regions, { slots, evicts: 'newest', movesOnTouch: true });
    case 'lfu':
      return new Lfu(regions, slots);
    case 'random':
      return new RandomEviction(regions, slots);
    case 's3-fifo':
      return new S3Fifo(regions, slots, capacityBytes);
    case 'sieve':
      return new Sieve(regions, slots);
    case 'w-tinylfu':
      return new WTinyLfu(regions, { slots, capacityBytes });
  }
}
