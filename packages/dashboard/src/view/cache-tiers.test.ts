import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheStatus, TrafficSnapshot } from '../api/types.ts';
import { hitRatio, hitRatioOf, readVerdicts, tierRows } from './cache-tiers.ts';

const MEMORY = { name: 'default', entries: 2, bytes: 10, capacityBytes: 100, hits: 3, misses: 1, insertions: 2, evictions: 0 };

test('a cache has a row for each tier that it has', () => {
  assert.deepEqual(
    tierRows({ ...MEMORY, disk: null, shared: null }).map(({ tier }) => tier),
    ['memory'],
  );
  const disk = { state: 'on', hits: 5, writes: 6, entries: 7, bytes: 8, capacityBytes: 9, evictions: 1 };
  const shared = { state: 'up', hits: 1, misses: 3, writes: 2, errors: 0 };
  const cache: CacheStatus = { ...MEMORY, disk, shared };
  const rows = tierRows(cache);
  assert.deepEqual(
    rows.map(({ tier, state, entries, misses, writes }) => [tier, state, entries, misses, writes]),
    [
      ['memory', 'on', 2, 1, 2],
      ['disk', 'on', 7, null, 6],
      ['shared', 'up', null, 3, 2],
    ],
  );
  assert.deepEqual(rows.map(hitRatio), [0.75, null, 0.25]);
});

test('no look-up is no hit ratio', () => {
  assert.equal(hitRatio({ hits: 0, misses: 0 }), null);
});

test('the ratio of all routes counts each by its requests, and only those with a cache', () => {
  const routes = { a: { rps: 30, hitRatio: 1 }, b: { rps: 10, hitRatio: 0 }, c: { rps: 1_000, hitRatio: null } };
  assert.equal(hitRatioOf({ routes } as unknown as TrafficSnapshot), 0.75);
  assert.equal(hitRatioOf({ routes: {} } as unknown as TrafficSnapshot), null);
});

test('verdicts are read out of the metrics, names with quotes and lines in them, too', () => {
  const metrics = [
    '# TYPE sluice_route_cache_requests_total counter',
    'sluice_route_cache_requests_total{route="assets",verdict="hit-memory"} 864',
    'sluice_route_cache_requests_total{route="assets",verdict="miss"} 2',
    String.raw`sluice_route_cache_requests_total{route="a\"b\\c\nd",verdict="pass"} 1`,
    'sluice_route_cache_bytes_total{route="assets"} 18576',
  ].join('\n');
  assert.deepEqual(
    readVerdicts(metrics).map(({ route, counts }) => [route, ...counts]),
    [
      ['assets', ['hit-memory', 864], ['miss', 2]],
      ['a"b\\c\nd', ['pass', 1]],
    ],
  );
});
