import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Octets, copyBytes, copyOctets } from './octets.ts';

test('any length is copied, to the last byte of both', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 31, 32, 33, 95, 96, 97, 200]) {
    const from = new Octets(length + 1);
    const to = new Octets(length + 2);
    for (let at = 0; at <= length; at++) from.bytes[at] = at + 1;
    copyOctets(from, 1, length, to, 2);
    assert.deepEqual(to.bytes.subarray(2, 2 + length), from.bytes.subarray(1, 1 + length));
    assert.deepEqual([...to.bytes.subarray(0, 2)], [0, 0]);
    const plain = new Uint8Array(length + 2);
    copyBytes(from.bytes, 1, 1 + length, plain, 2);
    assert.deepEqual(plain.subarray(2), from.bytes.subarray(1, 1 + length));
  }
});
