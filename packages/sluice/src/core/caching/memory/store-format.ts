/** Makes a store's buffer: checks the numbers, writes them into the header, and makes the whole arena free. */
import { assert } from '../../../base/assert.ts';
import { EVICTION_NAMES } from '../eviction/policy.ts';
import { ExtentAllocator } from './extent-allocator.ts';
import {
  BLOCK_BYTES,
  CAPACITY,
  CLOCK,
  ENTRIES_ALLOWED,
  EVICTION,
  HEADER_BYTES,
  MAGIC,
  MAGIC_NUMBER,
  OBJECT_MAX,
  SEED,
} from './memory-layout.ts';
import { layoutOf, storeViews } from './store-views.ts';
import type { MemoryStoreOptions } from './store-views.ts';

const CAPACITY_MIN = 2 ** 20;
const CAPACITY_MAX = 2 ** 36;
const ENTRIES_MIN = 1_024;
const ENTRIES_MAX = 2 ** 22;
/** An object's bytes are an Int32. */
const OBJECT_BYTES_MAX = 2 ** 31 - 1;

/** An entry for each 4 KiB. */
export function defaultEntriesMax(capacityBytes: number): number {
  return Math.min(ENTRIES_MAX, Math.max(ENTRIES_MIN, Math.floor(capacityBytes / 4_096)));
}

/** Makes and formats a store. @throws {AssertionError} when a number is out of its range. */
export function createMemoryStore(options: MemoryStoreOptions): SharedArrayBuffer {
  check(options);
  const buffer = new SharedArrayBuffer(options.capacityBytes);
  const words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
  const floats = new Float64Array(buffer, 0, HEADER_BYTES / 8);
  floats[CAPACITY] = options.capacityBytes;
  floats[ENTRIES_ALLOWED] = options.entriesMax;
  floats[OBJECT_MAX] = options.objectBytesMax;
  floats[EVICTION] = EVICTION_NAMES.indexOf(options.eviction);
  floats[SEED] = options.seed;
  words[MAGIC] = MAGIC_NUMBER;
  words[CLOCK] = 1;
  const views = storeViews(buffer);
  views.openPolicy(true);
  new ExtentAllocator(views).format();
  return buffer;
}

function check(options: MemoryStoreOptions): void {
  const { capacityBytes, entriesMax, objectBytesMax } = options;
  const isWhole = (value: number, min: number, max: number): boolean => Number.isInteger(value) && value >= min && value <= max;
  assert(isWhole(capacityBytes, CAPACITY_MIN, CAPACITY_MAX), `capacityBytes is ${CAPACITY_MIN}..${CAPACITY_MAX}, got ${capacityBytes}`);
  assert(isWhole(entriesMax, ENTRIES_MIN, ENTRIES_MAX), `entriesMax is ${ENTRIES_MIN}..${ENTRIES_MAX}, got ${entriesMax}`);
  assert(isWhole(objectBytesMax, 1, OBJECT_BYTES_MAX), `objectBytesMax is 1..${OBJECT_BYTES_MAX}, got ${objectBytesMax}`);
  assert(EVICTION_NAMES.includes(options.eviction), `eviction is one of ${EVICTION_NAMES.join(', ')}, got ${options.eviction}`);
  const arena = layoutOf(options).blocks * BLOCK_BYTES;
  assert(
    arena >= capacityBytes / 4,
    `the index of ${entriesMax} entries leaves at least a quarter of capacityBytes ${capacityBytes} to what is kept, not ${arena}: fewer entries or more bytes`,
  );
}
