import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSigner } from './signature.ts';

test('signs with HMAC-SHA-256, cut to 144 bits', () => {
  // RFC 4231 §4.3, test case 2: key "Jefe"; 5bdcc146bf60754e6a042426089575c75a00…
  const signer = createSigner(['other', 'Jefe']);
  assert.equal(
    Buffer.from(signer.sign('what do ya want for nothing?', 1), 'base64url').toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a00',
  );
  assert.equal(signer.keys, 2);
});

test('compares texts of any length and alphabet', () => {
  const { equal } = createSigner(['secret']);
  assert.ok(equal('abc', 'abc') && equal('', ''));
  for (const other of ['abd', 'ab', 'abcd', '', 'ab\u0163']) assert.ok(!equal('abc', other), other);
});

test('refuses to sign without a secret', () => {
  assert.throws(() => createSigner([]), /at least one secret/);
});
