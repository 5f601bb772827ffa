import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../base/time.ts';
import { seededRandom } from '../../base/random.ts';
import { type InstanceLoad, Rebalancer } from './rebalance.ts';

const PLAN = { share: 0.05, everyMs: 10_000, above: 1.2 };
const half = (): number => 0.5;
const loads = (...counts: readonly number[]): InstanceLoad[] => counts.map((inflight, endpoint) => ({ endpoint, inflight }));

test('without a scale-out nothing is closed, however uneven it is', () => {
  assert.deepEqual(new Rebalancer().step(PLAN, loads(1_000, 0), instant(0), half), []);
});

test('after one, those above the bound close a share, never more than leads to the mean', () => {
  const rebalancer = new Rebalancer();
  rebalancer.scaledOut(3, instant(0));
  assert.deepEqual(rebalancer.step(PLAN, loads(100, 100, 100), instant(1_000), half), [], 'the new one is not ready yet');
  assert.deepEqual(rebalancer.step(PLAN, loads(100, 100, 100, 0), instant(2_000), half), [
    { endpoint: 0, share: 0.05, spreadMs: 7_000 },
    { endpoint: 1, share: 0.05, spreadMs: 7_000 },
    { endpoint: 2, share: 0.05, spreadMs: 7_000 },
  ]);
  const eager = new Rebalancer();
  eager.scaledOut(1, instant(0));
  assert.deepEqual(eager.step({ ...PLAN, share: 1 }, loads(30, 10), instant(0), half), [{ endpoint: 0, share: 1 / 3, spreadMs: 7_000 }]);
});

test('steps keep everyMs with jitter between them', () => {
  const rebalancer = new Rebalancer();
  rebalancer.scaledOut(1, instant(0));
  const at: number[] = [];
  const random = seededRandom(7);
  for (let second = 0; second < 120; second++)
    if (rebalancer.step(PLAN, loads(100, 0), instant(second * 1_000), random).length > 0) at.push(second);
  const gaps = at.slice(1).map((second, index) => second - at[index]!);
  assert.ok(gaps.length >= 9 && gaps.every((gap) => gap >= 9 && gap <= 11), gaps.join(' '));
});

test('clients that come back to any instance make it even, and then it ends', () => {
  const rebalancer = new Rebalancer();
  const random = seededRandom(1);
  const counts = [500, 500, 0, 0];
  rebalancer.scaledOut(2, instant(0));
  let steps = 0;
  for (let second = 0; second < 900; second++) {
    for (const { endpoint, share } of rebalancer.step(PLAN, loads(...counts), instant(second * 1_000), random)) {
      const moved = Math.max(1, Math.floor(counts[endpoint]! * share));
      counts[endpoint]! -= moved;
      // Least connections: they go where the fewest are.
      for (let each = 0; each < moved; each++) counts[counts.indexOf(Math.min(...counts))]! += 1;
      steps += 1;
    }
  }
  assert.ok(Math.max(...counts) <= 1.2 * 250, counts.join(' '));
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    1_000,
  );
  assert.ok(steps > 10 && steps < 60, String(steps));
  assert.deepEqual(rebalancer.step(PLAN, loads(999, 1, 0, 0), instant(901_000), random), []);
});

test('clients that never come back are not chased for ever', () => {
  const rebalancer = new Rebalancer();
  rebalancer.scaledOut(1, instant(0));
  assert.equal(rebalancer.step(PLAN, loads(100, 0), instant(899_000), half).length, 1);
  assert.deepEqual(rebalancer.step(PLAN, loads(100, 0), instant(950_000), half), []);
});

test('one connection more than the mean is even', () => {
  const rebalancer = new Rebalancer();
  rebalancer.scaledOut(1, instant(0));
  assert.deepEqual(rebalancer.step(PLAN, loads(2, 0), instant(0), half), []);
});
