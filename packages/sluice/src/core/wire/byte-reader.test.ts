import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader } from './byte-reader.ts';

test('numbers are big-endian and unsigned', () => {
  const reader = new ByteReader(Uint8Array.of(1, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfd));
  assert.deepEqual([reader.u8(), reader.u16(), reader.u32()], [1, 0xfffe, 0xfffffffd]);
  assert.equal(reader.isSpent, true);
});

test('a read past the end gives 0 and breaks the reader for good', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  assert.equal(reader.u32(), 0x0102 * 0x10000); // the half that was there
  assert.equal(reader.isBroken, true);
  assert.equal(reader.u8(), 0);
  assert.equal(reader.isSpent, false);
});

test('a vector is a reader of its own and bounded by its length', () => {
  const reader = new ByteReader(Uint8Array.of(2, 7, 8, 0, 1, 9, 5));
  const first = reader.vector8();
  const second = reader.vector16();
  assert.deepEqual([first.u8(), first.u8(), first.isSpent, first.u8(), first.isBroken], [7, 8, true, 0, true]);
  assert.deepEqual([second.u8(), second.isSpent], [9, true]);
  assert.deepEqual([reader.u8(), reader.isSpent], [5, true]);
});

test('a vector longer than what is there is empty, and its parent is broken', () => {
  const reader = new ByteReader(Uint8Array.of(3, 7, 8));
  assert.equal(reader.vector8().remaining, 0);
  assert.equal(reader.isBroken, true);
});

test('a copy does not share memory', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const copy = new ByteReader(bytes, 1, 3).copy();
  bytes.fill(9);
  assert.deepEqual([...copy], [2, 3]);
});
