/** Compiles filters: those of all routes, then a route's own; a route's own filter of a kind stands in place of the common one. */
import type { FilterPlan } from './filter-plan.ts';
import type { CacheStorePlan, MemoryPlan, RoutePlan, StorePlan } from './plan.ts';
import { cacheStoreSchema } from './schema/cache-store.ts';
import type { ValidConfig } from './schema/config.ts';

/** There without being written. */
export const DEFAULT_CACHE = 'default';
const DEFAULT_STORE = cacheStoreSchema.parse({});

/** The filters of a route. @param route Its place in the configuration, by which functions are found again. */
export function routeFilters(common: readonly FilterPlan[], own: readonly FilterPlan[], route: number): readonly FilterPlan[] {
  const kinds = new Set(own.map(({ kind }) => kind));
  const kept = common.filter(({ kind }) => kind === 'custom' || !kinds.has(kind));
  const mine = own.map((filter, index) => placed(filter, ['routes', route, 'filters', index]));
  return kept.length === 0 ? mine : [...kept.map((filter) => placed(filter, ['filters', common.indexOf(filter)])), ...mine];
}

/** A function is found again by its place. */
function placed(filter: FilterPlan, key: readonly (string | number)[]): FilterPlan {
  if (filter.kind !== 'custom' || filter.options.source.kind !== 'config') return filter;
  return { kind: 'custom', options: { ...filter.options, source: { ...filter.options.source, key } } };
}

/** The caches of a configuration; the default one is there whether it is written or not. */
export function compileCaches(config: ValidConfig): readonly CacheStorePlan[] {
  const names = new Set([DEFAULT_CACHE, ...Object.keys(config.caches)]);
  return [...names].map((name) => {
    const { memory, objectMax, disk, shared } = cacheOf(config, name);
    return {
      name,
      memoryBytes: memory,
      objectBytesMax: objectMax,
      disk: disk === null ? null : { directory: disk.path, bytes: disk.size },
      shared: shared === null ? null : { store: shared.store, prefix: shared.prefix, objectBytesMax: shared.objectMax },
    };
  });
}

function cacheOf(config: ValidConfig, name: string): ValidConfig['caches'][string] {
  return config.caches[name] ?? DEFAULT_STORE;
}

export function compileStore(name: string, store: ValidConfig['stores'][string]): StorePlan {
  const { url, connectTimeout, commandTimeout, prefix } = store;
  return { name, url, connectTimeoutMs: connectTimeout, commandTimeoutMs: commandTimeout, prefix };
}

/** Of one cache: its memory tier, and what threads share about the others. */
function cacheMemories(config: ValidConfig, name: string): readonly MemoryPlan[] {
  const { memory, objectMax, eviction, disk, shared } = cacheOf(config, name);
  const memories: MemoryPlan[] = [{ kind: 'cache', name, bytes: memory, objectBytesMax: objectMax, eviction }];
  if (disk !== null) memories.push({ kind: 'disk', name, directory: disk.path, bytes: disk.size });
  const store = shared === null ? undefined : config.stores[shared.store];
  if (shared !== null && store !== undefined)
    memories.push({
      kind: 'shared',
      name,
      store: compileStore(shared.store, store),
      prefix: shared.prefix,
      objectBytesMax: shared.objectMax,
    });
  return memories;
}

function pushedMemory(config: ValidConfig, name: string): MemoryPlan {
  const { memory, objectMax, eviction } = cacheOf(config, name);
  return { kind: 'pushed', name, bytes: memory, objectBytesMax: objectMax, eviction };
}

/** The memory that the filters of these routes need. */
export function compileMemories(config: ValidConfig, routes: readonly RoutePlan[]): readonly MemoryPlan[] {
  const filters = routes.flatMap((route) => route.filters);
  const stores = new Set(filters.flatMap((filter) => (filter.kind === 'cache' ? [filter.options.store] : [])));
  const memories: MemoryPlan[] = [...stores].flatMap((name) => cacheMemories(config, name));
  const pushed = new Set(filters.flatMap((filter) => (filter.kind === 'cache' && filter.options.isPushed ? [filter.options.store] : [])));
  for (const name of pushed) memories.push(pushedMemory(config, name));
  if (filters.some(({ kind }) => kind === 'rateLimit')) memories.push({ kind: 'limits', name: 'limits', keys: config.rateLimitKeys });
  return memories;
}
