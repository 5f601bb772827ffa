import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hashString } from '../../base/hash.ts';
import { instant } from '../../base/time.ts';
import type { Balancer, Candidates } from './balancer.ts';
import { createBalancer } from './balancers.ts';
import type { BalanceShape } from './balancers.ts';
import { endpointTable } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';
import { makeCandidates } from './pick-cost.ts';

const KEYS = Int32Array.from({ length: 20_000 }, (_, index) => hashString(`/page/${index}`));
const COUNT = 20;

function hashBalancer(hashTable: BalanceShape['hashTable'], loadFactor = 0, table: EndpointTable = endpointTable()): Balancer {
  const balance = { algorithm: 'hash', hashTable, loadFactor, maxCpu: 1, maxMemory: 1, decayMs: 10_000 } as const;
  return createBalancer(balance, { table, random: () => 0.5, serviceSlot: 0 });
}

/** The slot of every key; slots are as at the start, whatever is missing or in another order now. */
function placeAll(balancer: Balancer, candidates: Candidates): Int32Array {
  balancer.update(candidates);
  return KEYS.map((key) => balancer.pick(key, [], instant(0)));
}

/** Candidates in another order, or without some. */
function select(candidates: Candidates, indices: readonly number[]): Candidates {
  return {
    count: indices.length,
    slots: Int32Array.from(indices, (index) => candidates.slots[index]!),
    weights: Float64Array.from(indices, (index) => candidates.weights[index]!),
    addresses: indices.map((index) => candidates.addresses[index]!),
    requestsMax: Int32Array.from(indices, (index) => candidates.requestsMax[index]!),
  };
}

const all = makeCandidates(COUNT, true);
const indices = Array.from({ length: COUNT }, (_, index) => index);
const withoutSeven = select(
  all,
  indices.filter((index) => index !== 7),
);

/**
 * Keys that move although their endpoint stayed, at most, when one of 20 leaves. Rendezvous and ketama: none, by construction.
 * Maglev: some entries change owner because turns shift; the paper's figure 12 shows a few per cent.
 */
const MOVED_MAX = { maglev: 0.08, ketama: 0, rendezvous: 0 } as const;

for (const hashTable of ['maglev', 'ketama', 'rendezvous'] as const) {
  describe(hashTable, () => {
    test('a removal moves only the keys it must, and its return brings them back', () => {
      const balancer = hashBalancer(hashTable);
      const before = placeAll(balancer, all);
      const without = placeAll(balancer, withoutSeven);
      let moved = 0;
      for (let key = 0; key < KEYS.length; key++) if (before[key] !== 7 && before[key] !== without[key]) moved++;
      assert.ok(before.includes(7) && !without.includes(7));
      assert.ok(moved <= MOVED_MAX[hashTable] * KEYS.length, `${moved} of ${KEYS.length} moved needlessly`);
      assert.deepEqual(placeAll(balancer, all), before);
    });

    test('the removed keys spread over all that stay', () => {
      const balancer = hashBalancer(hashTable);
      const before = placeAll(balancer, all);
      const without = placeAll(balancer, withoutSeven);
      const heirs = new Set([...KEYS.keys()].filter((key) => before[key] === 7).map((key) => without[key]));
      // About 1,000 keys on 19 heirs with 1 to 5 parts of 58 each: none is missed but by a chance of 1e-7; ketama has 480 points.
      assert.equal(heirs.size, COUNT - 1);
    });

    test('order and slots do not matter, only addresses', () => {
      const reversed = select(all, [...indices].reverse());
      assert.deepEqual(placeAll(hashBalancer(hashTable), reversed), placeAll(hashBalancer(hashTable), all));
    });

    test('a table changed step by step is the same as one built at once', () => {
      const balancer = hashBalancer(hashTable);
      for (const count of [5, 20, 1, 12, 0, 20]) {
        const some = select(all, indices.slice(0, count).reverse());
        balancer.update(some);
        if (count > 0) assert.deepEqual(placeAll(balancer, some), placeAll(hashBalancer(hashTable), some), `${count} endpoints`);
      }
      const heavier = { ...all, weights: all.weights.map((weight, index) => (index === 3 ? weight * 2 : weight)) };
      assert.deepEqual(placeAll(balancer, heavier), placeAll(hashBalancer(hashTable), heavier));
    });

    test('a key whose endpoint is tried goes elsewhere, always to the same', () => {
      const balancer = hashBalancer(hashTable);
      const before = placeAll(balancer, all);
      const seconds = new Set<number>();
      for (let key = 0; key < 500; key++) {
        const second = balancer.pick(KEYS[key]!, [before[key]!], instant(0));
        assert.notEqual(second, before[key]);
        assert.equal(balancer.pick(KEYS[key]!, [before[key]!], instant(0)), second);
        if (before[key] === 7) seconds.add(second);
      }
      // About 26 keys of one endpoint: their second choices must not be one neighbour.
      assert.ok(seconds.size > 5, `${seconds.size} second choices`);
    });

    test('with a load factor a hot key spills over, and nobody is above the bound', () => {
      const table = endpointTable();
      const balancer = hashBalancer(hashTable, 1.25, table);
      balancer.update(all);
      const total = all.weights.reduce((sum, weight) => sum + weight, 0);
      for (let request = 0; request < 1000; request++) {
        const slot = balancer.pick(KEYS[0]!, [], instant(0));
        const cap = Math.ceil((1.25 * (request + 1) * all.weights[slot]!) / total);
        assert.ok(table.inflight[slot]! < cap, `slot ${slot} has ${table.inflight[slot]} of at most ${cap}`);
        table.inflight[slot]!++;
        table.serviceInflight[0]!++;
      }
    });

    test('one endpoint, and one among thousands of different weights, are served', () => {
      const balancer = hashBalancer(hashTable);
      assert.deepEqual(new Set(placeAll(balancer, makeCandidates(1, false))), new Set([0]));
      const many = makeCandidates(2000, false);
      for (let index = 0; index < many.count; index++) many.weights[index] = index === 5 ? 256 : 0.5;
      const share = placeAll(balancer, many).filter((slot) => slot === 5).length / KEYS.length;
      // 256 of 1255.5; sampling error of 20,000 keys is 0.003, of ketama's points and rendezvous' buckets below 0.01.
      assert.ok(Math.abs(share - 256 / 1255.5) < 0.04, `share ${share}`);
    });
  });
}
