import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from '../../base/time.ts';
import { nextFetchMs } from './staple.ts';

const HOUR_MS = 3_600_000;
const at = (hours: number) => timestamp(1_700_000_000_000 + hours * HOUR_MS);
const pause = (life: [number, number | null] | null, now: number, failures = 0): number =>
  nextFetchMs(
    {
      staple: life === null ? null : { thisUpdate: at(life[0]), nextUpdate: life[1] === null ? null : at(life[1]) },
      failures,
      now: at(now),
    },
    () => 0,
  ) / HOUR_MS;

test('an answer is fetched again at half of its life', () => {
  assert.equal(pause([0, 10], 1), 4);
  assert.equal(pause([0, 10], 9), 1 / 12);
  assert.equal(pause([0, 168], 1), 12, 'clocks are set, machines are suspended');
  assert.equal(pause([0, null], 1), 1);
});

test('after failures at once, then slower, and a little earlier at random', () => {
  assert.deepEqual(
    [1, 2, 3, 20].map((failures) => pause([0, 10], 1, failures) * 3_600),
    [30, 60, 120, 3_600],
  );
  assert.equal(
    nextFetchMs({ staple: null, failures: 0, now: at(0) }, () => 0.5),
    0.95 * HOUR_MS,
  );
});
