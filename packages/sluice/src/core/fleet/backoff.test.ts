import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffDelay } from './backoff.ts';

const policy = { baseMs: 100, maxMs: 10_000, jitter: 0.5 };

test('doubles from the base up to the maximum', () => {
  const never = (): number => 0;
  assert.deepEqual(
    [1, 2, 3, 4, 7, 8, 100].map((failures) => backoffDelay(policy, failures, never)),
    [100, 200, 400, 800, 6_400, 10_000, 10_000],
  );
});

test('jitter only shortens, by its share at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, draw) => {
      const full = backoffDelay(policy, failures, () => 0);
      const drawn = backoffDelay(policy, failures, () => draw);
      assert.ok(drawn <= full && drawn >= full / 2 - 1, `${drawn} of ${full}`);
    }),
  );
});
