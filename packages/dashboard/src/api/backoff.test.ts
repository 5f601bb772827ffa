import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from './backoff.ts';

test('waits double from half a second up to ten', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, 1)),
    [500, 1000, 2000, 4000, 8000, 10_000, 10_000],
  );
});

test('are spread over their upper half, and never below half a second', () => {
  assert.equal(backoffMs(0, 0), 500);
  assert.equal(backoffMs(5, 0), 5000);
  assert.equal(backoffMs(5, 0.5), 7500);
});
