import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { isWebSocketKey, webSocketAccept } from './handshake.ts';

test('the accept value of RFC 6455 §1.3', () => {
  const accept = webSocketAccept('dGhlIHNhbXBsZSBub25jZQ==', (text) => hash('sha1', text, 'base64'));
  assert.equal(accept, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test('a key is 16 bytes in base64', () => {
  assert.equal(isWebSocketKey('dGhlIHNhbXBsZSBub25jZQ=='), true);
  for (const key of [
    '',
    'dGhlIHNhbXBsZSBub25jZQ=',
    'dGhlIHNhbXBsZSBub25jZQ',
    'dGhlIHNhbXBsZSBub25jZ!==',
    'dGhlIHNhbXBsZSBub25jZQ==\n',
    'AAAAdGhlIHNhbXBsZSBub25jZQ==',
  ]) {
    assert.equal(isWebSocketKey(key), false, key);
  }
});
