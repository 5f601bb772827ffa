import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, suggest } from './suggest.ts';

test('insertions, deletions, substitutions and swaps count one each', () => {
  const cases: readonly [string, string, number][] = [
    ['', '', 0],
    ['users', 'users', 0],
    ['user', 'users', 1],
    ['usres', 'users', 1],
    ['usera', 'users', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ];
  for (const [left, right, distance] of cases) assert.equal(editDistance(left, right), distance, `${left} ${right}`);
});

test('the distance is symmetric, zero only for equals, and at most the longer length', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      assert.equal(distance, editDistance(right, left));
      assert.equal(distance === 0, left === right);
      assert.ok(distance <= Math.max(left.length, right.length));
      assert.ok(distance >= Math.abs(left.length - right.length));
    }),
  );
});

test('a limit changes nothing below it', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 8 }), (left, right, limit) => {
      assert.equal(editDistance(left, right, limit), Math.min(editDistance(left, right), limit + 1));
    }),
  );
});

test('the nearest name is suggested, whatever its case and hyphens', () => {
  const names = ['least-connections', 'least-bandwidth', 'p2c'];
  assert.equal(suggest('least_conections', names), 'least-connections');
  assert.equal(suggest('leastConnections', names), 'least-connections');
  assert.equal(suggest('P2C', names), 'p2c');
});

test('nothing is suggested when nothing is near', () => {
  assert.equal(suggest('payments', ['users', 'orders']), null);
  assert.equal(suggest('', ['a']), null);
  assert.equal(suggest('x'.repeat(1000), ['x']), null);
  assert.equal(suggest('ab', []), null);
});
