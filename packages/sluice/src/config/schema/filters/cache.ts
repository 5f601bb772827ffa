/** How `cache` is written. */
import type { CachePlan } from '../../filters/cache-plan.ts';
import { section } from '../section.ts';

export const cacheSchema = section('an object', {})
  .transform((): CachePlan => ({}) as CachePlan)
  .meta({ id: 'CacheFilter', title: 'Cache', description: '' });
