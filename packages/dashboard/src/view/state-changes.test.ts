import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeChanges } from './state-changes.ts';

test('only what changed is told; what appears is not a change', () => {
  assert.equal(
    describeChanges({ a: { state: 'up' }, b: { state: 'up' } }, { a: { state: 'down' }, b: { state: 'up' }, c: { state: 'up' } }),
    'service a is down, was up',
  );
  assert.equal(describeChanges({ a: { state: 'up' } }, { a: { state: 'up' } }), '');
});

test('many changes at once are one short sentence', () => {
  const all = (state: 'up' | 'down') => Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, { state }] as const));
  assert.match(describeChanges(all('up'), all('down')), /^service s0 is down, was up; .*; and 6 more changed$/);
});
