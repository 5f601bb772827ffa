import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCookie, readSetCookie } from './cookie-header.ts';
import { cookieSuffix } from './set-cookie.ts';

test('a cookie is found by its exact name', () => {
  const header = 'a=1; sid=abc;b=; sidx=no;  c = x y ; sid=second; flag';
  assert.equal(readCookie(header, 'sid'), 'abc');
  assert.equal(readCookie(header, 'b'), '');
  assert.equal(readCookie(header, 'c'), 'x y');
  assert.equal(readCookie(header, 'sidx'), 'no');
  for (const name of ['si', 'id', 'SID', 'flag', 'd']) assert.equal(readCookie(header, name), null, name);
  assert.equal(readCookie('', 'a'), null);
  assert.equal(readCookie(';;=;', 'a'), null);
  assert.equal(readCookie('a=b=c', 'a'), 'b=c');
});

test('what was written among others is read back', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
  fc.assert(
    fc.property(fc.uniqueArray(token, { minLength: 1, maxLength: 8 }), fc.array(token, { minLength: 8, maxLength: 8 }), (names, values) => {
      const header = names.map((name, index) => `${name}=${values[index]}`).join('; ');
      names.forEach((name, index) => assert.equal(readCookie(header, name), values[index]));
    }),
  );
});

test('the pair of a Set-Cookie is read', () => {
  assert.equal(readSetCookie('JSESSIONID=node0.x; Path=/; HttpOnly', 'JSESSIONID'), 'node0.x');
  assert.equal(readSetCookie('other=1; JSESSIONID=2', 'JSESSIONID'), null);
  assert.equal(readSetCookie('JSESSIONID', 'JSESSIONID'), null);
});

test('attributes are written as browsers want them', () => {
  const attributes = { name: 's', maxAgeSeconds: null, path: '/', domain: null, secure: true, httpOnly: true, sameSite: 'lax' } as const;
  assert.equal(cookieSuffix(attributes), '; Path=/; Secure; HttpOnly; SameSite=Lax');
  assert.equal(
    cookieSuffix({ ...attributes, maxAgeSeconds: 60, path: '/a', domain: 'example.com', secure: false, httpOnly: false, sameSite: 'none' }),
    '; Path=/a; Domain=example.com; Max-Age=60; Secure; SameSite=None',
  );
});
