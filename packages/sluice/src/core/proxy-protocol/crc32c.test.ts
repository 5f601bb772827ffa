import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.ts';

test('the check value of CRC-32C', () => assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283));

test('RFC 3720 appendix B.4', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
});

test('four bytes may count as zero', () => {
  const bytes = Buffer.alloc(32);
  bytes.fill(7, 10, 14);
  assert.equal(crc32c(bytes, 10), 0x8a9136aa);
  assert.notEqual(crc32c(bytes, 11), 0x8a9136aa);
});
