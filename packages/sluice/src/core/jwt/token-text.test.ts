import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearerToken, hasScheme, isBearer, isTokenShaped, TOKEN_BYTES_MAX } from './token-text.ts';

test('a scheme is known in any case, and not by its beginning', () => {
  for (const field of ['Bearer a', 'bearer  a', 'BEARER a', 'Bearer']) assert.ok(isBearer(field), field);
  for (const field of ['', 'Bear', 'Bearers a', 'Bearer,a', 'Basic a', ' Bearer a']) assert.ok(!isBearer(field), field);
  assert.ok(hasScheme('BASIC x', 'basic'));
  assert.equal(bearerToken('Bearer   a.b.c '), 'a.b.c');
});

test('a token is three parts of base64url, none of them empty', () => {
  for (const token of ['a.b.c', 'A-_9.b0.Zz']) assert.ok(isTokenShaped(token), token);
  for (const token of [
    '',
    'a',
    'a.b',
    'a.b.',
    '.b.c',
    'a..c',
    'a.b.c.d',
    'a.b.c=',
    'a.b.c d',
    'a.b+.c',
    'a.b/.c',
    'a.b.c,a.b.c',
    'a.b.ü',
    'a.b.c\0',
  ]) {
    assert.ok(!isTokenShaped(token), token);
  }
  assert.ok(isTokenShaped(`a.b.${'c'.repeat(TOKEN_BYTES_MAX - 4)}`));
  assert.ok(!isTokenShaped(`a.b.${'c'.repeat(TOKEN_BYTES_MAX - 3)}`));
});
