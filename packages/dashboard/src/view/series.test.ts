import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rate, TrafficSeries } from '../api/types.ts';
import { columnsOf, extendSeries } from './series.ts';

const RATE: Rate = { rps: 9, errorRps: 1, p50Ms: 2, p95Ms: 3, p99Ms: 4, inflight: 5, bytesInPerSecond: 0, bytesOutPerSecond: 0 };
const SERIES: TrafficSeries = { at: [100, 101, 102], stepSeconds: 1, values: { rps: [1, 2, 3], wanted: [4, 4, 5] } };

test('a snapshot becomes the next step, and what is older than the window goes', () => {
  const next = extendSeries(SERIES, RATE, { wanted: 6 }, 103_400, 3);
  assert.deepEqual(next, { at: [101, 102, 103], stepSeconds: 1, values: { rps: [2, 3, 9], wanted: [4, 5, 6] } });
});

test('a snapshot within the last step changes nothing', () => {
  assert.equal(extendSeries(SERIES, RATE, {}, 102_900, 300), SERIES);
  assert.equal(extendSeries({ ...SERIES, stepSeconds: 10 }, RATE, {}, 111_900, 300).at.length, 3);
});

test('after a long pause only the new step is left', () => {
  assert.deepEqual(extendSeries(SERIES, RATE, {}, 900_000, 300).at, [900]);
});

test('a column that is not there is empty', () => {
  assert.deepEqual(columnsOf(SERIES, ['rps', 'cpu']), [
    [100, 101, 102],
    [1, 2, 3],
    [null, null, null],
  ]);
});
