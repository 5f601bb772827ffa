import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HalfSipHash } from './half-sip-hash.ts';
import { type KeyPart, type KeySource, LimitKey } from './key.ts';

interface Request {
  readonly address?: string | null;
  readonly method?: string;
  readonly route?: string;
  readonly host?: string;
  readonly named?: Readonly<Record<string, string>>;
}

function sourceOf({ address = '203.0.113.7', method = 'GET', route = 'shop', host = 'a.test', named = {} }: Request): KeySource {
  const lookUp = (kind: string) => (name: string) => named[`${kind} ${name}`] ?? null;
  return {
    address,
    method,
    route,
    host,
    query: lookUp('query'),
    header: lookUp('header'),
    cookie: lookUp('cookie'),
    claim: lookUp('claim'),
  };
}

function hashOf(parts: readonly KeyPart[], request: Request, salt = 'login 5/60000'): string {
  const hash = new HalfSipHash({ k0: 1, k1: 2 });
  const isWhole = new LimitKey(salt, parts).hash(sourceOf(request), hash);
  return `${isWhole} ${hash.high} ${hash.low}`;
}

function networkOf(address: string, prefixes: { bits4?: number; bits6?: number } = {}): string {
  return hashOf([{ source: 'address', bits4: 32, bits6: 64, ...prefixes }], { address });
}

test('addresses of one IPv6 network of 64 bits are one key, however they are written', () => {
  const one = networkOf('2001:db8:1:2::1');
  for (const same of ['2001:db8:1:2:ffff::', '2001:DB8:1:2:3:4:5:6', '2001:0db8:0001:0002::', '2001:db8:1:2::9%eth0'])
    assert.equal(networkOf(same), one, same);
  for (const other of ['2001:db8:1:3::1', '2001:db8:1::2', '::1', '2001:db8:1:2']) assert.notEqual(networkOf(other), one, other);
  assert.notEqual(networkOf('::'), networkOf('1::'));
});

test('an IPv4-mapped address is the IPv4 address that it is', () => {
  assert.equal(networkOf('::ffff:203.0.113.7'), networkOf('203.0.113.7'));
  assert.notEqual(networkOf('203.0.113.8'), networkOf('203.0.113.7'));
});

test('prefixes are what is asked for', () => {
  assert.equal(networkOf('203.0.113.7', { bits4: 24 }), networkOf('203.0.113.200', { bits4: 24 }));
  assert.notEqual(networkOf('203.0.113.7', { bits4: 24 }), networkOf('203.0.112.7', { bits4: 24 }));
  assert.equal(networkOf('203.0.113.7', { bits4: 0 }), networkOf('8.8.8.8', { bits4: 0 }));
  assert.equal(networkOf('2001:db8:1:2::', { bits6: 48 }), networkOf('2001:db8:1:3::', { bits6: 48 }));
  assert.notEqual(networkOf('2001:db8::1', { bits6: 128 }), networkOf('2001:db8::2', { bits6: 128 }));
  assert.notEqual(networkOf('2001:db8:1:2:8000::', { bits6: 65 }), networkOf('2001:db8:1:2::', { bits6: 65 }));
});

test('what is no address is taken as it stands', () => {
  for (const text of [
    '',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1:2:3',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    'fe80::g',
  ])
    assert.notEqual(networkOf(text), networkOf(`${text}x`), text);
});

test('each part makes a difference, and which part has a value does', () => {
  const parts: readonly KeyPart[] = [
    { source: 'header', name: 'x-key' },
    { source: 'cookie', name: 'id' },
    { source: 'claim', name: 'sub' },
    { source: 'query', name: 'q' },
    { source: 'route' },
    { source: 'method' },
    { source: 'host' },
  ];
  const requests: readonly Request[] = [
    {},
    { method: 'POST' },
    { route: 'other' },
    { host: 'b.test' },
    { named: { 'query q': 'a' } },
    { named: { 'header x-key': 'a' } },
    { named: { 'cookie id': 'a' } },
    { named: { 'claim sub': 'a' } },
    { named: { 'header x-key': '' } },
  ];
  const hashes = requests.map((request) => hashOf(parts, request));
  assert.equal(new Set(hashes).size, hashes.length);
});

test('a missing part is said, and all without it are one key', () => {
  const parts: readonly KeyPart[] = [{ source: 'header', name: 'x-key' }, { source: 'route' }];
  assert.match(hashOf(parts, {}), /^false /);
  assert.match(hashOf(parts, { named: { 'header x-key': 'k' } }), /^true /);
  assert.equal(hashOf(parts, { address: '1.1.1.1' }), hashOf(parts, { address: '2.2.2.2' }));
});

test('another limit, or the same with other figures, counts apart', () => {
  assert.notEqual(hashOf([], {}), hashOf([], {}, 'login 6/60000'));
});
