/** Makes the memory that workers share for filters. Loaded with the first plan that asks for some. */
import { randomBytes } from 'node:crypto';
import type { MemoryPlan } from '../config/memory-plan.ts';
import { CONTROL, createMemoryStore, defaultEntriesMax, MemoryStore } from '../core/caching/memory/memory-store.ts';
import { takeBackHeld } from '../core/rate-limiting/concurrency.ts';
import { createLimitTable, LimitTable } from '../core/rate-limiting/limit-table.ts';
import type { SharedMemory } from '../control/apply/shared-memories.ts';

/** Memory as a plan asks for it, formatted and empty. */
export async function makeMemory(plan: MemoryPlan): Promise<SharedMemory> {
  return plan.kind === 'cache' ? cacheMemory(plan) : limitsMemory(plan.keys);
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
