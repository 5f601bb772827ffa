import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  alpn,
  extension,
  hello,
  helloMessage,
  preSharedKeys,
  records,
  serverName,
  vector,
  versions,
} from '../../../test/support/client-hello.ts';
import { ClientHelloReader, type HelloReading } from './client-hello-reader.ts';
import type { ClientHello } from './client-hello.ts';
import type { ClientHelloFault } from './hello-fault.ts';

function read(bytes: Uint8Array, bytesMax = 16_384): HelloReading {
  return new ClientHelloReader({ bytesMax }).feed(bytes);
}

function helloOf(bytes: Uint8Array): ClientHello {
  const reading = read(bytes);
  assert.equal(reading.kind, 'hello', JSON.stringify(reading));
  return (reading as { hello: ClientHello }).hello;
}

function faultOf(bytes: Uint8Array, bytesMax?: number): ClientHelloFault {
  const reading = read(bytes, bytesMax);
  assert.equal(reading.kind, 'refused', JSON.stringify(reading));
  return (reading as { fault: ClientHelloFault }).fault;
}

const GREASE = extension(0x0a0a);
const ticket = Buffer.from('0123456789abcdefREST');

describe('a ClientHello', () => {
  test('tells name, protocols and ticket', () => {
    const bytes = hello(
      GREASE,
      serverName('WWW.Example.com'),
      alpn('h2', 'http/1.1'),
      versions(0x7a7a, 0x0304, 0x0303),
      preSharedKeys([ticket]),
    );
    assert.deepEqual(helloOf(bytes), {
      serverName: 'www.example.com',
      alpn: ['h2', 'http/1.1'],
      ticketName: new Uint8Array(Buffer.from('0123456789abcdef')),
    });
  });

  test('of TLS 1.2 may have no extensions', () => {
    const nothing = { serverName: null, alpn: [], ticketName: null };
    assert.deepEqual(helloOf(records(helloMessage({ extensions: null }))), nothing);
    assert.deepEqual(helloOf(hello()), nothing);
  });

  test('an address is no name', () => {
    assert.equal(helloOf(hello(serverName('192.0.2.1'))).serverName, null);
    assert.equal(helloOf(hello(serverName('2001:db8::1'))).serverName, null);
  });

  test('a TLS 1.2 ticket is named, an empty one asks for one, a short one has no name', () => {
    assert.equal(helloOf(hello(extension(35, ticket))).ticketName?.length, 16);
    assert.equal(helloOf(hello(extension(35))).ticketName, null);
    assert.equal(helloOf(hello(extension(35, Buffer.alloc(15)))).ticketName, null);
  });

  test('of several identities the first is named', () => {
    const said = helloOf(hello(extension(35, ticket), preSharedKeys([Buffer.alloc(16, 5), ticket])));
    assert.deepEqual(said.ticketName, new Uint8Array(16).fill(5));
  });

  test('the name of a ticket does not share memory with the bytes', () => {
    const bytes = hello(extension(35, ticket));
    const said = helloOf(bytes);
    bytes.fill(0);
    assert.equal(said.ticketName?.[0], 0x30);
  });

  test('what follows in later records is not looked at', () => {
    const early = Buffer.concat([Buffer.of(23, 3, 3), vector(2, Buffer.alloc(100))]);
    assert.equal(helloOf(Buffer.concat([hello(serverName('a.example')), early])).serverName, 'a.example');
  });

  test('may come in many records', () => {
    assert.equal(helloOf(records(helloMessage({ extensions: [serverName('a.example')] }), 1)).serverName, 'a.example');
  });

  test('may fill its bound', () => {
    const bytes = hello(extension(21, Buffer.alloc(16_384 - hello(extension(21)).length)));
    assert.equal(bytes.length, 16_384);
    assert.equal(read(bytes).kind, 'hello');
    assert.equal(faultOf(bytes, 16_383).kind, 'too-large');
  });

  test('of one record over 16,384 bytes is refused, also where so many are allowed', () => {
    const message = helloMessage({ extensions: [extension(21, Buffer.alloc(16_384))] });
    assert.equal(faultOf(records(message, message.length), 32_768).kind, 'malformed');
    assert.equal(read(records(message), 32_768).kind, 'hello');
  });

  test('fills its bound with the headers of its records', () => {
    const message = helloMessage({ extensions: [serverName('a.example')] });
    const bytes = records(message, message.length - 20);
    assert.equal(read(bytes, bytes.length).kind, 'hello');
    assert.equal(faultOf(bytes, bytes.length - 1).kind, 'too-large');
  });

  test('is refused by its length before its bytes have come', () => {
    assert.equal(faultOf(Buffer.of(22, 3, 1, 0x40, 0, 1, 0, 0x40, 0)).kind, 'too-large');
  });

  test('is not known before its last byte', () => {
    const bytes = hello(serverName('a.example'));
    assert.equal(read(bytes.subarray(0, -1)).kind, 'more');
  });

  test('is refused once and for all', () => {
    const reader = new ClientHelloReader();
    assert.equal(reader.feed(Buffer.from('GET')).kind, 'refused');
    assert.equal(reader.feed(hello()).kind, 'refused');
  });
});

describe('what is not TLS is known from its first bytes', () => {
  const others: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['HTTP', Buffer.from('G')],
    ['SSH', Buffer.from('S')],
    ['SMTP', Buffer.from('E')],
    ['PROXY protocol v2', Buffer.of(0x0d)],
    ['an SSL 2.0 hello', Buffer.of(0x80, 0x2e, 1)],
    ['an SSL 2.0 message', Buffer.of(0x80, 0x2e, 4)],
    ['an alert', Buffer.of(21)],
    ['application data', Buffer.of(23)],
    ['a handshake record of another major version', Buffer.of(22, 4)],
  ];
  for (const [name, bytes] of others) test(name, () => assert.equal(faultOf(bytes).kind, 'not-tls'));

  test('and SSL 2.0 is called by its name', () => {
    assert.match(faultOf(Buffer.of(0x80, 0x2e, 1)).what, /SSL 2\.0/);
    assert.doesNotMatch(faultOf(Buffer.of(0x80, 0x2e, 4)).what, /SSL 2\.0/);
  });
});

describe('malformed hellos are refused', () => {
  const message = helloMessage({ extensions: [serverName('a.example')] });
  const longer = Buffer.concat([message, Buffer.of(0)]);
  const sni = (...parts: readonly Uint8Array[]): Buffer => hello(extension(0, ...parts));
  const host = (name: string): Buffer => Buffer.concat([Buffer.of(0), vector(2, Buffer.from(name))]);
  const cases: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['an empty record', Buffer.of(22, 3, 1, 0, 0)],
    ['a record over 16,384 bytes', Buffer.of(22, 3, 1, 0x40, 1)],
    ['another handshake message', Buffer.of(22, 3, 1, 0, 4, 2)],
    ['another record within', Buffer.concat([records(message.subarray(0, 10)), Buffer.of(20)])],
    ['a record of another version within', Buffer.concat([records(message.subarray(0, 10)), Buffer.of(22, 2)])],
    ['a second message in its record', records(longer)],
    ['no body', records(Buffer.of(1, 0, 0, 0))],
    ['a body of one byte', records(Buffer.of(1, 0, 0, 1, 3))],
    ['version 2', records(helloMessage({ version: 0x0200 }))],
    ['a session id of 33 bytes', records(helloMessage({ sessionId: Buffer.alloc(33) }))],
    ['no cipher suites', records(helloMessage({ ciphers: Buffer.alloc(0) }))],
    ['odd cipher suites', records(helloMessage({ ciphers: Buffer.alloc(3) }))],
    ['no compression methods', records(helloMessage({ compressions: Buffer.alloc(0) }))],
    ['bytes after the extensions', records(helloMessage({ rest: Buffer.of(0) }))],
    ['half a length of extensions', records(helloMessage({ extensions: null, rest: Buffer.of(0) }))],
    ['an extension longer than the list', hello(Buffer.of(0, 5, 0, 1))],
    ['half an extension header', hello(Buffer.of(0, 5, 0))],
    ['two server_name extensions', hello(serverName('a.example'), serverName('b.example'))],
    ['the same unknown extension twice', hello(GREASE, GREASE)],
    ['an empty server_name', sni()],
    ['an empty list of names', sni(vector(2))],
    ['two names', hello(serverName('a.example', 'b.example'))],
    ['another type of name', sni(vector(2, Buffer.of(1), vector(2, Buffer.from('a'))))],
    ['bytes after the name', sni(vector(2, host('a.example'), Buffer.of(0)))],
    ['bytes after the list of names', sni(vector(2, host('a.example')), Buffer.of(0))],
    ['a name longer than its list', sni(vector(2, Buffer.of(0, 0, 9, 0x61)))],
    ['a name of no length', hello(serverName(''))],
    ['a dot', hello(serverName('.'))],
    ['NUL in the name', hello(serverName('a.example\0.b.example'))],
    ['UTF-8 in the name', hello(serverName('b\xc3\xbccher.example'))],
    ['a port in the name', hello(serverName('a.example:443'))],
    ['an empty ALPN extension', hello(extension(16))],
    ['an empty ALPN list', hello(extension(16, vector(2)))],
    ['an empty protocol name', hello(alpn('h2', ''))],
    ['a protocol name longer than its list', hello(extension(16, vector(2, Buffer.of(3, 0x68, 0x32))))],
    ['bytes after the ALPN list', hello(extension(16, vector(2, Buffer.of(2, 0x68, 0x32)), Buffer.of(0)))],
    ['pre_shared_key before others', hello(preSharedKeys([ticket]), alpn('h2'))],
    ['pre_shared_key without identities', hello(preSharedKeys([]))],
    ['an empty PSK identity', hello(preSharedKeys([Buffer.alloc(0)]))],
    ['fewer binders than identities', hello(preSharedKeys([ticket, ticket], [32]))],
    ['more binders than identities', hello(preSharedKeys([ticket], [32, 32]))],
    ['a short binder', hello(preSharedKeys([ticket], [31]))],
  ];
  for (const [name, bytes] of cases) {
    test(name, () => {
      const fault = faultOf(bytes);
      assert.equal(fault.kind, 'malformed');
      assert.match(fault.what, /RFC \d/);
    });
  }
});
