/** Makes the memory that workers share for filters. Loaded with the first plan that asks for some. */
import { randomBytes } from 'node:crypto';
import type { MemoryPlan } from '../config/memory-plan.ts';
import { CONTROL, createMemoryStore, defaultEntriesMax, MemoryStore } from '../core/caching/memory/memory-store.ts';
import { takeBackHeld } from '../core/rate-limiting/concurrency.ts';
import { createLimitTable, LimitTable } from '../core/rate-limiting/limit-table.ts';
import type { PurgeOrder } from '../core/caching/purge-order.ts';
import { createPushBoard, PushBoard } from '../core/caching/push-board.ts';
import { DiskKeeper } from '../control/caching/disk-keeper.ts';
import { PushKeeper } from '../control/caching/push-keeper.ts';
import { SharedPurges } from '../control/caching/shared-purges.ts';
import type { SayEvent } from '../control/say-event.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { SharedMemory } from '../control/apply/shared-memories.ts';

/** What the parts of memory that work by themselves need. */
export interface MemoryMakerOptions {
  readonly say: SayEvent;
  /** The disk of a cache; null: it has none. */
  readonly diskOf: (cache: string) => DiskKeeper | null;
  /** The main thread's own way into a cache's memory; null: there is none. */
  readonly storeOf: (cache: string) => MemoryStore | null;
  /** Does on this node what another one has ordered. */
  readonly purgeHere: (order: PurgeOrder) => Promise<unknown>;
}

const ALONE: MemoryMakerOptions = { say: () => {}, diskOf: () => null, storeOf: () => null, purgeHere: () => Promise.resolve() };

/** Memory as a plan asks for it, formatted and empty. */
export async function makeMemory(plan: MemoryPlan, options: MemoryMakerOptions = ALONE): Promise<SharedMemory> {
  switch (plan.kind) {
    case 'cache':
      return cacheMemory(plan);
    case 'disk':
      return diskMemory(plan, options);
    case 'shared':
      return sharedMemory(plan, options);
    case 'pushed':
      return pushedMemory(plan, options);
    case 'limits':
      return limitsMemory(plan.keys);
  }
}

function diskMemory({ name, directory, bytes }: Extract<MemoryPlan, { kind: 'disk' }>, { say }: MemoryMakerOptions): SharedMemory {
  const disk = new DiskKeeper({ name, directory, bytes, runtime: nodeRuntime, say });
  return {
    buffer: disk.board.buffer,
    disk,
    workerGone: (worker) => disk.workerGone(worker),
    start: () => disk.start(),
    close: () => disk.close(),
  };
}

function sharedMemory({ name, store, prefix }: Extract<MemoryPlan, { kind: 'shared' }>, options: MemoryMakerOptions): SharedMemory {
  const { say, purgeHere } = options;
  const shared = new SharedPurges({ name, store, prefix, runtime: nodeRuntime, say, purgeHere, disk: () => options.diskOf(name) });
  return { buffer: shared.board.buffer, shared, start: () => shared.start(), close: () => shared.close() };
}

function pushedMemory({ name, objectBytesMax }: Extract<MemoryPlan, { kind: 'pushed' }>, options: MemoryMakerOptions): SharedMemory {
  const board = new PushBoard(createPushBoard());
  const { clock, random } = nodeRuntime;
  const pushes = new PushKeeper({
    name,
    say: options.say,
    store: () => options.storeOf(name),
    board,
    objectBytesMax,
    wall: () => clock.wall(),
    random,
  });
  return { buffer: board.buffer, pushes };
}

/** An object's bytes are an Int32 in the store. */
const OBJECT_BYTES_MAX = 2 ** 31 - 1;

function cacheMemory(plan: Extract<MemoryPlan, { kind: 'cache' }>): SharedMemory {
  const capacityBytes = plan.bytes - (plan.bytes % 8);
  const buffer = createMemoryStore({
    capacityBytes,
    entriesMax: defaultEntriesMax(capacityBytes),
    objectBytesMax: Math.min(plan.objectBytesMax, OBJECT_BYTES_MAX),
    eviction: plan.eviction,
    seed: randomBytes(4).readInt32LE(),
  });
  const cache = new MemoryStore(buffer, CONTROL);
  return { buffer, cache, workerGone: (worker) => cache.releaseOwner(worker) };
}

function limitsMemory(keys: number): SharedMemory {
  const secret = randomBytes(8);
  const buffer = createLimitTable(keys, { k0: secret.readInt32LE(0), k1: secret.readInt32LE(4) });
  const table = new LimitTable(buffer);
  return { buffer, workerGone: (worker) => void takeBackHeld(table, worker) };
}
