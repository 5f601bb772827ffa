import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TailBuffer } from './tail-buffer.ts';

const values = (buffer: TailBuffer<number>) => buffer.take().map(({ value }) => value);

test('the youngest comes first, and the oldest go beyond the bound', () => {
  const buffer = new TailBuffer<number>(3);
  buffer.add(1);
  buffer.add(2);
  assert.deepEqual(values(buffer), [2, 1]);
  buffer.add(3);
  buffer.add(4);
  assert.deepEqual(values(buffer), [4, 3, 2]);
});

test('what waits has the same bound, however much comes', () => {
  const buffer = new TailBuffer<number>(3);
  for (let value = 1; value <= 100; value++) buffer.add(value);
  assert.equal(buffer.pending, 3);
  assert.deepEqual(values(buffer), [100, 99, 98]);
  assert.equal(buffer.pending, 0);
});

test('nothing new is the same array; lines keep their ids; cleared is empty', () => {
  const buffer = new TailBuffer<number>(3);
  buffer.add(1);
  const first = buffer.take();
  assert.equal(buffer.take(), first);
  buffer.add(2);
  assert.equal(buffer.take()[1], first[0]);
  buffer.add(3);
  buffer.clear();
  assert.deepEqual(values(buffer), []);
  buffer.add(4);
  assert.equal(buffer.take()[0]!.id, 4);
});
