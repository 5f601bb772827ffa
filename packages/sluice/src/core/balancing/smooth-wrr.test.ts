import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import type { Candidates } from './balancer.ts';
import { NONE } from './balancer.ts';
import { endpointTable } from './endpoint-table.ts';
import { makeCandidates } from './pick-cost.ts';
import { SmoothWrr } from './smooth-wrr.ts';

const table = endpointTable();

function weighted(weights: readonly number[], slots = weights.map((_, index) => index)): Candidates {
  return { ...makeCandidates(weights.length, false), weights: Float64Array.from(weights), slots: Int32Array.from(slots) };
}

/** A balancer that starts at the beginning of the cycle. */
function fromTheStart(weights: readonly number[]): SmoothWrr {
  const balancer = new SmoothWrr({ table, random: () => 0, serviceSlot: 0 });
  balancer.update(weighted(weights));
  return balancer;
}

function turns(balancer: SmoothWrr, count: number, tried: readonly number[] = []): string {
  let text = '';
  for (let turn = 0; turn < count; turn++) text += 'abcdef'[balancer.pick(0, tried)];
  return text;
}

test('the order of turns is that of nginx', () => {
  assert.equal(turns(fromTheStart([5, 1, 1]), 14), 'aabacaaaabacaa');
  assert.equal(turns(fromTheStart([4, 2, 1]), 7), 'abacaba');
});

test('one that is tried neither earns nor pays', () => {
  const balancer = fromTheStart([5, 1, 1]);
  assert.equal(turns(balancer, 4, [0]), 'bcbc');
  assert.equal(turns(balancer, 7), 'aabacaa');
  assert.equal(balancer.pick(0, [0, 1, 2]), NONE);
});

test('a cut weight does not starve its endpoint', () => {
  const balancer = fromTheStart([256, 1]);
  turns(balancer, 1);
  balancer.update(weighted([1, 1]));
  assert.ok(turns(balancer, 4).includes('a'));
});

test('workers start at different places', () => {
  const first = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const balancer = new SmoothWrr({ table, random: seededRandom(seed), serviceSlot: 0 });
    balancer.update(makeCandidates(5, false));
    first.add(balancer.pick(0, []));
  }
  assert.equal(first.size, 5);
});

test('with many endpoints each has its turns in every cycle, spread evenly', () => {
  const balancer = new SmoothWrr({ table, random: seededRandom(7), serviceSlot: 0 });
  const candidates = weighted(Array.from({ length: 100 }, (_, index) => (index === 0 ? 10 : 1)));
  balancer.update(candidates);
  const places: number[] = [];
  const counts = new Int32Array(100);
  for (let turn = 0; turn < 109 * 20; turn++) {
    const slot = balancer.pick(0, []);
    counts[slot]!++;
    if (slot === 0) places.push(turn);
  }
  // Deadlines a turn's length apart: n turns of length 1/w fit into time n/w, one more or less at the ends.
  for (let slot = 1; slot < 100; slot++) assert.ok(Math.abs(counts[slot]! - 20) <= 1, `slot ${slot}: ${counts[slot]}`);
  assert.ok(Math.abs(counts[0]! - 200) <= 2, `slot 0: ${counts[0]}`);
  const gaps = places.slice(1).map((place, index) => place - places[index]!);
  assert.ok(Math.max(...gaps) <= 22, `longest wait of the heavy one: ${Math.max(...gaps)}, 10.9 on average`);
});
