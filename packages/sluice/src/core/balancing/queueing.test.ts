import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Algorithm } from './algorithm.ts';
import { simulateQueues } from './queue-model.ts';
import type { Scenario } from './queue-model.ts';

const BLIND: readonly Algorithm[] = ['random', 'round-robin', 'smooth-wrr'];
const SEEING: readonly Algorithm[] = ['p2c', 'least-connections', 'least-response-time', 'peak-ewma', 'prequal'];

/** A tenth of the requests is 2.5 times what the slow server can do; all together can do twice what is asked. */
const ONE_SLOW: Scenario = { gateways: 1, servers: 10, workersPerServer: 1, slow: 1, slowFactor: 5, load: 0.54, requests: 20_000 };

for (const seed of [1, 2, 3]) {
  test(`who looks at load beats who does not when one endpoint is slow (seed ${seed})`, () => {
    const blind = BLIND.map((algorithm) => simulateQueues(algorithm, ONE_SLOW, seed).p99);
    for (const algorithm of SEEING) {
      const { p99, slowShare } = simulateQueues(algorithm, ONE_SLOW, seed);
      assert.ok(
        p99 * 5 < Math.min(...blind),
        `${algorithm}: p99 ${p99.toFixed(1)} against ${blind.map((each) => each.toFixed(1)).join(', ')}`,
      );
      assert.ok(slowShare < 0.05, `${algorithm}: ${(slowShare * 100).toFixed(1)} % to the slow one`);
    }
  });
}

test('one gateway: the fewest of all is better than the fewer of two, and that than chance', () => {
  const alike = { ...ONE_SLOW, servers: 20, slow: 0, load: 0.8, requests: 40_000 };
  const mean = (algorithm: Algorithm): number => simulateQueues(algorithm, alike, 5).mean;
  // M/M/1 at 0.8 takes 5 mean service times; with two choices of many about 2.6; with one queue for all little above 1.
  assert.ok(mean('least-connections') < mean('p2c') && mean('p2c') < 0.7 * mean('random'));
});

test('several gateways: what servers report is worth more than one’s own counts', () => {
  const shared = { ...ONE_SLOW, gateways: 10, servers: 20, slow: 2, load: 0.7, requests: 40_000 };
  const reported = simulateQueues('prequal', shared, 7).p99;
  const own = simulateQueues('p2c', shared, 7).p99;
  assert.ok(reported < 0.6 * own, `prequal ${reported.toFixed(1)}, p2c ${own.toFixed(1)}`);
});
