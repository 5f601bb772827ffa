/** What holds for all addresses and rules, not only for those in the tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressClass } from './address-class.ts';
import { formatDestination, parseAuthority } from './authority.ts';
import { DestinationRules } from './destination-rules.ts';
import { ipBytes, ipText } from '../proxy-protocol/ip-bytes.ts';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const port = fc.integer({ min: 1, max: 65_535 });
const dotted = (bytes: Uint8Array): string => bytes.join('.');

test('an IPv4 address inside an IPv6 one is never more public than by itself', () => {
  const carriers: readonly ((bytes: Uint8Array) => string)[] = [
    (bytes) => `::ffff:${dotted(bytes)}`,
    (bytes) => `64:ff9b::${dotted(bytes)}`,
    (bytes) => `::ffff:0:${dotted(bytes)}`,
    (bytes) => `2002:${hex(bytes[0]!, bytes[1]!)}:${hex(bytes[2]!, bytes[3]!)}::1`,
    (bytes) => `2606:4700::5efe:${dotted(bytes)}`,
    (bytes) => `::${dotted(bytes)}`,
  ];
  fc.assert(
    fc.property(ipv4, fc.constantFrom(...carriers), (bytes, carry) => {
      if (addressClass(dotted(bytes)) === 'public') return;
      assert.notEqual(addressClass(carry(bytes)), 'public', carry(bytes));
    }),
    { numRuns: 2_000 },
  );
});

test('of IPv6, nothing outside 2000::/3 is public but what carries a public IPv4 address', () => {
  fc.assert(
    fc.property(ipv6, (bytes) => {
      const text = ipText(bytes);
      if (text.includes('.') || text.startsWith('64:ff9b:') || text.startsWith('::ffff:0:') || bytes[0]! >> 5 === 1) return;
      assert.notEqual(addressClass(text), 'public', text);
    }),
    { numRuns: 2_000 },
  );
});

test('without allowPrivate, no address that may be connected to is anything but public, whatever the rules', () => {
  const addresses = fc.array(fc.oneof(ipv4.map(dotted), ipv6.map(ipText)), { maxLength: 8 });
  const rules = new DestinationRules({ allow: [{ hosts: ['*', '0.0.0.0/0', '::/0'], ports: [[1, 65_535]] }], deny: [], allowPrivate: [] });
  fc.assert(
    fc.property(addresses, port, (given, at) => {
      const { usable, left } = rules.addresses(given, at);
      for (const address of usable) assert.equal(addressClass(address), 'public');
      assert.equal(usable.length < given.length, left !== null);
    }),
  );
});

test('what deny has, no rule allows', () => {
  const names = fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'other.test', 'xa.test');
  const patterns = fc.constantFrom('*', 'a.test', '*.a.test', 'b.a.test', 'other.test', '*.test');
  fc.assert(
    fc.property(fc.array(patterns), fc.array(patterns, { minLength: 1 }), names, port, fc.boolean(), (allow, deny, host, at, isConnect) => {
      const open = new DestinationRules({ allow: [{ hosts: allow, ports: null }], deny: [], allowPrivate: [] });
      const both = new DestinationRules({ allow: [{ hosts: allow, ports: null }], deny: [{ hosts: deny, ports: null }], allowPrivate: [] });
      const only = new DestinationRules({ allow: [{ hosts: deny, ports: [[1, 65_535]] }], deny: [], allowPrivate: [] });
      const asked = { host, isAddress: false, port: at };
      const isDenied = only.host(asked, isConnect) === 'allowed';
      assert.equal(both.host(asked, isConnect), isDenied ? 'denied-host' : open.host(asked, isConnect));
    }),
  );
});

test('an authority that is read means the same when it is written and read again, and an address reads as exactly itself', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789abcfx.:[]-_%@A'.split('')), maxLength: 24 }),
    fc.tuple(ipv4.map(dotted), port).map(([host, at]) => `${host}:${at}`),
    fc.tuple(ipv6.map(ipText), port).map(([host, at]) => formatDestination(host, at)),
  );
  fc.assert(
    fc.property(text, (given) => {
      const read = parseAuthority(given, 80);
      if (read === null) return;
      assert.deepEqual(parseAuthority(formatDestination(read.host, read.port), null), read);
      assert.equal(ipBytes(read.host) !== null, read.isAddress, given);
      if (!read.isAddress) assert.doesNotMatch(read.host, /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/);
    }),
    { numRuns: 5_000 },
  );
});

function hex(high: number, low: number): string {
  return ((high << 8) | low).toString(16);
}
