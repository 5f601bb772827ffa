import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divideLoad } from './priority-levels.ts';

function level(usable: number, total = 100): { total: number; usable: number; admitted: number } {
  return { total, usable, admitted: total };
}

function loads(...usable: number[]): number[] {
  return divideLoad(
    usable.map((count) => level(count)),
    0.5,
  ).map(({ load }) => Math.round(load * 100));
}

test('the shares are those of Envoy’s documentation', () => {
  // "Priority levels", two and three levels, overprovisioning factor 1.4.
  assert.deepEqual(loads(100, 100), [100, 0]);
  assert.deepEqual(loads(72, 72), [100, 0]);
  assert.deepEqual(loads(71, 71), [99, 1]);
  assert.deepEqual(loads(50, 50), [70, 30]);
  assert.deepEqual(loads(25, 100), [35, 65]);
  assert.deepEqual(loads(25, 25), [50, 50]);
  assert.deepEqual(loads(5, 0, 95), [7, 0, 93]);
  assert.deepEqual(loads(0, 100), [0, 100]);
});

test('panic needs few healthy ones, and not enough of them elsewhere', () => {
  const panics = (...usable: number[]): boolean[] =>
    divideLoad(
      usable.map((count) => level(count)),
      0.5,
    ).map(({ isPanicking }) => isPanicking);
  assert.deepEqual(panics(49), [true]);
  assert.deepEqual(panics(50), [false]);
  assert.deepEqual(panics(20, 100), [false, false], 'the second level takes it');
  assert.deepEqual(panics(20, 20), [true, true]);
  assert.deepEqual(divideLoad([level(0), level(0)], 0.5)[0], { load: 1, isPanicking: true });
  assert.deepEqual(divideLoad([level(10)], 0), [{ load: 1, isPanicking: false }]);
  assert.deepEqual(
    divideLoad([{ total: 4, usable: 1, admitted: 1 }], 0.5),
    [{ load: 1, isPanicking: false }],
    'maintenance is no reason for panic',
  );
});

test('shares add up to all, or to nothing when nobody can take it', () => {
  const counts = fc.record({ total: fc.nat(50), admitted: fc.nat(50), usable: fc.nat(50) }).map(({ total, admitted, usable }) => {
    const kept = Math.min(total, admitted);
    return { total, admitted: kept, usable: Math.min(kept, usable) };
  });
  fc.assert(
    fc.property(fc.array(counts, { minLength: 1, maxLength: 4 }), fc.double({ min: 0, max: 1, noNaN: true }), (levels, threshold) => {
      const shares = divideLoad(levels, threshold);
      const sum = shares.reduce((total, { load }) => total + load, 0);
      const canServe = levels.some((each, index) => each.usable > 0 || shares[index]!.isPanicking);
      assert.ok(canServe ? Math.abs(sum - 1) < 1e-9 : sum === 0, `sum ${sum}`);
    }),
  );
});
