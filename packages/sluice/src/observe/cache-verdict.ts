/**
 * What the cache did with a request, in the words of metrics, access log and status. Hits are told apart by where the reply lay: hot in memory, warm on disk or in the store that nodes
 * share.
 */
export const CACHE_VERDICTS = [
  'hit-memory',
  'hit-disk',
  'hit-shared',
  /** Stale, while somebody fetches a new one (RFC 5861 §3). */
  'stale-while-revalidate',
  /** Stale, because there was nothing better (RFC 5861 §4). */
  'stale-if-error',
  /** The origin said that it is still good (304). */
  'revalidated',
  /** Served from the fetch that another request had begun. */
  'collapsed',
  'miss',
  /** Known not to be cacheable: nobody waits for anybody. */
  'pass',
  /** Not a request that a cache answers: its method, its body, its cookies, or a rule of the route. */
  'bypass',
] as const;
export type CacheVerdict = (typeof CACHE_VERDICTS)[number];
