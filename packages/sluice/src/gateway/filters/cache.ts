/** `cache`: see `caching/cache-stage.ts`. One store of each name per worker, over plans. */
import { memoryKey } from '../../config/memory-plan.ts';
import { CacheKeys } from '../caching/cache-key.ts';
import { CacheRules } from '../caching/cache-rules.ts';
import { CacheStage } from '../caching/cache-stage.ts';
import { CacheStore } from '../caching/cache-store.ts';
import { cacheTiers } from '../caching/cache-tiers.ts';
import type { PrefetchStage } from '../caching/prefetch-stage.ts';
import { Prerenderer } from '../caching/prerenderer.ts';
import { PushedFiles } from '../caching/pushed-files.ts';
import { Shield } from '../caching/shield.ts';
import { ShieldedCache } from '../caching/shielded-cache.ts';
import { PushBoard } from '../../core/caching/push-board.ts';
import { assert } from '../../base/assert.ts';
import type { FilterContext, FilterModule } from './filter.ts';

export const filter: FilterModule<'cache'> = {
  create(options, context) {
    const { worker, shared } = context;
    const plan = worker.plan.memories.find((memory) => memory.kind === 'cache' && memory.name === options.store);
    assert(plan?.kind === 'cache', `the plan has memory for the cache ${options.store}`);
    const buffer = shared.memories[memoryKey(plan)];
    assert(buffer !== undefined, `the memory of the cache ${options.store} has come with the plan`);
    const { name, bytes, objectBytesMax, eviction } = plan;
    const tiers = cacheTiers(name, worker, shared);
    const form = `cache ${name} ${bytes} ${objectBytesMax} ${eviction} ${tiers.form}`;
    const store = shared.get(form, () => new CacheStore({ worker, name, objectBytesMax, buffer, tiers: tiers.make() }));
    const rules = new CacheRules(options);
    const stage = answering(context, store, rules);
    if (!options.isPushed) return stage;
    const pushed = shared.memories[memoryKey({ kind: 'pushed', name })];
    assert(pushed !== undefined, `the memory of what is pushed into ${name} has come with the plan`);
    const keys = new CacheKeys(rules, context.route.name);
    return new PushedFiles({ board: new PushBoard(pushed), store, rules, keys, random: worker.random, next: stage });
  },
  run: ({ prerender }, context) => (prerender === null ? null : new Prerenderer(context, prerender)),
};

/** The cache itself. */
function answering(context: FilterContext, store: CacheStore, rules: CacheRules): PrefetchStage {
  const { worker, route } = context;
  const { shield } = rules.plan;
  if (shield !== null) return new ShieldedCache(context, store, rules, new Shield(worker, route.name, shield));
  return new CacheStage(context, store, rules, new CacheKeys(rules, route.name));
}
