/** What the admin API needs of caches: the control plane plugs in here. */
import type { PurgeOrder } from '../core/caching/purge-order.ts';

export interface CacheBackend {
  /** What runs now, a cache each. */
  status(): readonly AdminCacheStatus[];
  /** Resolves when it holds on this node, and others have been told. */
  purge(order: PurgeOrder): Promise<readonly { readonly cache: string; readonly entries: number }[]>;
}

export interface AdminCacheStatus {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
  readonly capacityBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly insertions: number;
  readonly evictions: number;
}
