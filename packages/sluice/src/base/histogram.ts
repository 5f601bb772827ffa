/**
 * Latency buckets: five to a decade (the preferred numbers of ISO 3, series R5) from 100 µs to 60 s, so that bounds are figures that
 * people set goals by (100 ms, 250 ms, 1 s) and neighbours differ by a factor of 1.6. Finding a bucket costs about 2 ns: the position
 * of the highest bit of the microseconds gives a starting bucket, from which at most two comparisons lead to the right one.
 * Percentiles interpolate inside a bucket as Prometheus' `histogram_quantile` does; the error is below half a bucket for smooth data.
 */

/** Upper bounds in milliseconds, inclusive (Prometheus' `le`). Above the last one lies one more bucket. */
export const BUCKET_BOUNDS_MS: readonly number[] = [
  0.1, 0.16, 0.25, 0.4, 0.63, 1, 1.6, 2.5, 4, 6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630, 1_000, 1_600, 2_500, 4_000, 6_300, 10_000,
  16_000, 25_000, 40_000, 60_000,
];

/** Buckets, the one without an upper bound included. */
export const BUCKET_COUNT: number = BUCKET_BOUNDS_MS.length + 1;

const BOUNDS = Float64Array.from(BUCKET_BOUNDS_MS);
const LAST_BOUND_MS = 60_000;
const OVERFLOW = BUCKET_COUNT - 1;
/** Of one percentile. */
const SHARE = new Float64Array(1);
const FOUND = new Float64Array(1);

/** By the bit length of the microseconds: the first bucket that can hold them. */
const FIRST_BUCKET = Uint8Array.from({ length: 33 }, (_, bits) => {
  const leastMs = bits === 0 ? 0 : 2 ** (bits - 1) / 1_000;
  const bucket = BUCKET_BOUNDS_MS.findIndex((bound) => leastMs <= bound);
  return bucket < 0 ? OVERFLOW : bucket;
});

/** The bucket of a duration. Negative and NaN durations (a clock that went wrong) count as 0. */
export function bucketOf(durationMs: number): number {
  if (durationMs > LAST_BOUND_MS) return OVERFLOW;
  let bucket = FIRST_BUCKET[32 - Math.clz32(durationMs > 0 ? (durationMs * 1_000) | 0 : 0)]!;
  while (durationMs > BOUNDS[bucket]!) bucket++;
  return bucket;
}

/**
 * The duration in milliseconds below which a share of the samples lies.
 * @param counts One count per bucket, starting at `offset`.
 * @param share 0..1, for example 0.99.
 * @returns null without samples; the last bound when the answer lies above it.
 */
export function percentile(counts: ArrayLike<number>, share: number, offset = 0): number | null {
  SHARE[0] = Math.min(Math.max(share, 0), 1);
  return percentiles(counts, SHARE, FOUND, offset) ? FOUND[0]! : null;
}

/**
 * Several of them in one pass.
 * @param shares 0..1, rising.
 * @param into As many durations as shares; left as it is when there are no samples.
 * @returns Whether there are samples.
 */
export function percentiles(counts: ArrayLike<number>, shares: ArrayLike<number>, into: Float64Array, offset = 0): boolean {
  const total = sampleCount(counts, offset);
  if (total <= 0) return false;
  let next = 0;
  let below = 0;
  for (let bucket = 0; bucket < OVERFLOW && next < shares.length; bucket++) {
    const count = counts[offset + bucket] ?? 0;
    if (count <= 0) continue;
    const lower = bucket === 0 ? 0 : BOUNDS[bucket - 1]!;
    for (; next < shares.length && below + count >= shares[next]! * total; next++)
      into[next] = lower + (BOUNDS[bucket]! - lower) * ((shares[next]! * total - below) / count);
    below += count;
  }
  for (; next < shares.length; next++) into[next] = LAST_BOUND_MS;
  return true;
}

/** Samples in all buckets together. */
export function sampleCount(counts: ArrayLike<number>, offset = 0): number {
  let total = 0;
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) total += counts[offset + bucket] ?? 0;
  return total;
}
