import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalServerName, isAddress } from './server-name.ts';

test('a name is lower case and without its trailing dot', () => {
  assert.equal(canonicalServerName('WWW.Example.COM.'), 'www.example.com');
  assert.equal(canonicalServerName('a_b-1.xn--bcher-kva.example'), 'a_b-1.xn--bcher-kva.example');
  assert.equal(canonicalServerName('localhost'), 'localhost');
});

test('letters, digits, hyphen and underscore, and no other character', () => {
  const allowed = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
    (each) => canonicalServerName(`x${each}y`) !== null,
  );
  assert.equal(allowed.join(''), '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz');
});

const label63 = 'a'.repeat(63);
const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`;

test('a label has at most 63 characters and a name 253', () => {
  assert.equal(canonicalServerName(label63), label63);
  assert.equal(canonicalServerName(`a${label63}`), null);
  assert.equal(canonicalServerName(`${name253}.`), name253);
  assert.equal(canonicalServerName(`${name253}a`), null);
});

for (const name of [
  '',
  '.',
  '..',
  '.a',
  'a..b',
  'a..',
  'a b',
  'a\0',
  'a/b',
  '*.a',
  'a:443',
  '[::1]',
  'b\xfccher.example',
  'a\n',
  'a@b',
  'a,b',
  'a~',
  '\x0d',
]) {
  test(`${JSON.stringify(name)} is no name`, () => assert.equal(canonicalServerName(name), null));
}

test('addresses are told from names', () => {
  for (const text of ['127.0.0.1', '1.2.3.4.', '::1', '2001:db8::1', '999.1.1.1']) assert.equal(isAddress(text), true, text);
  for (const text of ['1.2.3', '1.2.3.4.example', 'a.b.c.d', '1.2.3.4.5', 'localhost', '', 'fe80::1%eth0'])
    assert.equal(isAddress(text), false, text);
});
