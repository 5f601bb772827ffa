import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from './backoff.ts';

test('the ceiling doubles with each retry up to the maximum', () => {
  const ceiling = (retry: number): number => backoffMs(retry, 25, 250, () => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 6, 100].map(ceiling), [25, 50, 100, 200, 250, 250, 250]);
});

test('the wait is anywhere between nothing and the ceiling', () => {
  assert.equal(
    backoffMs(3, 25, 250, () => 0),
    0,
  );
  assert.equal(
    backoffMs(3, 25, 250, () => 0.25),
    25,
  );
});
