/** Caches for tests of the admin API: keeps the orders that it was given. */
import type { CacheBackend } from '../../src/admin/cache-backend.ts';
import type { PurgeOrder } from '../../src/core/caching/purge-order.ts';

export class FakeCaches implements CacheBackend {
  readonly orders: PurgeOrder[] = [];

  status(): ReturnType<CacheBackend['status']> {
    return [{ name: 'default', entries: 3, bytes: 4_096, capacityBytes: 1_048_576, hits: 5, misses: 2, insertions: 3, evictions: 0 }];
  }

  top(cache: string, limit: number): ReturnType<CacheBackend['top']> {
    if (cache !== 'default') return null;
    const kept = { isVariant: false, status: 200, bytes: 1_024, freshUntil: 60_000, isPurged: false };
    return [7, 3, 1].map((hits) => ({ url: `https://a.example/${hits}`, hits, ...kept })).slice(0, limit);
  }

  pushes(): null {
    return null;
  }

  purge(order: PurgeOrder): ReturnType<CacheBackend['purge']> {
    this.orders.push(order);
    return Promise.resolve([{ cache: 'default', entries: order.target.kind === 'tag' ? -1 : 1 }]);
  }
}
