import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProxyAddress, ProxyHeader } from './header.ts';
import { ProxyHeaderReader } from './reader.ts';
import { writeProxyV1, writeProxyV2, type ProxyEnds } from './writer.ts';

function ip(address: string, port: number): ProxyAddress {
  return { kind: 'ip', address, port };
}

const V4: ProxyEnds = { source: ip('192.0.2.1', 56278), destination: ip('198.51.100.2', 443) };
const V6: ProxyEnds = { source: ip('2001:db8::1', 1), destination: ip('::1', 65535) };
const MIXED: ProxyEnds = { source: ip('192.0.2.1', 1), destination: ip('2001:db8::1', 2) };
const UNIX: ProxyEnds = { source: { kind: 'unix', path: '/run/a' }, destination: { kind: 'unix', path: '' } };

function back(bytes: Uint8Array): ProxyHeader {
  const reading = new ProxyHeaderReader({ versions: 'any' }).feed(bytes);
  assert.equal(reading.kind, 'header', JSON.stringify(reading));
  return (reading as { header: ProxyHeader }).header;
}

function line(ends: ProxyEnds | null): string {
  return Buffer.from(writeProxyV1(ends)).toString('latin1');
}

describe('version 1', () => {
  test('as §2.1 shows it', () => {
    assert.equal(line(V4), 'PROXY TCP4 192.0.2.1 198.51.100.2 56278 443\r\n');
    assert.equal(line(V6), 'PROXY TCP6 2001:db8::1 ::1 1 65535\r\n');
  });

  test('two families as IPv6', () => assert.equal(line(MIXED), 'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 1 2\r\n'));

  test('mapped addresses as IPv4, zones left out', () => {
    assert.equal(
      line({ source: ip('::ffff:192.0.2.1', 1), destination: ip('::ffff:127.0.0.1', 2) }),
      'PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n',
    );
    assert.equal(line({ source: ip('fe80::1%eth0', 1), destination: ip('fe80::2', 2) }), 'PROXY TCP6 fe80::1 fe80::2 1 2\r\n');
  });

  test('UNKNOWN where there are no IP addresses', () => {
    assert.equal(line(null), 'PROXY UNKNOWN\r\n');
    assert.equal(line(UNIX), 'PROXY UNKNOWN\r\n');
    assert.equal(line({ source: ip('nonsense\r\n', 1), destination: ip('::1', 2) }), 'PROXY UNKNOWN\r\n');
  });
});

describe('version 2', () => {
  test('a connection of our own is LOCAL', () => {
    assert.equal(Buffer.from(writeProxyV2(null)).toString('hex'), '0d0a0d0a000d0a515549540a20000000');
  });

  test('byte for byte', () => {
    assert.equal(Buffer.from(writeProxyV2(V4)).toString('hex'), '0d0a0d0a000d0a515549540a2111000cc0000201c6336402dbd601bb');
  });

  test('byte for byte with a checksum, as HAProxy 2.6 sends it', () => {
    const ends = { source: ip('127.0.0.1', 42754), destination: ip('127.0.0.1', 17001) };
    const expected = '0d0a0d0a000d0a515549540a211100137f0000017f000001a7024269030004b53179c1';
    assert.equal(Buffer.from(writeProxyV2(ends, { checksum: true })).toString('hex'), expected);
  });

  test('addresses are read back as they were', () => {
    for (const ends of [V4, V6, UNIX, MIXED]) {
      const { source, destination, transport } = back(writeProxyV2(ends, { transport: 'datagram' }));
      assert.deepEqual({ source, destination, transport }, { ...ends, transport: 'datagram' });
    }
  });

  test('two kinds of address are UNSPEC', () => {
    assert.equal(writeProxyV2({ source: V4.source, destination: UNIX.source })[13], 0x01);
    assert.equal(back(writeProxyV2({ source: V4.source, destination: UNIX.source })).source, null);
  });

  test('details are read back as they were', () => {
    const details = { alpn: 'h2', authority: 'a.example', uniqueId: Uint8Array.of(1, 2), checksum: true };
    const tls = { version: 'TLSv1.3', certificate: { commonName: 'Jörg', isVerified: true } };
    const said = back(writeProxyV2(V6, { ...details, tls }));
    assert.deepEqual([said.alpn, said.authority, said.uniqueId], ['h2', 'a.example', Uint8Array.of(1, 2)]);
    assert.deepEqual(
      [said.tls?.version, said.tls?.commonName, said.tls?.certificate, said.tls?.isVerified],
      ['TLSv1.3', 'Jörg', 'connection', true],
    );
  });

  test('a certificate that was not verified, or none, is not called verified', () => {
    const verify = (certificate: { commonName: null; isVerified: boolean } | null): unknown => {
      const bytes = writeProxyV2(V4, { tls: { version: 'TLSv1.2', certificate } });
      return [bytes[31], Buffer.from(bytes).readUInt32BE(32)];
    };
    assert.deepEqual(verify(null), [1, 1]);
    assert.deepEqual(verify({ commonName: null, isVerified: false }), [7, 1]);
    assert.deepEqual(verify({ commonName: null, isVerified: true }), [7, 0]);
  });

  test('a unique id over 128 bytes is refused', () => {
    assert.throws(() => writeProxyV2(V4, { uniqueId: new Uint8Array(129) }), /128/);
  });
});
