import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_FIELDS, TextFields } from './fields.ts';
import { bypassReason } from './lookup.ts';

test('GET and HEAD are looked up, other methods are not (RFC 9111 §3)', () => {
  assert.equal(bypassReason('GET', false, NO_FIELDS), null);
  assert.equal(bypassReason('HEAD', false, NO_FIELDS), null);
  for (const method of ['POST', 'OPTIONS', 'get', 'QUERY']) assert.equal(bypassReason(method, false, NO_FIELDS), 'method', method);
});

test('a request with content goes by the cache, and so does one with conditions for the origin (RFC 9111 §4.3.2)', () => {
  assert.equal(bypassReason('GET', true, NO_FIELDS), 'bypass');
  assert.equal(bypassReason('GET', false, new TextFields('If-Match: "a"\r\n')), 'bypass');
  assert.equal(bypassReason('GET', false, new TextFields('If-None-Match: "a"\r\nRange: bytes=0-1\r\n')), null);
});
