import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SLOTS_MAX, SOURCE_SLOTS, slotsFor } from './slots.ts';

function endpoints(...weights: number[]) {
  return weights.map((weight, index) => ({ address: `10.0.0.${index}:80`, weight }));
}

function shares(slots: Uint16Array): number[] {
  const counts: number[] = [];
  for (const index of slots) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

test('turns are spread as in smooth weighted round robin', () => {
  assert.deepEqual([...slotsFor('round-robin', endpoints(5, 1, 1))], [0, 0, 1, 0, 2, 0, 0]);
  assert.deepEqual([...slotsFor('round-robin', endpoints(10, 20))], [1, 0, 1]);
  assert.deepEqual([...slotsFor('random', endpoints(7))], [0]);
  assert.deepEqual([...slotsFor('source', [])], []);
});

test('shares are exact as long as they fit, else as near as the slots allow, and nobody is left out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 40 }), (weights) => {
      const slots = slotsFor('round-robin', endpoints(...weights));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      assert.ok(slots.length <= SLOTS_MAX);
      for (const [index, count] of shares(slots).entries()) {
        const exact = (weights[index]! / total) * slots.length;
        if (total <= SLOTS_MAX) assert.equal(count, Math.round(exact));
        assert.ok(count >= 1 && Math.abs(count - exact) <= weights.length + 1, `${count} of ${exact}`);
      }
    }),
  );
});

test('source: equal endpoints have equal shares, and one that goes moves hardly anyone else', () => {
  const all = endpoints(...Array.from({ length: 10 }, () => 1));
  const before = slotsFor('source', all);
  assert.equal(before.length, SOURCE_SLOTS);
  for (const count of shares(before)) assert.ok(Math.abs(count - SOURCE_SLOTS / 10) < 2);
  const after = slotsFor('source', all.slice(0, 9));
  const moved = before.filter((index, slot) => index !== 9 && index !== after[slot]).length;
  assert.ok(moved < SOURCE_SLOTS * 0.15, `${moved} of ${SOURCE_SLOTS} moved without need`);
});

test('source: the table does not depend on the order of the configuration', () => {
  const all = endpoints(1, 2, 3);
  const names = (list: typeof all) => [...slotsFor('source', list)].map((index) => list[index]!.address);
  assert.deepEqual(names(all), names(all.toReversed()));
});
