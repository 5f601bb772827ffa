import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateFields } from './certificate-fields.ts';
import { prefixedNames, subjectName } from './certificate-names.ts';

const NONE = new Uint8Array();

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  assert.ok(content.length < 128);
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

const CN = Buffer.from('0603550403', 'hex');
const O = Buffer.from('060355040a', 'hex');

function attribute(type: Uint8Array, tag: number, value: string | Uint8Array): Buffer {
  return element(0x30, type, element(tag, typeof value === 'string' ? Buffer.from(value) : value));
}

/** Each argument is one set of attributes. */
function subject(...sets: readonly (readonly Uint8Array[])[]): string {
  return subjectName(fields(element(0x30, ...sets.map((set) => element(0x31, ...set)))));
}

function fields(name: Uint8Array, alternative?: Uint8Array): CertificateFields {
  const extensions = new Map(alternative === undefined ? [] : [['2.5.29.17', alternative]]);
  return { serial: NONE, issuer: NONE, subject: name, publicKeyInfo: NONE, publicKeyBits: NONE, extensions };
}

describe('a subject', () => {
  test('is written last part first', () => {
    assert.equal(subject([attribute(O, 0x13, 'Example')], [attribute(CN, 0x0c, 'alice')]), 'CN=alice,O=Example');
    assert.equal(subject([attribute(CN, 0x0c, 'a'), attribute(O, 0x0c, 'b')]), 'CN=a+O=b');
    assert.equal(subject(), '');
  });

  test('cannot imitate another one', () => {
    assert.equal(subject([attribute(CN, 0x0c, 'bob,CN=admin')]), 'CN=bob\\,CN\\=admin');
    assert.equal(subject([attribute(CN, 0x0c, 'bob + CN=admin')]), 'CN=bob \\+ CN\\=admin');
    assert.equal(subject([attribute(CN, 0x0c, 'bob\r\nCN=admin')]), 'CN=bob\\0d\\0aCN\\=admin');
    assert.equal(subject([attribute(CN, 0x0c, ' #a\\" ')]), 'CN=\\ #a\\\\\\"\\ ');
    assert.equal(subject([attribute(CN, 0x0c, '#a')]), 'CN=\\#a');
  });

  test('is ASCII whatever it is encoded in', () => {
    assert.equal(subject([attribute(CN, 0x0c, 'Zoë')]), 'CN=Zo\\c3\\ab');
    assert.equal(subject([attribute(CN, 0x14, Buffer.from('Zoë', 'latin1'))]), 'CN=Zo\\c3\\ab');
    assert.equal(subject([attribute(CN, 0x1e, Buffer.from('005a006f00eb', 'hex'))]), 'CN=Zo\\c3\\ab');
  });

  test('shows what it does not know as bytes', () => {
    assert.equal(subject([attribute(Buffer.from('0603550461', 'hex'), 0x0c, 'a')]), '2.5.4.97=#0c0161');
    assert.equal(subject([attribute(CN, 0x03, Buffer.of(0, 1))]), 'CN=#03020001');
  });
});

test('alternative names carry their kind, and no commas of their own', () => {
  const list = element(
    0x30,
    element(0x82, Buffer.from('Alice.Example')),
    element(0x86, Buffer.from('spiffe://a/b,DNS:admin.example')),
    element(0x81, Buffer.from('a@b\r\n')),
    element(0x87, Buffer.of(127, 0, 0, 1)),
    element(0x87, Buffer.from(`${'00'.repeat(15)}01`, 'hex')),
    element(0xa0, Buffer.of(5, 0)),
  );
  assert.deepEqual(prefixedNames(fields(NONE, list)), [
    'DNS:alice.example',
    'URI:spiffe://a/b%2cDNS:admin.example',
    'email:a@b%0d%0a',
    'IP:127.0.0.1',
    'IP:::1',
  ]);
  assert.deepEqual(prefixedNames(fields(NONE)), []);
});
