/**
 * Exponential backoff with full jitter: a uniformly random wait below min(max, base × 2^(retry - 1)). Of the usual jitters it spreads a crowd
 * of retries best for the same total work (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
import { exponentialMs } from '../../base/exponential.ts';
import type { Random } from '../../base/random.ts';

/**
 * The wait before a retry, in milliseconds.
 * @param retry 1 for the first retry.
 */
export function backoffMs(retry: number, baseMs: number, maxMs: number, random: Random): number {
  return exponentialMs(retry, baseMs, maxMs) * random();
}
