import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { seededBytes, testAuthority } from '../../../test/support/authority.ts';
import { DerError } from '../der/der-reader.ts';
import { derElement, derOctets, derOid, derSequence } from '../der/der-writer.ts';
import {
  alternativeNames,
  authorityKeyId,
  type CertificateFields,
  hasExtendedKeyUsage,
  isMustStaple,
  ocspUrl,
  readCertificateFields,
  readExtensions,
} from './certificate-fields.ts';

let plain: X509Certificate;
let stapled: X509Certificate;
let authority: X509Certificate;

before(async () => {
  const maker = await testAuthority();
  authority = new X509Certificate(maker.certPem);
  plain = new X509Certificate((await maker.leaf(['Example.com', '*.example.com', '10.0.0.1', '2001:DB8::0:1'])).certPem);
  const options = { random: seededBytes(9), mustStaple: true, ocspUrl: 'http://ocsp.test/x' };
  stapled = new X509Certificate((await maker.leaf(['a.test'], options)).certPem);
});

const fieldsOf = (certificate: X509Certificate): CertificateFields => readCertificateFields(certificate.raw);

test('reads the fields that Node reads, as bytes', () => {
  const fields = fieldsOf(plain);
  assert.equal(Buffer.from(fields.serial).toString('hex').toUpperCase(), plain.serialNumber);
  assert.deepEqual(Buffer.from(fields.publicKeyInfo), plain.publicKey.export({ type: 'spki', format: 'der' }));
  assert.deepEqual(fields.issuer, fieldsOf(authority).subject);
});

test('names are in lower case, addresses in their one form, DNS names first', () => {
  assert.deepEqual(alternativeNames(fieldsOf(plain)), ['example.com', '*.example.com', '10.0.0.1', '2001:db8::1']);
  assert.deepEqual(alternativeNames(fieldsOf(authority)), []);
});

test('a name that imitates others stays out', () => {
  const names = ['good.test', 'a, DNS:evil.test', 'nul\0.test', 'b*.test'];
  const value = derSequence(...names.map((name) => derElement(0x82, Buffer.from(name))));
  const fields = { ...fieldsOf(plain), extensions: new Map([['2.5.29.17', value]]) };
  assert.deepEqual(alternativeNames(fields), ['good.test']);
});

test('must-staple and the OCSP responder', () => {
  assert.deepEqual([isMustStaple(fieldsOf(stapled)), ocspUrl(fieldsOf(stapled))], [true, 'http://ocsp.test/x']);
  assert.deepEqual([isMustStaple(fieldsOf(plain)), ocspUrl(fieldsOf(plain))], [false, null]);
});

test('the identifier of the key that signed', () => {
  const keyId = authorityKeyId(fieldsOf(plain));
  assert.equal(keyId?.length, 20);
  assert.equal(authorityKeyId(fieldsOf(authority)), null);
});

test('what a key may be used for', () => {
  assert.ok(hasExtendedKeyUsage(fieldsOf(plain), '1.3.6.1.5.5.7.3.1'));
  assert.ok(!hasExtendedKeyUsage(fieldsOf(plain), '1.3.6.1.5.5.7.3.9'));
  assert.ok(!hasExtendedKeyUsage(fieldsOf(authority), '1.3.6.1.5.5.7.3.1'));
});

test('an extension that is there twice is refused', () => {
  const one = derSequence(derOid('1.2.3'), derOctets(new Uint8Array()));
  assert.equal(readExtensions(derSequence(one)).size, 1);
  assert.throws(() => readExtensions(derSequence(one, one)), /1\.2\.3 twice/);
});

test('a damaged certificate is read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.nat(plain.raw.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Uint8Array.from(plain.raw);
      damaged[at] = byte;
      try {
        const fields = readCertificateFields(damaged);
        alternativeNames(fields);
        authorityKeyId(fields);
      } catch (error) {
        assert.ok(error instanceof DerError, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
  assert.throws(() => readCertificateFields(Buffer.concat([plain.raw, Buffer.of(0)])), DerError);
});
