import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoop, withMember } from './cdn-loop.ts';

const SELF = '10.0.0.1:8080';

test('our own name anywhere in the list is a loop, with parameters and in any case', () => {
  for (const value of [SELF, ` ${SELF} `, `a, ${SELF}`, `a;b="c",${SELF};x=1`, 'a, NODE'])
    assert.ok(isLoop(value, value.includes('NODE') ? 'node' : SELF), value);
});

test('others, and names that only begin like ours, are none', () => {
  for (const value of ['', 'a', `${SELF}0`, `x${SELF}`, 'a, b;c=d, e']) assert.ok(!isLoop(value, SELF), value);
});

test('more than sixteen caches in a row, or a list that is longer than any, is one', () => {
  const row = (count: number): string => Array.from({ length: count }, (_, index) => `c${index}`).join(', ');
  assert.ok(!isLoop(row(16), SELF));
  assert.ok(isLoop(row(17), SELF));
  assert.ok(isLoop('x'.repeat(2_049), SELF));
});

test('we stand behind those that were before us', () => {
  assert.equal(withMember(null, SELF), SELF);
  assert.equal(withMember('a;b=c', SELF), `a;b=c, ${SELF}`);
});
