/** What must hold of `caches` beyond their form: the store of a shared tier is there. */
import { type RawConfig, rawField, type Report } from '../raw.ts';
import { suggest } from '../suggest.ts';

export function checkCaches(config: RawConfig, report: Report): void {
  for (const [name, cache] of Object.entries(config.caches)) {
    const store = rawField(rawField(cache, 'shared'), 'store');
    if (typeof store !== 'string' || Object.hasOwn(config.stores, store)) continue;
    report({
      path: ['caches', name, 'shared', 'store'],
      what: `names a store that does not exist: ${JSON.stringify(store)}`,
      suggestion: suggest(store, Object.keys(config.stores)),
    });
  }
}
