import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert, double, property } from 'fast-check';
import { BUCKET_BOUNDS_MS, BUCKET_COUNT, bucketOf, percentile, percentiles, sampleCount } from './histogram.ts';

function countsOf(durations: readonly number[]): Float64Array {
  const counts = new Float64Array(BUCKET_COUNT);
  for (const duration of durations) counts[bucketOf(duration)]!++;
  return counts;
}

test('bounds rise, from 100 µs to 60 s', () => {
  equal(BUCKET_BOUNDS_MS[0], 0.1);
  equal(BUCKET_BOUNDS_MS.at(-1), 60_000);
  deepEqual(
    BUCKET_BOUNDS_MS,
    BUCKET_BOUNDS_MS.toSorted((left, right) => left - right),
  );
});

test('a duration falls into the first bucket whose bound it does not exceed', () => {
  assert(
    property(double({ min: 0, max: 120_000, noNaN: true }), (duration) => {
      const expected = BUCKET_BOUNDS_MS.findIndex((bound) => duration <= bound);
      equal(bucketOf(duration), expected < 0 ? BUCKET_BOUNDS_MS.length : expected);
    }),
    { numRuns: 5_000 },
  );
});

test('a bound itself belongs to its bucket, the next number above it does not', () => {
  BUCKET_BOUNDS_MS.forEach((bound, bucket) => {
    equal(bucketOf(bound), bucket);
    equal(bucketOf(bound * (1 + Number.EPSILON)), bucket + 1);
  });
});

test('what is no duration counts as the shortest or the longest, never outside', () => {
  equal(bucketOf(-1), 0);
  equal(bucketOf(Number.NaN), 0);
  equal(bucketOf(Number.POSITIVE_INFINITY), BUCKET_COUNT - 1);
  equal(bucketOf(Number.MAX_SAFE_INTEGER), BUCKET_COUNT - 1);
});

test('percentiles of evenly spread durations are within 5 % of the exact ones', () => {
  const counts = countsOf(Array.from({ length: 10_000 }, (_, index) => (index + 1) / 10));
  for (const share of [0.25, 0.5, 0.9, 0.95, 0.99]) {
    const found = percentile(counts, share)!;
    ok(Math.abs(found - share * 1_000) <= 50, `p${share * 100} is ${found}`);
  }
});

test('percentiles interpolate as histogram_quantile does', () => {
  const counts = new Float64Array(BUCKET_COUNT);
  counts[bucketOf(1.2)] = 10; // between 1 and 1.6 ms
  equal(percentile(counts, 0.5), 1.3);
  equal(percentile(counts, 1), 1.6);
});

test('percentiles of nothing are null, and above the last bound they are that bound', () => {
  equal(percentile(new Float64Array(BUCKET_COUNT), 0.5), null);
  equal(percentile(countsOf([90_000]), 0.5), 60_000);
});

test('counts may lie inside a longer row', () => {
  const row = new Float64Array(BUCKET_COUNT + 5);
  row[5 + bucketOf(10)] = 4;
  equal(sampleCount(row, 5), 4);
  equal(percentile(row, 1, 5), 10);
});

test('several percentiles in one pass are what each is alone', () => {
  const durations = array(double({ min: 0, max: 90_000, noNaN: true }), { maxLength: 40 });
  assert(
    property(durations, (some) => {
      const counts = countsOf(some);
      const found = new Float64Array(3);
      const alone = [0.5, 0.95, 0.99].map((share) => percentile(counts, share));
      equal(percentiles(counts, [0.5, 0.95, 0.99], found), some.length > 0);
      if (some.length > 0) deepEqual([...found], alone);
    }),
  );
});
