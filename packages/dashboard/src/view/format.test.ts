import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, duration, errorShare, latency, percent, plural, whole } from './format.ts';

test('where each counts, all figures are told', () => {
  assert.equal(whole(10_003), '10,003');
});

test('counts keep three figures and say thousands and millions', () => {
  const given = [0, 0.01, 0.44, 3, 12.34, 123.4, 1_234, 9_999.6, 12_345, 99_960, 999_600, 12_340_000];
  assert.deepEqual(given.map(count), ['0', '<0.1', '0.4', '3', '12.3', '123', '1,234', '10,000', '12.3k', '100k', '1.0M', '12.3M']);
  assert.deepEqual([count(null), count(undefined), count(Number.NaN)], ['–', '–', '–']);
});

test('latencies pass from milliseconds to seconds', () => {
  assert.deepEqual([0.421, 9.96, 12.34, 99.6, 999.4, 999.6, 1_250, 12_000, null].map(latency), [
    '0.42 ms',
    '10.0 ms',
    '12.3 ms',
    '100 ms',
    '999 ms',
    '1.00 s',
    '1.25 s',
    '12.0 s',
    '–',
  ]);
});

test('shares of errors show small ones, and a dash without requests', () => {
  assert.deepEqual([0, 0.00001, 0.0002, 0.041, 0.37, 1].map(percent), ['0 %', '<0.01 %', '0.02 %', '4.1 %', '37 %', '100 %']);
  assert.equal(errorShare({ rps: 0, errorRps: 0 }), '–');
  assert.equal(errorShare({ rps: 50, errorRps: 1 }), '2.0 %');
});

test('bytes and durations take the unit that fits', () => {
  assert.deepEqual([0, 999, 1_024, 240_000_000].map(bytes), ['0 B', '999 B', '1.0 KiB', '229 MiB']);
  assert.deepEqual([3, 99, 100, 5_999, 6_000, 11_520, 172_800, 792_000].map(duration), [
    '3 s',
    '99 s',
    '1 min',
    '99 min',
    '1 h 40 min',
    '3 h 12 min',
    '2 d',
    '9 d 4 h',
  ]);
});

test('one is not many', () => {
  assert.deepEqual(
    [plural(1, 'endpoint'), plural(2, 'endpoint'), plural(0, 'entry', 'entries')],
    ['1 endpoint', '2 endpoints', '0 entries'],
  );
});
