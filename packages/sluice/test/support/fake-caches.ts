/** Caches for tests of the admin API: keeps the orders that it was given. */
import type { CacheBackend } from '../../src/admin/cache-backend.ts';
import type { PurgeOrder } from '../../src/core/caching/purge-order.ts';

export class FakeCaches implements CacheBackend {
  readonly orders: PurgeOrder[] = [];

  status(): ReturnType<CacheBackend['status']> {
    return [{ name: 'default', entries: 3, bytes: 4_096, capacityBytes: 1_048_576, hits: 5, misses: 2, insertions: 3, evictions: 0 }];
  }

  pushes(): null {
    return null;
  }

  purge(order: PurgeOrder): ReturnType<CacheBackend['purge']> {
    this.orders.push(order);
    return Promise.resolve([{ cache: 'default', entries: order.target.kind === 'tag' ? -1 : 1 }]);
  }
}
