/** The growth that every backoff shares; each adds a jitter of its own. */

/** 2^30 × 1 ms is twelve days: beyond it any maximum has long applied. */
const DOUBLINGS_MAX = 30;

/** The wait before jitter after `failures` failures in a row (1 for the first): min(maxMs, baseMs × 2^(failures - 1)). */
export function exponentialMs(failures: number, baseMs: number, maxMs: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(failures - 1, 0), DOUBLINGS_MAX));
}
