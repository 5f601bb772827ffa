import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hex } from '../../../../test/support/hpack.ts';
import { BAD_INTEGER, BlockReader, INTEGER_BYTES_MAX, writeInteger } from './integer.ts';

function read(bytes: Uint8Array, mask: number): readonly [value: number, at: number] {
  const reader = new BlockReader();
  reader.begin(bytes, 0, bytes.length);
  const value = reader.integer(mask);
  return [value, reader.at];
}

function written(value: number, mask: number): Uint8Array {
  const bytes = new Uint8Array(INTEGER_BYTES_MAX);
  return bytes.slice(0, writeInteger(bytes, 0, 0, mask, value));
}

test('RFC 7541 Appendix C.1', () => {
  for (const [value, mask, text] of [
    [10, 0x1f, '0a'],
    [1337, 0x1f, '1f9a0a'],
    [42, 0xff, '2a'],
  ] as const) {
    assert.deepEqual(read(hex(text), mask), [value, text.length / 2]);
    assert.deepEqual(Buffer.from(written(value, mask)), Buffer.from(hex(text)));
  }
});

test('integers come back with every prefix', () => {
  for (const mask of [0x0f, 0x1f, 0x3f, 0x7f]) {
    for (const value of [0, 1, mask - 1, mask, mask + 1, mask + 127, mask + 128, 16_383, 16_384, 2 ** 21, 2 ** 28 - 1]) {
      const bytes = written(value, mask);
      assert.deepEqual(read(bytes, mask), [value, bytes.length]);
    }
  }
});

test('the bits in front of the prefix are the pattern', () => {
  const bytes = new Uint8Array(2);
  writeInteger(bytes, 0, 0x80, 0x7f, 0x7f);
  assert.deepEqual([...bytes], [0xff, 0]);
});

test('zeros behind the last digit are allowed within four bytes', () => {
  assert.deepEqual(read(hex('1f 9a 8a 80 00'), 0x1f), [1337, 5]);
});

describe('no integer', () => {
  for (const [title, text] of [
    ['nothing at all', ''],
    ['cut off behind the prefix', '1f'],
    ['cut off in between', '1f9a'],
    ['five bytes behind the prefix', '1f 80 80 80 80 00'],
    ['more than 2^31', '1f ff ff ff ff 0f'],
    ['without an end', `1f ${'ff'.repeat(100)}`],
  ] as const) {
    test(title, () => assert.equal(read(hex(text), 0x1f)[0], BAD_INTEGER));
  }
});
