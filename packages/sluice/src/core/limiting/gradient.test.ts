import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GradientState, startGradient, stepGradient } from './gradient.ts';

const RULES = { initial: 20, min: 5, max: 200 };

function run(state: GradientState, count: number, rttMs: (limit: number) => number, usage = 1): GradientState {
  for (let step = 0; step < count; step++) state = stepGradient(state, RULES, rttMs(state.limit), Math.floor(state.limit * usage));
  return state;
}

test('while response times are steady and the limit is used, it grows to the maximum', () => {
  assert.equal(run(startGradient(RULES), 500, () => 10).limit, 200);
});

test('an unused limit does not move', () => {
  assert.equal(run(startGradient(RULES), 100, () => 10, 0.4).limit, 20);
});

test('it finds the knee of a service that queues above 50 at once', () => {
  // Little: 50 at once at 10 ms each; beyond, each waits in proportion.
  const state = run(startGradient(RULES), 300, (limit) => 10 * Math.max(1, limit / 50));
  assert(state.limit > 50 && state.limit < 130, `1.5 × 50 and the standing queue of 4 / 0.2, got ${state.limit}`);
});

test('a sudden slowdown brings it down by at most a tenth per step, and not below the minimum', () => {
  const steady = run(startGradient(RULES), 500, () => 10);
  const slowed = stepGradient(steady, RULES, 1_000, 200);
  assert.equal(slowed.limit, 200 * 0.9 + 0.8);
  assert(run(slowed, 100, () => 1_000_000).limit >= 5);
});

test('the long average comes down fast after an overload', () => {
  const loaded = run(startGradient(RULES), 100, () => 500);
  assert.equal(Math.round(loaded.longRttMs), 500);
  assert(run(loaded, 40, () => 10).longRttMs < 60);
});

test('the initial limit is held within its bounds', () => {
  assert.equal(startGradient({ initial: 1_000, min: 5, max: 200 }).limit, 200);
});
