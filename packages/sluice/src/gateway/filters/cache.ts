/** `cache`: see `caching/cache-stage.ts`. One store of each name per worker, over plans. */
import { memoryKey } from '../../config/memory-plan.ts';
import { CacheRules } from '../caching/cache-rules.ts';
import { CacheStage } from '../caching/cache-stage.ts';
import { CacheStore } from '../caching/cache-store.ts';
import { assert } from '../../base/assert.ts';
import type { FilterModule } from './filter.ts';

export const filter: FilterModule<'cache'> = {
  create(options, context) {
    const { worker, shared } = context;
    const plan = worker.plan.memories.find((memory) => memory.kind === 'cache' && memory.name === options.store);
    assert(plan?.kind === 'cache', `the plan has memory for the cache ${options.store}`);
    const buffer = shared.memories[memoryKey(plan)];
    assert(buffer !== undefined, `the memory of the cache ${options.store} has come with the plan`);
    const form = `cache ${options.store} ${plan.bytes} ${plan.objectBytesMax} ${plan.eviction}`;
    const store = shared.get(form, () => new CacheStore({ worker, name: options.store, objectBytesMax: plan.objectBytesMax, buffer, tiers: [] }));
    return new CacheStage(context, store, new CacheRules(options));
  },
};
