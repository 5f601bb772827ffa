import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheLines } from './cache-status.ts';

test('a line for each cache, with the share of hits', () => {
  const cache = {
    name: 'default',
    entries: 3,
    bytes: 1_572_864,
    capacityBytes: 134_217_728,
    hits: 3,
    misses: 1,
    insertions: 4,
    evictions: 0,
  };
  assert.deepEqual(cacheLines([cache, { ...cache, name: 'images', hits: 0, misses: 0 }], 120), [
    'CACHE    REPLIES            MEMORY  HIT RATIO  HITS  MISSES  STORED  EVICTED',
    'default        3  1.5 of 128.0 MiB      75.0%     3       1       4        0',
    'images         3  1.5 of 128.0 MiB          -     0       0       4        0',
  ]);
});

test('without caches it says so', () => {
  assert.deepEqual(cacheLines([], 80), ['no cache is in use']);
});
