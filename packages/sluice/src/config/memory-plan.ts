/** Memory that all workers share, besides tables that are always there: what filters cache and count. Part of the Plan (`plan.ts`). */
import type { EvictionName } from '../core/caching/eviction/policy.ts';
import type { StorePlan } from './cache-store-plan.ts';

export type MemoryPlan =
  /** The memory tier of a cache. Another size or policy is another, empty one. */
  | {
      readonly kind: 'cache';
      /** Of the store in the configuration. */
      readonly name: string;
      readonly bytes: number;
      readonly objectBytesMax: number;
      readonly eviction: EvictionName;
    }
  /** What the threads know together of a cache's disk. Another directory or size is another one. */
  | { readonly kind: 'disk'; readonly name: string; readonly directory: string; readonly bytes: number }
  /** What they know of the purges of all nodes, where a cache has a tier that those share. */
  | { readonly kind: 'shared'; readonly name: string; readonly store: StorePlan; readonly prefix: string; readonly objectBytesMax: number }
  /** Which pushed files of a cache are to be seen. Another memory is another, empty one. */
  | {
      readonly kind: 'pushed';
      readonly name: string;
      readonly bytes: number;
      readonly objectBytesMax: number;
      readonly eviction: EvictionName;
    }
  /** What rate limits count. */
  | { readonly kind: 'limits'; readonly name: 'limits'; readonly keys: number };

/** Its name among all. */
export function memoryKey({ kind, name }: { readonly kind: MemoryPlan['kind']; readonly name: string }): string {
  return kind === 'limits' ? 'limits' : `${kind} ${name}`;
}
