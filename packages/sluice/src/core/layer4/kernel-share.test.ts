import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceEndpoint } from '../balancing/candidate-list.ts';
import { DOWN, DRAINING, EJECTED, endpointTable, MAINTENANCE } from '../balancing/endpoint-table.ts';
import { kernelShares, wholeWeights } from './kernel-share.ts';

const table = endpointTable();

/** Endpoints by state bits, all of weight 2 unless it is given. */
function endpoints(bits: readonly number[], more: Partial<ServiceEndpoint> = {}, first = 0): ServiceEndpoint[] {
  return bits.map((state, index) => {
    const slot = first + index;
    table.state[slot] = state;
    table.agentWeight[slot] = 1;
    return { slot, address: `10.0.0.${slot}:80`, weight: 2, priority: 0, requestsMax: 0, ...more };
  });
}

function shown(list: readonly ServiceEndpoint[], panicThreshold = 0): string[] {
  return kernelShares(table, list, panicThreshold).map(({ state, weight }) => `${state} ${weight}`);
}

test('weights are as configured; who fails its check is down, who is ejected or withdrawn finishes', () => {
  const bits = [0, DOWN, EJECTED, DRAINING, MAINTENANCE, DRAINING | DOWN];
  assert.deepEqual(shown(endpoints(bits)), ['up 2', 'down 2', 'draining 2', 'draining 2', 'draining 2', 'down 2']);
});

test('an agent scales the weight, down to nothing', () => {
  const list = endpoints([0, 0]);
  table.agentWeight[0] = 0.25;
  table.agentWeight[1] = 0;
  assert.deepEqual(shown(list), ['up 0.5', 'up 0']);
});

test('too few are healthy: health is ignored, but not a drain', () => {
  const list = endpoints([0, DOWN, DOWN, DRAINING]);
  assert.deepEqual(shown(list, 0.5), ['up 2', 'up 2', 'up 2', 'draining 2']);
  assert.deepEqual(shown(list, 0.3), ['up 2', 'down 2', 'down 2', 'draining 2']);
});

test('the next level has no part while the first can take all, and what is missing otherwise', () => {
  const standby = (): ServiceEndpoint[] => endpoints([0], { priority: 1 }, 2);
  assert.deepEqual(shown([...endpoints([0, 0]), ...standby()]), ['up 0.5', 'up 0.5', 'up 0']);
  // Half of the first level is left: 1.4 × 0.5 of the load.
  const [first, second, third] = kernelShares(table, [...endpoints([0, DOWN]), ...standby()], 0);
  assert.equal(second!.state, 'down');
  assert.ok(Math.abs(first!.weight - 0.7) < 1e-9 && Math.abs(third!.weight - 0.3) < 1e-9);
});

test('whole weights stay; others are scaled, and nothing that is there vanishes', () => {
  assert.deepEqual(wholeWeights([3, 0, 256]), [3, 0, 256]);
  assert.deepEqual(wholeWeights([0.5, 0.25, 0, 0.0001]), [1000, 500, 0, 1]);
  assert.deepEqual(wholeWeights([]), []);
});
