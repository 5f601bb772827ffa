import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { number, vector } from '../../../test/support/client-hello.ts';
import { crc32c } from './crc32c.ts';
import { anonymous, type ProxyFault, type ProxyHeader } from './header.ts';
import { ProxyHeaderReader, type ProxyReading, type ProxyVersions } from './reader.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function read(bytes: Uint8Array, versions: ProxyVersions = 'any', bytesMax = 4_096): ProxyReading {
  return new ProxyHeaderReader({ versions, bytesMax }).feed(bytes);
}

function headerOf(bytes: Uint8Array): ProxyHeader {
  const reading = read(bytes);
  assert.equal(reading.kind, 'header', JSON.stringify(reading));
  return (reading as { header: ProxyHeader }).header;
}

function faultOf(bytes: Uint8Array, versions?: ProxyVersions, bytesMax?: number): ProxyFault {
  const reading = read(bytes, versions, bytesMax);
  assert.equal(reading.kind, 'refused', JSON.stringify(reading));
  return (reading as { fault: ProxyFault }).fault;
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function block(command: number, family: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.of(command, family), vector(2, ...parts)]);
}

function tlv(type: number, value: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type), vector(2, typeof value === 'string' ? Buffer.from(value, 'latin1') : value)]);
}

const V4 = Buffer.of(192, 0, 2, 1, 198, 51, 100, 2, 0xdb, 0xd6, 1, 0xbb);
const v4 = (...tlvs: readonly Uint8Array[]): Buffer => block(0x21, 0x11, V4, ...tlvs);
const SOURCE = { kind: 'ip', address: '192.0.2.1', port: 56278 };

function ssl(client: number, verify: number, ...tlvs: readonly Uint8Array[]): Buffer {
  return v4(tlv(0x20, Buffer.concat([Buffer.of(client), number(verify, 4), ...tlvs])));
}

describe('version 1', () => {
  test('tells both ends', () => {
    const said = headerOf(line('PROXY TCP4 192.0.2.1 198.51.100.2 56278 443'));
    assert.deepEqual(said, { ...anonymous(1), source: SOURCE, destination: { kind: 'ip', address: '198.51.100.2', port: 443 } });
  });

  test('IPv6 in its one spelling, mapped IPv4 as IPv4', () => {
    const said = headerOf(line('PROXY TCP6 2001:DB8:0:0::1 ::ffff:192.0.2.1 0 65535'));
    assert.deepEqual(said.source, { kind: 'ip', address: '2001:db8::1', port: 0 });
    assert.deepEqual(said.destination, { kind: 'ip', address: '192.0.2.1', port: 65535 });
  });

  test('UNKNOWN tells nothing, whatever follows', () => {
    assert.deepEqual(headerOf(line('PROXY UNKNOWN')), anonymous(1));
    assert.deepEqual(headerOf(line('PROXY UNKNOWN x y\xff z')), anonymous(1));
    const longest = `PROXY UNKNOWN ${'f'.repeat(91)}`;
    assert.deepEqual(headerOf(line(longest)), anonymous(1));
    assert.equal(faultOf(line(`${longest}f`)).kind, 'too-large');
  });

  test('gives the place of the first byte after it', () => {
    const reading = read(Buffer.from('PROXY UNKNOWN\r\nGET /'));
    assert.equal(reading.kind === 'header' && reading.next, 15);
  });

  const malformed = [
    'PROXY UDP4 192.0.2.1 192.0.2.2 1 2',
    'PROXY tcp4 192.0.2.1 192.0.2.2 1 2',
    'PROXY TCP4',
    'PROXY  TCP4 192.0.2.1 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 ',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3',
    'PROXY TCP4 192.0.2.1  192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.1\t192.0.2.2 1 2',
    'PROXY TCP4 192.0.02.1 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2.256 192.0.2.2 1 2',
    'PROXY TCP4 192.0.2 192.0.2.2 1 2',
    'PROXY TCP4 0x7f.0.0.1 192.0.2.2 1 2',
    'PROXY TCP4 ::1 ::1 1 2',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1 2',
    'PROXY TCP6 ::1 fe80::1%eth0 1 2',
    'PROXY TCP6 ::1 [::1] 1 2',
    'PROXY TCP6 1::2::3 ::1 1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 01 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536',
    'PROXY TCP4 192.0.2.1 192.0.2.2 -1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 +1 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1e3 2',
    'PROXY TCP4 192.0.2.1 192.0.2.2  2',
    'PROXY UNKNOWNS',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r',
    'PROXY UNKNOWN\n',
    'PROXY UNKNOWN\rx',
  ];
  for (const text of malformed) test(`${JSON.stringify(text)} is malformed`, () => assert.equal(faultOf(line(text)).kind, 'malformed'));
});

describe('version 2', () => {
  test('IPv4', () => {
    const said = headerOf(v4());
    assert.deepEqual(said, { ...anonymous(2), source: SOURCE, destination: { kind: 'ip', address: '198.51.100.2', port: 443 } });
    assert.equal(headerOf(block(0x21, 0x12, V4)).transport, 'datagram');
  });

  test('IPv6', () => {
    const [one, two] = ['20010db8000000000000000000000001', '00000000000000000000ffffc0000201'];
    const said = headerOf(block(0x21, 0x21, Buffer.from(`${one}${two}00010002`, 'hex')));
    assert.deepEqual(said.source, { kind: 'ip', address: '2001:db8::1', port: 1 });
    assert.deepEqual(said.destination, { kind: 'ip', address: '192.0.2.1', port: 2 });
  });

  test('unix paths end at their first NUL', () => {
    const paths = Buffer.alloc(216);
    paths.write('/run/a.sock');
    paths.write('/b', 108);
    const said = headerOf(block(0x21, 0x31, paths));
    assert.deepEqual(
      [said.source, said.destination],
      [
        { kind: 'unix', path: '/run/a.sock' },
        { kind: 'unix', path: '/b' },
      ],
    );
    paths.fill(0x61);
    assert.deepEqual(headerOf(block(0x21, 0x32, paths)).source, { kind: 'unix', path: 'a'.repeat(108) });
  });

  test('LOCAL and UNSPEC tell nothing, whatever is in the block', () => {
    for (const bytes of [
      block(0x20, 0),
      block(0x20, 0x11, V4),
      block(0x20, 0xff, Buffer.alloc(9)),
      block(0x21, 0, Buffer.alloc(3)),
      block(0x21, 0x10, V4),
    ]) {
      assert.deepEqual(headerOf(bytes), anonymous(2));
    }
  });

  test('TLVs', () => {
    const said = headerOf(
      v4(tlv(1, 'h2'), tlv(4, 'xxx'), tlv(4, ''), tlv(0xe1, 'own'), tlv(0xe1, 'own'), tlv(2, 'a.example'), tlv(5, 'id'), tlv(0x30, 'net')),
    );
    assert.deepEqual([said.alpn, said.authority, said.networkNamespace, said.tls], ['h2', 'a.example', 'net', null]);
    assert.deepEqual(said.uniqueId, new Uint8Array([0x69, 0x64]));
  });

  test('a TLV of no length says nothing', () => {
    const said = headerOf(v4(tlv(1, ''), tlv(2, '')));
    assert.deepEqual([said.alpn, said.authority], [null, null]);
  });

  test('a checksum is verified wherever it stands', () => {
    for (const order of [
      [tlv(3, Buffer.alloc(4)), tlv(1, 'h2')],
      [tlv(1, 'h2'), tlv(3, Buffer.alloc(4))],
    ]) {
      const bytes = v4(...order);
      const at = bytes.indexOf(tlv(3, Buffer.alloc(4))) + 3;
      bytes.writeUInt32BE(crc32c(bytes), at);
      assert.equal(headerOf(bytes).alpn, 'h2');
      for (const index of [17, at, bytes.length - 1]) {
        const damaged = Buffer.from(bytes);
        damaged[index]! ^= 1;
        assert.match(faultOf(damaged).what, /checksum/);
      }
    }
  });

  test('a checksum has 4 bytes, even where the first 4 are right', () => {
    const bytes = v4(tlv(3, Buffer.alloc(5)));
    bytes.writeUInt32BE(crc32c(bytes), bytes.length - 5);
    assert.match(faultOf(bytes).what, /4 bytes/);
  });

  test('TLS without a client certificate is not verified, whatever the result says', () => {
    assert.deepEqual(headerOf(ssl(1, 0, tlv(0x21, 'TLSv1.3'))).tls, {
      version: 'TLSv1.3',
      cipher: null,
      signatureAlgorithm: null,
      keyAlgorithm: null,
      commonName: null,
      certificate: null,
      isVerified: false,
    });
  });

  test('a client certificate of the connection or of the session, verified or not', () => {
    const certificate = (client: number, verify: number): unknown => {
      const { tls } = headerOf(ssl(client, verify));
      return tls === null ? null : [tls.certificate, tls.isVerified];
    };
    assert.deepEqual(certificate(7, 0), ['connection', true]);
    assert.deepEqual(certificate(5, 0), ['session', true]);
    assert.deepEqual(certificate(3, 18), ['connection', false]);
    assert.equal(certificate(6, 0), null);
  });

  const malformed: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['version 1 in the block', block(0x11, 0x11, V4)],
    ['version 3', block(0x31, 0x11, V4)],
    ['an unknown command', block(0x22, 0x11, V4)],
    ['an unknown family', block(0x21, 0x41, V4)],
    ['an unknown transport', block(0x21, 0x13, V4)],
    ['too few bytes for IPv4', block(0x21, 0x11, V4.subarray(1))],
    ['no second port', block(0x21, 0x11, V4.subarray(2))],
    ['no bytes', block(0x21, 0x11)],
    ['too few bytes for IPv6', block(0x21, 0x21, Buffer.alloc(35))],
    ['too few bytes for unix', block(0x21, 0x31, Buffer.alloc(215))],
    ['half a TLV header', v4(Buffer.of(1, 0))],
    ['a TLV longer than the block', v4(Buffer.of(1, 0, 3, 0x68, 0x32))],
    ['a TLV twice', v4(tlv(2, 'a'), tlv(2, 'a'))],
    ['a checksum of 3 bytes', v4(tlv(3, 'abc'))],
    ['a checksum of 5 bytes', v4(tlv(3, 'abcde'))],
    ['a wrong checksum', v4(tlv(3, Buffer.alloc(4)))],
    ['a unique id of 129 bytes', v4(tlv(5, Buffer.alloc(129)))],
    ['CRLF in the authority', v4(tlv(2, 'a\r\nb'))],
    ['a space in the authority', v4(tlv(2, 'a b'))],
    ['NUL in the namespace', v4(tlv(0x30, 'a\0'))],
    ['an SSL TLV of 4 bytes', v4(tlv(0x20, Buffer.alloc(4)))],
    ['an SSL TLV of 3 bytes', v4(tlv(0x20, Buffer.alloc(3)))],
    ['an SSL TLV of 1 byte', v4(tlv(0x20, Buffer.of(1)))],
    ['an empty SSL TLV', v4(tlv(0x20, ''))],
    ['an SSL version twice', ssl(1, 0, tlv(0x21, 'a'), tlv(0x21, 'a'))],
    ['half a TLV in the SSL TLV', ssl(1, 0, Buffer.of(0x21, 0))],
    ['a TLV longer than the SSL TLV', ssl(1, 0, Buffer.of(0x21, 0, 2, 0x61))],
    ['a line break in the common name', ssl(7, 0, tlv(0x22, 'a\nb'))],
    ['a common name that is not UTF-8', ssl(7, 0, tlv(0x22, 'J\xf6rg'))],
    ['a control character in the cipher', ssl(1, 0, tlv(0x23, 'a\x7f'))],
    ['a control character in the version', ssl(1, 0, tlv(0x21, '\x1b'))],
    ['a control character in the key algorithm', ssl(1, 0, tlv(0x25, '\x1b'))],
    ['a control character in the signature algorithm', ssl(1, 0, tlv(0x24, '\x1b'))],
  ];
  for (const [name, bytes] of malformed) test(`${name} is malformed`, () => assert.equal(faultOf(bytes).kind, 'malformed'));

  test('its length is bounded before it has come', () => {
    assert.equal(faultOf(Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x11, 0x0f, 0xf1)])).kind, 'too-large');
    assert.equal(read(Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x11, 0x0f, 0xf0)])).kind, 'more');
  });

  test('gives the place of the first byte after it, in the piece that ends it', () => {
    const bytes = Buffer.concat([v4(), Buffer.from('GET /')]);
    const reader = new ProxyHeaderReader({ versions: 'v2' });
    assert.equal(reader.feed(bytes, 0, 20).kind, 'more');
    const reading = reader.feed(bytes.subarray(20));
    assert.equal(reading.kind === 'header' && reading.next, 8);
  });
});

describe('what is allowed', () => {
  test('a header of another version is told as such', () => {
    assert.equal(faultOf(line('PROXY UNKNOWN'), 'v2').kind, 'version');
    assert.equal(faultOf(block(0x20, 0), 'v1').kind, 'version');
    assert.equal(read(line('PROXY UNKNOWN'), 'v1').kind, 'header');
    assert.equal(read(block(0x20, 0), 'v2').kind, 'header');
  });

  for (const text of [
    'GET / HTTP/1.1\r\n',
    'POST / HTTP/1.1',
    'proxy TCP4',
    'PROXYTCP4',
    '\r\n\r\n\0\r\nQUIX',
    '\x16\x03\x01',
    ' PROXY UNKNOWN',
    '\r\nPROXY UNKNOWN',
  ]) {
    test(`${JSON.stringify(text)} is no header`, () => assert.equal(faultOf(Buffer.from(text, 'latin1')).kind, 'not-proxy'));
  }

  test('what is no header is not taken for one of another version', () => {
    assert.equal(faultOf(Buffer.from('POST / HTTP/1.1'), 'v2').kind, 'not-proxy');
    assert.equal(faultOf(Buffer.from('\r\nGET / HTTP/1.1'), 'v1').kind, 'not-proxy');
  });

  test('a header is read once', () => {
    const reader = new ProxyHeaderReader({ versions: 'any' });
    reader.feed(line('PROXY UNKNOWN'));
    assert.throws(() => reader.feed(line('PROXY UNKNOWN')), /must hold/);
  });
});

describe('as HAProxy 2.6 sends it', () => {
  test('version 1', () => {
    const bytes = Buffer.from('50524f58592054435034203132372e302e302e31203132372e302e302e312035363538382031373030330d0a', 'hex');
    assert.deepEqual(headerOf(bytes).source, { kind: 'ip', address: '127.0.0.1', port: 56588 });
  });

  test('version 2 with a checksum', () => {
    assert.deepEqual(headerOf(Buffer.from('0d0a0d0a000d0a515549540a211100137f0000017f000001a7024269030004b53179c168690a', 'hex')).source, {
      kind: 'ip',
      address: '127.0.0.1',
      port: 42754,
    });
    const six = `0d0a0d0a000d0a515549540a2121002b${'0'.repeat(31)}1${'0'.repeat(31)}1ed4c426c030004adb85d8d`;
    assert.deepEqual(headerOf(Buffer.from(six, 'hex')).source, { kind: 'ip', address: '::1', port: 60748 });
  });

  test('version 2 with everything it knows of TLS', () => {
    const hex =
      '0d0a0d0a000d0a515549540a2111008e7f0000017f000001a5ac426a030004bad03b65010002683202000b6170702e6578616d706c6505000f3132372e302e302e313a' +
      '34323431322000530700000000210007544c5376312e3322000c4ac3b6726720436c69656e74250005454332353624001165636473612d776974682d53484132353623' +
      '0016544c535f4145535f3235365f47434d5f534841333834';
    const said = headerOf(Buffer.from(hex, 'hex'));
    assert.deepEqual([said.alpn, said.authority, Buffer.from(said.uniqueId!).toString()], ['h2', 'app.example', '127.0.0.1:42412']);
    assert.deepEqual(said.tls, {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      signatureAlgorithm: 'ecdsa-with-SHA256',
      keyAlgorithm: 'EC256',
      commonName: 'Jörg Client',
      certificate: 'connection',
      isVerified: true,
    });
  });
});
