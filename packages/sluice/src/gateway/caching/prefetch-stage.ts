/** A cache that can be told to fetch something ahead of need. `cache-stage.ts` is it, and whatever stands before one. */
import type { FilterVerdict, RequestPass, Stage } from '../filters/filter.ts';
import type { CacheStore } from './cache-store.ts';

export interface PrefetchStage extends Stage {
  readonly store: CacheStore;
  /** Fetches what would not be fresh for so long any more. @returns PASS where a fetch has taken the place of the exchange; else there is nothing to do. */
  prefetch(pass: RequestPass, forMs: number): FilterVerdict;
}
