import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { timestamp } from '../base/time.ts';
import { type TestAuthority, testAuthority } from '../../test/support/authority.ts';
import { examineCertificate, type CertificateReading, type LoadedCertificate, readCertificate } from './certificate.ts';
import type { CertificateFault, CertificateFaultKind } from './certificate-fault.ts';
import type { PemPair } from './x509/authority.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const NOW = timestamp(Date.now());
const DAY_MS = 86_400_000;
let authority: TestAuthority;
let pair: PemPair;

before(async () => {
  authority = await testAuthority();
  pair = await authority.leaf(['web.test', '*.web.test', '127.0.0.1']);
});

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function readTexts(cert: string, key: string, now = NOW): Promise<CertificateReading> {
  return readCertificate({ certFiles: [file('cert.pem', cert)], keyFile: file('key.pem', key) }, now);
}

async function material(cert: string, key: string): Promise<LoadedCertificate> {
  const reading = await readTexts(cert, key);
  assert.ok(reading.ok, JSON.stringify(reading));
  assert.deepEqual(reading.warnings, []);
  return reading.material;
}

/** The one fault, which must be of this kind, and whose sentence is checked to name the file and a remedy. */
function oneFault(reading: CertificateReading, kind: CertificateFaultKind, words: RegExp): CertificateFault {
  assert.ok(!reading.ok);
  assert.equal(reading.faults.length, 1, JSON.stringify(reading.faults));
  const [fault] = reading.faults;
  assert.equal(fault?.kind, kind);
  assert.match(fault.message, words);
  assert.match(fault.message, /^file "\/.*"; |^file "\/.*; \w/);
  assert.ok(!fault.message.includes('\n'));
  return fault;
}

test('a certificate with its chain and key can be served', async () => {
  const read = await material(`${pair.certPem}${authority.certPem}`, pair.keyPem);
  assert.deepEqual(read.names, ['web.test', '*.web.test', '127.0.0.1']);
  assert.equal(read.keyType, 'ec');
  assert.equal(read.certPem.match(/BEGIN/g)?.length, 2);
  assert.equal(read.notAfter - read.notBefore, 397 * DAY_MS - 1_000);
  assert.deepEqual([read.ocspUrl, read.mustStaple], [null, false]);
});

test('the fingerprint changes with the chain, and with nothing else', async () => {
  const { fingerprint } = await material(pair.certPem, pair.keyPem);
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  const spaced = `a remark\r\n${pair.certPem.replaceAll('\n', '\r\n')}`;
  assert.equal((await material(spaced, pair.keyPem)).fingerprint, fingerprint);
  assert.notEqual((await material(pair.certPem + authority.certPem, pair.keyPem)).fingerprint, fingerprint);
});

test('one file may hold both, and the chain may be in files of its own', async () => {
  const both = file('both.pem', pair.keyPem + pair.certPem);
  assert.ok((await readCertificate({ certFiles: [both], keyFile: both }, NOW)).ok);
  const certFiles = [file('leaf.pem', pair.certPem), file('chain.pem', authority.certPem)];
  const reading = await readCertificate({ certFiles, keyFile: file('key.pem', pair.keyPem) }, NOW);
  assert.ok(reading.ok && reading.material.certPem.match(/BEGIN/g)?.length === 2);
});

test('RSA and Ed25519 keys, in the older forms too', async () => {
  const rsa = await authority.leaf(['rsa.test'], { keyType: 'rsa' });
  assert.equal((await material(rsa.certPem, rsa.keyPem)).keyType, 'rsa');
  const older = createPrivateKey(rsa.keyPem).export({ type: 'pkcs1', format: 'pem' }).toString();
  assert.equal((await material(rsa.certPem, older)).keyType, 'rsa');
  const sec1 = createPrivateKey(pair.keyPem).export({ type: 'sec1', format: 'pem' }).toString();
  const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  assert.equal((await material(pair.certPem, parameters + sec1)).keyType, 'ec');
});

test('a file that is not there, or no file', async () => {
  const good = file('key.pem', pair.keyPem);
  const missing = join(directory, 'missing.pem');
  oneFault(
    await readCertificate({ certFiles: [missing], keyFile: good }, NOW),
    'unreadable',
    /missing\.pem" does not exist; check the path/,
  );
  oneFault(await readCertificate({ certFiles: [directory], keyFile: good }, NOW), 'unreadable', /is not a file/);
  const loop = join(directory, 'loop.pem');
  symlinkSync(loop, loop);
  oneFault(await readCertificate({ certFiles: [loop], keyFile: good }, NOW), 'unreadable', /leads to itself/);
  const both = await readCertificate({ certFiles: [missing], keyFile: `${missing}.key` }, NOW);
  assert.ok(!both.ok && both.faults.length === 2, 'each fault is told');
  const same = await readCertificate({ certFiles: [missing], keyFile: missing }, NOW);
  assert.ok(!same.ok && same.faults.length === 1, 'the same one is told once');
});

test('a key that this user may not read', { skip: process.getuid?.() === 0 && 'root may read everything' }, async () => {
  const keyFile = file('secret.pem', pair.keyPem);
  chmodSync(keyFile, 0);
  oneFault(
    await readCertificate({ certFiles: [file('cert.pem', pair.certPem)], keyFile }, NOW),
    'unreadable',
    /may not be read by this user/,
  );
});

test('what is no PEM is named by what it is', async () => {
  const der = Buffer.from(pair.certPem.replace(/-----[^-]+-----/g, ''), 'base64').toString('latin1');
  const path = join(directory, 'cert.der');
  writeFileSync(path, der, 'latin1');
  const files = { keyFile: file('key.pem', pair.keyPem) };
  oneFault(
    await readCertificate({ ...files, certFiles: [path] }, NOW),
    'not-pem',
    /is not PEM; it looks like DER: .*openssl x509 -inform DER/,
  );
  oneFault(await readTexts('', pair.keyPem), 'not-pem', /is empty/);
  oneFault(await readTexts('hello', pair.keyPem), 'not-pem', /BEGIN CERTIFICATE/);
  oneFault(await readTexts(pair.certPem.slice(0, 300), pair.keyPem), 'not-pem', /cut off/);
  oneFault(await readTexts(pair.certPem.replace('MII', 'AAA'), pair.keyPem), 'malformed', /cannot be parsed \(number 1/);
  oneFault(await readTexts(pair.certPem, pair.keyPem.replace('MIG', 'AAA')), 'malformed', /private key that cannot be parsed/);
});

test('certificate and key the wrong way round are two faults', async () => {
  const reading = await readTexts(pair.keyPem, pair.certPem);
  assert.ok(!reading.ok);
  assert.deepEqual(
    reading.faults.map(({ kind }) => kind),
    ['no-certificate', 'no-key'],
  );
  assert.match(reading.faults[0]!.message, /has no certificate in it, but PRIVATE KEY; name the file with the certificate/);
});

test('a key of another certificate', async () => {
  const other = await authority.leaf(['other.test']);
  const fault = oneFault(await readTexts(pair.certPem, other.keyPem), 'mismatch', /does not belong to the certificate in ".*cert\.pem"/);
  assert.match(fault.file, /key\.pem$/);
});

test('an encrypted key, in both forms', async () => {
  const key = createPrivateKey(pair.keyPem);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  oneFault(await readTexts(pair.certPem, pkcs8), 'encrypted', /needs a passphrase; decrypt it once.*openssl pkey -in ".*key\.pem"/);
  const sec1 = key.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  oneFault(await readTexts(pair.certPem, sec1), 'encrypted', /needs a passphrase/);
});

test('weak keys and kinds that TLS clients do not speak', async () => {
  const pem = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } } as const;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024, ...pem }).privateKey;
  oneFault(await readTexts(pair.certPem, rsa), 'weak', /RSA key of 1024 bits: at least 2048/);
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1', ...pem }).privateKey;
  oneFault(await readTexts(pair.certPem, koblitz), 'unsupported', /secp256k1/);
  oneFault(await readTexts(pair.certPem, generateKeyPairSync('ed448', pem).privateKey), 'unsupported', /ed448/);
});

test('a certificate out of its time is served with a warning', async () => {
  const late = await readTexts(pair.certPem, pair.keyPem, timestamp(NOW + 400 * DAY_MS));
  assert.ok(late.ok);
  assert.deepEqual(
    late.warnings.map(({ kind }) => kind),
    ['expired'],
  );
  assert.match(late.warnings[0]!.message, /that expired on \d{4}-\d\d-\d\dT[\d:]{8}Z; renew it/);
  const early = await readTexts(pair.certPem, pair.keyPem, timestamp(NOW - DAY_MS));
  assert.ok(early.ok);
  assert.deepEqual(
    early.warnings.map(({ kind }) => kind),
    ['not-yet-valid'],
  );
});

test('a chain in the wrong order says what to move', async () => {
  const first = oneFault(await readTexts(authority.certPem + pair.certPem, pair.keyPem), 'order', /the one of the key is number 2/);
  assert.match(first.hint, /own certificate first/);
  const stranger = await testAuthority('Another CA');
  oneFault(
    await readTexts(pair.certPem + stranger.certPem, pair.keyPem),
    'order',
    /number 2 \(CN=Another CA\) did not sign number 1 \(CN=web\.test\); take number 2 out, or put the issuer in its place: CN=Test CA/,
  );
  const between = await readTexts(pair.certPem + stranger.certPem + authority.certPem, pair.keyPem);
  oneFault(between, 'order', /put them in order/);
});

test('nothing of a key is in a message', async () => {
  const body = pair.keyPem.split('\n')[1]!;
  for (const text of [pair.keyPem.slice(0, 120), pair.keyPem.replace('MIG', 'AAA'), `x${body}`]) {
    const reading = await readTexts(pair.certPem, text);
    assert.ok(!reading.ok && !JSON.stringify(reading).includes(body.slice(10, 30)));
  }
});

test('a damaged file is a fault or is read, and never an exception', () => {
  const chain = [pair.certPem, authority.certPem, pair.keyPem];
  fc.assert(
    fc.property(fc.nat(2), fc.nat(2_000), fc.nat(255), (which, where, byte) => {
      const [leaf, root, key] = chain.map((pem, index) => (index === which ? damaged(pem, where, byte) : pem)) as [string, string, string];
      const certificates = [leaf, root].map((text) => ({ file: 'cert', text }));
      examineCertificate({ certificates, key: { file: 'key', text: key } }, NOW);
    }),
    { numRuns: 500 },
  );
});

/** The same PEM with another byte in its DER. */
function damaged(pem: string, where: number, byte: number): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  der[where % der.length] = byte;
  const label = /BEGIN ([A-Z ]+)/.exec(pem)?.[1] ?? '';
  return `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
}
