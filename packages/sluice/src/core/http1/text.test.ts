import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1 } from './text.ts';

test('every byte is one character, from a Buffer as from a plain array', () => {
  const plain = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const expected = Array.from(plain, (byte) => String.fromCharCode(byte)).join('');
  assert.equal(latin1(plain, 0, 256), expected);
  assert.equal(latin1(Buffer.from(plain), 0, 256), expected);
  assert.equal(latin1(Buffer.from(plain), 65, 68), 'ABC');
  assert.equal(latin1(plain, 65, 68), 'ABC');
  assert.equal(latin1(plain, 5, 5), '');
});
