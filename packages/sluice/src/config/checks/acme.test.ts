import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from '../validate.ts';

const SECURE = { https: ':443', tls: { certificates: [{ acme: ['a.example.com'] }] } };

function warnings(listeners: object, acme: object = {}): string[] {
  const value = { listeners, acme: { terms: 'agreed', ...acme }, routes: [{ respond: 204 }] };
  const result = validate(value, () => null);
  assert.ok(result.ok, JSON.stringify(result));
  return result.warnings.map(({ message }) => message);
}

test('http-01 without a listener in the clear proves nothing', () => {
  assert.match(warnings({ secure: SECURE })[0] ?? '', /^acme\.challenge is http-01, but no listener is in the clear: .*tls-alpn-01$/);
  assert.deepEqual(warnings({ secure: SECURE, web: { http: ':80' } }), []);
  assert.deepEqual(warnings({ secure: SECURE }, { challenge: 'tls-alpn-01' }), []);
});

test('an account that orders nothing is told of', () => {
  assert.deepEqual(warnings({ web: { http: ':80' } }), ['acme is used by no certificate']);
});
