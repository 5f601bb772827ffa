/** A fetch under way, as those see it who wait for it. `fetch.ts` is it. */
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { Spill } from './spill.ts';

/** What those who waited do. `look`: at the cache, again. `alone`: fetch, each for itself. `stale`: take what is kept, nothing better is to be had. `answer`: say the same. */
export type Settlement =
  | { readonly kind: 'look' | 'alone' | 'stale' }
  | { readonly kind: 'answer'; readonly answer: OwnAnswer; readonly outcome: Exchange['outcome'] };

/** Somebody who waits for a fetch to show what comes of it. `waiter.ts` is it. */
export interface FetchFollower {
  settled(how: Settlement): void;
}

/** Somebody who sends on what comes. `entry-source.ts` is it. */
export interface FetchReader {
  /** It has not sent all that it is to send. */
  readonly isReading: boolean;
  /** It sends the whole entry, whatever that will be. */
  readonly isWhole: boolean;
  /** There may be more. */
  pump(): void;
  /** There will be no more of the entry; the rest of its content comes from there. */
  goOnWith(spill: Spill): void;
  /** There will be no more. */
  fail(failure: UpstreamFailure): void;
}

export interface RunningFetch {
  /** Nobody knows yet what comes of it. */
  readonly isUndecided: boolean;
  /** Tells it what comes of the fetch, at once where that is known. */
  follow(follower: FetchFollower): void;
  unfollow(follower: FetchFollower): void;
  /** Whether this entry grows by this fetch. */
  fills(entry: MemoryEntry): boolean;
  /** Calls its `pump` whenever there is more. */
  addReader(reader: FetchReader): void;
}
