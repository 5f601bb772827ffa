import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readH2load } from './h2load.ts';

const TEXT = `finished in 2.00s, 44480.00 req/s, 5.18MB/s
requests: 88960 total, 89024 started, 88960 done, 88957 succeeded, 3 failed, 1 errored, 0 timeout
status codes: 88957 2xx, 0 3xx, 0 4xx, 3 5xx
traffic: 10.35MB (10853860) total, 435.03KB (445468) headers (space savings 94.94%), 8.40MB (8807040) data
                     min         max         mean         sd        +/- sd
time for request:      431us     17.75ms       787us       806us    95.11%
`;

test('requests, rate, mean time and failures are read', () => {
  assert.deepEqual(readH2load(TEXT), { requests: 88957, requestsPerSecond: 44480, meanMs: 0.787, failures: 7 });
});

test('a mean in milliseconds or seconds is read as such', () => {
  assert.equal(readH2load(TEXT.replace('787us', '1.39ms'))?.meanMs, 1.39);
  assert.equal(readH2load(TEXT.replace('787us', '1.5s'))?.meanMs, 1500);
});

test('a run without a summary is no result', () => {
  assert.equal(readH2load('client could not connect to host'), null);
});
