/**
 * Exponential backoff with full jitter: a uniformly random wait below min(max, base × 2^(retry - 1)). Of the usual jitters it spreads a crowd
 * of retries best for the same total work (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
import type { Random } from '../../base/random.ts';

/**
 * The wait before a retry, in milliseconds.
 * @param retry 1 for the first retry.
 */
export function backoffMs(retry: number, baseMs: number, maxMs: number, random: Random): number {
  // 2^30 × 1 ms is twelve days: beyond it the maximum has long applied, and a shift would overflow.
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(retry - 1, 30));
  return ceilingMs * random();
}
