import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IndexHeap } from './heap.ts';

test('items come out in the order of their keys', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 200 }), (keys) => {
      const heap = new IndexHeap(keys.length);
      keys.forEach((key, item) => heap.push(item, key));
      const out: number[] = [];
      while (heap.size > 0) out.push(keys[heap.pop()]!);
      assert.deepEqual(
        out.map((key) => key + 0),
        [...keys].map((key) => key + 0).sort((left, right) => left - right),
      );
    }),
  );
});

test('replaceTop moves the top to its new place', () => {
  const heap = new IndexHeap(3);
  heap.push(0, 1);
  heap.push(1, 2);
  heap.push(2, 3);
  heap.replaceTop(2.5);
  assert.deepEqual([heap.topKey(), heap.pop(), heap.pop(), heap.pop(), heap.pop()], [2, 1, 0, 2, -1]);
  assert.equal(heap.topKey(), Infinity);
  assert.equal(heap.top(), -1);
});

test('a full heap refuses another item', () => {
  const heap = new IndexHeap(1);
  heap.push(0, 1);
  assert.throws(() => heap.push(1, 1), /a heap of 1 has room/);
});
