/** Memory that all workers share, besides tables that are always there: what filters cache and count. Part of the Plan (`plan.ts`). */
import type { EvictionName } from '../core/caching/eviction/policy.ts';

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
  /** What rate limits count. */
  | { readonly kind: 'limits'; readonly name: 'limits'; readonly keys: number };

/** Its name among all. */
export function memoryKey({ kind, name }: Pick<MemoryPlan, 'kind' | 'name'>): string {
  return kind === 'limits' ? 'limits' : `cache ${name}`;
}
