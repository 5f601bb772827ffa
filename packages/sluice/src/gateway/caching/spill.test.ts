import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Spill, type SpillReader } from './spill.ts';

function reader(): SpillReader & { pumped: number } {
  return {
    pumped: 0,
    pump() {
      this.pumped++;
    },
  };
}

test('the service goes on when the slowest reader has taken all there is', () => {
  let resumed = 0;
  const [fast, slow] = [reader(), reader()];
  const spill = new Spill([fast, slow], () => resumed++);
  spill.add(Buffer.from('xabcx'), 1, 4);
  assert.equal(String(spill.next(fast)), 'abc');
  assert.equal(spill.next(fast), null);
  spill.taken();
  assert.deepEqual([resumed, spill.isTaken], [0, false]);
  assert.equal(String(spill.next(slow)), 'abc');
  spill.taken();
  assert.deepEqual([resumed, spill.isTaken], [1, true]);
  spill.add(Buffer.from('def'), 0, 3);
  assert.equal(String(spill.next(fast)), 'def');
});

test('a reader that leaves is not waited for', () => {
  let resumed = 0;
  const [one, two] = [reader(), reader()];
  const spill = new Spill([one, two], () => resumed++);
  spill.add(Buffer.from('abc'), 0, 3);
  spill.next(one);
  spill.leave(two);
  assert.equal(resumed, 1);
});

test('after the end, all are told when the last piece is taken', () => {
  const [one, two] = [reader(), reader()];
  const spill = new Spill([one, two], () => assert.fail('there is nothing to resume'));
  spill.add(Buffer.from('abc'), 0, 3);
  spill.ending = 'whole';
  spill.next(one);
  spill.taken();
  assert.deepEqual([one.pumped, two.pumped], [0, 0]);
  spill.next(two);
  spill.taken();
  assert.deepEqual([one.pumped, two.pumped, spill.isTaken], [1, 1, true]);
});
