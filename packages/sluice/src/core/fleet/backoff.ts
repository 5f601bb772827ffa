/**
 * How long to wait before the next try: exponential, capped, with jitter, so that what failed together does not come back together.
 * Source: "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015), "equal jitter" with a configurable share.
 */
import { exponentialMs } from '../../base/exponential.ts';
import type { Random } from '../../base/random.ts';

export interface BackoffPolicy {
  /** The first wait. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
  /** Share 0..1 of each wait that is random. */
  readonly jitter: number;
}

/**
 * The wait after `failures` failures in a row.
 * @param failures 1 for the first.
 * @returns Milliseconds in [(1 - jitter) × d, d], with d = min(maxMs, baseMs × 2^(failures - 1)).
 */
export function backoffDelay(policy: BackoffPolicy, failures: number, random: Random): number {
  const full = exponentialMs(failures, policy.baseMs, policy.maxMs);
  return Math.round(full * (1 - policy.jitter * random()));
}
