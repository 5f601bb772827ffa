import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupLedger } from './group-ledger.ts';
import type { GroupOrder } from './group-writer.ts';

test('what is asked before the first look is covered by what there is', () => {
  const ledger = new GroupLedger();
  ledger.ask(3);
  assert.equal(ledger.expected, 3);
  assert.equal(ledger.show(2), null);
  assert.deepEqual([ledger.desired, ledger.pending, ledger.expected], [2, 1, 3]);
});

test('more than was asked is left as it is', () => {
  const ledger = new GroupLedger();
  ledger.ask(1);
  ledger.show(4);
  assert.equal(ledger.expected, 4);
});

test('our own writes are known again, late and skipped ones too', () => {
  const ledger = shown(1);
  write(ledger, resize(1, 2));
  write(ledger, resize(2, 4));
  assert.equal(ledger.show(1), null, 'an old look');
  assert.equal(ledger.show(2), null);
  assert.equal(ledger.show(4), null);
  assert.equal(ledger.desired, 4);
  write(ledger, resize(4, 5));
  write(ledger, resize(5, 6));
  assert.equal(ledger.show(6), null, 'the platform never showed 5');
});

test('a number that nobody here wrote is taken over, and said once', () => {
  const ledger = shown(2);
  assert.equal(ledger.show(7), 2);
  assert.equal(ledger.show(7), null);
  assert.equal(ledger.desired, 7);
});

test('what was asked is added to what somebody else wrote', () => {
  const ledger = shown(2);
  ledger.ask(1);
  ledger.show(5);
  assert.equal(ledger.expected, 6);
});

test('during a write both its ends are ours', () => {
  const ledger = shown(2);
  ledger.ask(2);
  ledger.begin(resize(2, 4));
  assert.deepEqual([ledger.expected, ledger.pending], [4, 0]);
  assert.equal(ledger.show(4), null);
  ledger.done(resize(2, 4));
  assert.equal(ledger.show(5), 4, 'after it, another number is somebody else’s');
});

test('a write that was surely not done is asked again', () => {
  const ledger = shown(2);
  ledger.ask(1);
  ledger.begin(resize(2, 3));
  ledger.undo(resize(2, 3));
  assert.deepEqual([ledger.desired, ledger.pending], [2, 1]);
});

test('one that may have been done before somebody else wrote is not', () => {
  const ledger = shown(2);
  ledger.ask(1);
  ledger.begin(resize(2, 3));
  ledger.show(9);
  ledger.drop();
  assert.deepEqual([ledger.desired, ledger.pending, ledger.expected], [9, 0, 9]);
});

function resize(from: number, to: number): GroupOrder {
  return { type: 'resize', from, to, names: [] };
}

function shown(desired: number): GroupLedger {
  const ledger = new GroupLedger();
  ledger.show(desired);
  return ledger;
}

function write(ledger: GroupLedger, order: GroupOrder): void {
  ledger.ask(order.to - order.from);
  ledger.begin(order);
  ledger.done(order);
}
