/** What stands behind the memory of a cache, as the plan has it, nearest first. */
import { assert } from '../../base/assert.ts';
import type { ValkeyClient } from '../../clients/valkey/valkey-client.ts';
import { memoryKey, type MemoryPlan } from '../../config/memory-plan.ts';
import { DiskBoard } from '../../core/caching/tier/disk-board.ts';
import { SharedBoard } from '../../core/caching/tier/shared-board.ts';
import type { SharedParts } from '../filters/shared-parts.ts';
import type { WorkerContext } from '../worker-context.ts';
import { storeClient } from '../store-client.ts';
import { DiskTier } from './disk-tier.ts';
import { SharedTier } from './shared-tier.ts';
import type { Tier } from './tiers.ts';

export interface CacheTiers {
  /** Has everything in it by which two may differ. */
  readonly form: string;
  make(): readonly Tier[];
}

/** @param name Of the cache. */
export function cacheTiers(name: string, worker: WorkerContext, shared: SharedParts): CacheTiers {
  const plans = worker.plan.memories.filter((memory) => memory.name === name && (memory.kind === 'disk' || memory.kind === 'shared'));
  // Asked for with every plan: else the connection would go with the next.
  const clients = plans.map((plan) => (plan.kind === 'shared' ? storeClient(plan.store, shared, worker) : null));
  return { form: JSON.stringify(plans), make: () => plans.map((plan, index) => makeTier(plan, worker, shared, clients[index]!)) };
}

function makeTier(plan: MemoryPlan, worker: WorkerContext, { memories }: SharedParts, client: ValkeyClient | null): Tier {
  const buffer = memories[memoryKey(plan)];
  assert(buffer !== undefined, `the memory ${memoryKey(plan)} has come with the plan`);
  if (plan.kind === 'disk') {
    const { name, directory, bytes } = plan;
    return new DiskTier({ worker, name, directory, bytes, board: new DiskBoard(buffer, bytes) });
  }
  assert(plan.kind === 'shared' && client !== null, `a tier is on disk or shared, not ${plan.kind}`);
  const { name, store, prefix, objectBytesMax } = plan;
  return new SharedTier({ worker, name, prefix: store.prefix + prefix, objectBytesMax, client, board: new SharedBoard(buffer) });
}
