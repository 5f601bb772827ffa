import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ADMIN, type AddressUse, ENDPOINT, formatAddress, isLoopback, LISTENER, parseAddress } from './address.ts';

function textOf(given: string, use: AddressUse): string {
  const parsed = parseAddress(given, use);
  return parsed.ok ? parsed.text : `refused: ${parsed.problem}${parsed.hint === null ? '' : `; ${parsed.hint}`}`;
}

test('each address has one canonical text', () => {
  const cases: readonly [string, string][] = [
    ['127.0.0.1:3001', '127.0.0.1:3001'],
    ['127.0.0.1:03001', '127.0.0.1:3001'],
    ['LocalHost:3000', 'localhost:3000'],
    ['[::1]:80', '[::1]:80'],
    ['[0:0:0:0:0:0:0:1]:80', '[::1]:80'],
    ['[2001:DB8::0:1]:80', '[2001:db8::1]:80'],
    ['unix:/run/app.sock', 'unix:/run/app.sock'],
    ['app_1.internal:65535', 'app_1.internal:65535'],
  ];
  for (const [given, text] of cases) assert.equal(textOf(given, ENDPOINT), text);
});

test('an address without a host is every interface for a listener, loopback for the admin API, and refused for an endpoint', () => {
  assert.equal(textOf(':8080', LISTENER), '[::]:8080');
  assert.equal(textOf(':9900', ADMIN), '127.0.0.1:9900');
  assert.equal(textOf(':3001', ENDPOINT), "refused: has no host; write '127.0.0.1:3001'");
});

test('port 0 is for listeners only', () => {
  assert.equal(textOf('127.0.0.1:0', LISTENER), '127.0.0.1:0');
  assert.match(textOf('127.0.0.1:0', ENDPOINT), /^refused: has a port that is not 1..65535/);
});

test('a near miss is refused with what was probably meant', () => {
  assert.equal(textOf('8080', LISTENER), "refused: has no host; write ':8080'");
  assert.equal(textOf('3001', ENDPOINT), "refused: has no host; write '127.0.0.1:3001'");
  assert.equal(textOf('localhost', ENDPOINT), "refused: has no port; write 'localhost:80'");
  assert.equal(
    textOf('/run/a.sock', ENDPOINT),
    "refused: names a path without saying what it is; a unix socket is written 'unix:/run/a.sock'",
  );
  assert.equal(textOf('http://a:80', ENDPOINT), 'refused: has a scheme; write host and port only');
  assert.equal(textOf('2001:db8::1:80', ENDPOINT), "refused: has an IPv6 address without brackets; write '[2001:db8::1]:80'");
});

test('numbers that resolvers read differently are refused', () => {
  for (const host of ['127.1', '0x7f.0.0.1', '010.0.0.1', '2130706433', '256.0.0.1', '1.2.3.4.5', 'a.0x1']) {
    assert.match(textOf(`${host}:80`, ENDPOINT), /^refused/, host);
  }
});

test('hosts with other characters, bad sockets and bad ports are refused', () => {
  const given = [
    'a b:80',
    'a..b:80',
    '-a:80',
    'a:65536',
    'a:-1',
    'a:8o',
    'a@b:80',
    '[::1:80',
    '[::zz]:80',
    'unix:run',
    'unix:',
    `unix:/${'x'.repeat(107)}`,
    '',
  ];
  for (const text of given) assert.match(textOf(text, ENDPOINT), /^refused/, text);
});

test('any text is parsed or refused, and a canonical text is its own canonical text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('[]:.0189afx/unix-')) })), (text) => {
      const parsed = parseAddress(text, LISTENER);
      if (!parsed.ok) return;
      assert.equal(formatAddress(parsed.address), parsed.text);
      assert.deepEqual(parseAddress(parsed.text, LISTENER), parsed);
    }),
  );
});

test('loopback is 127/8, ::1, localhost and sockets', () => {
  const isLocal = (text: string): boolean => {
    const parsed = parseAddress(text, LISTENER);
    return parsed.ok && isLoopback(parsed.address);
  };
  for (const text of ['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1', 'unix:/a']) assert.ok(isLocal(text), text);
  for (const text of [':1', '0.0.0.0:1', '[::]:1', '10.0.0.1:1', '127.example.com:1']) assert.ok(!isLocal(text), text);
});
