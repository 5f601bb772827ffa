import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployRoom } from './amount.ts';
import type { Amount, DeployPlan } from './deploy-policy.ts';

const share = (amount: number): Amount => ({ by: 'share', amount });
const count = (amount: number): Amount => ({ by: 'count', amount });

function room(maxSurge: Amount, maxUnavailable: Amount, wanted: number): readonly [number, number] {
  const { surge, unavailable } = deployRoom({ maxSurge, maxUnavailable } as DeployPlan, wanted);
  return [surge, unavailable];
}

test('surge rounds up, unavailable down', () => {
  assert.deepEqual(room(share(0.25), share(0.25), 10), [3, 2]);
  assert.deepEqual(room(share(0.1), share(0.1), 30), [3, 3], 'whatever floating point makes of 0.1 × 30');
  assert.deepEqual(room(count(2), count(1), 10), [2, 1]);
});

test('both zero is a surge of one, and no more can be unavailable than there are', () => {
  assert.deepEqual(room(count(0), count(0), 4), [1, 0]);
  assert.deepEqual(room(share(0), share(0.25), 3), [1, 0]);
  assert.deepEqual(room(count(0), count(9), 3), [0, 3]);
});
