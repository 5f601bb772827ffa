import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAuthority } from './authority.ts';

test('names, plain IPv4 addresses and IPv6 addresses in brackets are read', () => {
  const rows: readonly (readonly [string, string, boolean, number])[] = [
    ['example.com:443', 'example.com', false, 443],
    ['EXAMPLE.Com:443', 'example.com', false, 443],
    ['example.com.:443', 'example.com', false, 443],
    ['example.com', 'example.com', false, 80],
    ['localhost:1', 'localhost', false, 1],
    ['xn--bcher-kva.example:65535', 'xn--bcher-kva.example', false, 65_535],
    ['_dmarc.example.com:80', '_dmarc.example.com', false, 80],
    ['1.example:80', '1.example', false, 80],
    ['1.2.3.4:8080', '1.2.3.4', true, 8_080],
    ['0.0.0.0:80', '0.0.0.0', true, 80],
    ['[::1]:80', '::1', true, 80],
    ['[2001:DB8:0:0:0:0:0:1]:80', '2001:db8::1', true, 80],
    ['[::ffff:10.0.0.1]:80', '10.0.0.1', true, 80],
    ['[::1]', '::1', true, 80],
  ];
  for (const [text, host, isAddress, port] of rows) assert.deepEqual(parseAuthority(text, 80), { host, isAddress, port }, text);
});

test('whatever two programs might read differently is refused', () => {
  const addresses =
    '127.1 127.0.1 2130706433 017700000001 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1 127.0.0.01 127.0.0.1. 1.2.3.4.5 256.1.1.1 1.2.3.-4 1.2.3 0 00 0x 0x7f 10 example.0x1 example.1 1e3.1';
  const names = '. .. a..b .a -a a- a.-b a_.- ä.example a%2eb a%00 user@host a/b a?b a#b a\\b a,b *.a * a~b a!b';
  const ports = 'a: a:0 a:00443 a:0443 a:65536 a:99999 a:443x a:+443 a:-1 a:1.5 a:443:443 a:４４３';
  const brackets =
    '[] [::1 ::1 ::1]:80 [::1]] [[::1]] [::1]80 [::1]: [::1]:0 [1.2.3.4]:80 [fe80::1%25eth0]:80 [v1.a]:80 [:::]:80 [::ffff:127.1]:80 [a]:80 x[::1]:80';
  for (const text of [addresses, names, ports, brackets].flatMap((list) => list.split(' ')))
    assert.equal(parseAuthority(text, 80), null, text);
  for (const text of ['', 'a'.repeat(254), `${'a'.repeat(64)}.example`, 'a b:80', 'a\tb', 'a\0b'])
    assert.equal(parseAuthority(text, 80), null, text);
});

test('a port must be given where there is no usual one', () => {
  assert.equal(parseAuthority('example.com', null), null);
  assert.equal(parseAuthority('[::1]', null), null);
});
