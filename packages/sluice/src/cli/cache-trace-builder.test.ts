import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceBuilder } from './cache-trace-builder.ts';

test('numbers objects in the order in which they come', () => {
  const builder = new TraceBuilder();
  for (const key of ['a', 'b', 'a', 'c', 'b']) builder.add(key, -1);
  const { requests, objects, sizes } = builder.build();
  assert.deepEqual([[...requests], objects, sizes], [[0, 1, 0, 2, 1], 3, null]);
});

test('an object is as large as its largest body, at least a byte, at most 4 GiB', () => {
  const builder = new TraceBuilder();
  for (const [key, bytes] of [
    ['a', 10],
    ['a', 300],
    ['a', -1],
    ['b', -1],
    ['c', 0],
    ['d', 1e12],
  ] as const) {
    builder.add(key, bytes);
  }
  assert.deepEqual([...builder.build().sizes!], [300, 1, 1, 0xffff_ffff]);
});

test('grows, and tells 200,000 keys apart that differ in a digit', () => {
  const builder = new TraceBuilder();
  for (let round = 0; round < 2; round++) for (let key = 0; key < 200_000; key++) builder.add(`shop.test/products/${key}`, key);
  const { requests, objects, sizes } = builder.build();
  assert.deepEqual([requests.length, objects, sizes!.at(-1)], [400_000, 200_000, 199_999]);
  assert.ok(requests.every((object, index) => object === index % 200_000));
});
