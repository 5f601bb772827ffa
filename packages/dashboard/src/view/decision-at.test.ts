import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../api/types.ts';
import { decisionAt, describeBounds, describeStep, steps } from './decision-at.ts';

const decision = (at: number, action: Decision['action'], from: number, wanted: number): Decision =>
  ({ at, action, wanted, counts: { wanted: from }, bounds: [{ bound: 'max', from: 9, to: wanted, detail: '' }] }) as unknown as Decision;
const ALL = [decision(300, 'none', 6, 6), decision(200, 'out', 4, 6), decision(100, 'none', 4, 4)];

test('the decision in force is the last one until then', () => {
  assert.equal(decisionAt(ALL, 250), ALL[1]);
  assert.equal(decisionAt(ALL, 200), ALL[1]);
  assert.equal(decisionAt(ALL, 50), null);
});

test('a step is a decision that changed the number', () => {
  assert.deepEqual(steps(ALL), [ALL[1]]);
  assert.equal(describeStep(ALL[1]!), '4 → 6 (out)');
  assert.deepEqual(describeBounds(ALL[1]!), ['max: 9 → 6']);
});
