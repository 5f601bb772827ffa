import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onlyMessage, prefixed, WEB_TRAILERS } from './message.ts';

test('a prefix is flags and a length in four bytes', () => {
  assert.deepEqual([...prefixed(Uint8Array.of(7, 8))], [0, 0, 0, 0, 2, 7, 8]);
  assert.deepEqual([...prefixed(new Uint8Array(0), WEB_TRAILERS)], [0x80, 0, 0, 0, 0]);
  assert.deepEqual([...prefixed(new Uint8Array(0x01_02_03)).subarray(0, 5)], [0, 0, 1, 2, 3]);
});

test('a body of exactly one message', () => {
  assert.deepEqual([...onlyMessage(prefixed(Uint8Array.of(7)))!], [7]);
  assert.deepEqual([...onlyMessage(prefixed(new Uint8Array(0)))!], []);
});

test('anything else is refused', () => {
  for (const bytes of [
    [],
    [0, 0, 0, 0],
    [0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 1],
    [1, 0, 0, 0, 0],
    [2, 0, 0, 0, 0],
    [0, 255, 255, 255, 255],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ]) {
    assert.equal(onlyMessage(Uint8Array.from(bytes)), null, bytes.join(' '));
  }
});
