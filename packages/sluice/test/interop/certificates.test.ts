/** Certificates and openssl: it accepts what we make, and we read what it makes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Timestamp, timestamp } from '../../src/base/time.ts';
import { type CertificateReading, readCertificate } from '../../src/io/certificate.ts';
import { devCertificate } from '../../src/io/dev-certificate.ts';
import { readRevocationLists } from '../../src/io/trust-file.ts';
import { makeAlpnCertificate } from '../../src/io/x509/alpn-certificate.ts';
import { makeCertificateRequest } from '../../src/io/x509/certificate-request.ts';
import { makeKeyPem } from '../../src/io/x509/library.ts';
import { seededBytes, serialOf, type TestAuthority, testAuthority } from '../support/authority.ts';
import { makeRevocationList } from '../support/revocation-list.ts';
import { skipWithout } from '../support/system-program.ts';

const skip = skipWithout('openssl');
const folder = mkdtempSync(join(tmpdir(), 'sluice-openssl-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The time of the call: openssl makes things that are valid from now on. */
const now = (): Timestamp => timestamp(Date.now());
let authority: TestAuthority;
before(async () => {
  authority = await testAuthority();
});

const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const path = (name: string): string => join(folder, name);

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content);
  return name;
}

const read = (cert: string, key: string): Promise<CertificateReading> =>
  readCertificate({ certFiles: [path(cert)], keyFile: path(key) }, now());

test('development certificates pass the strict check, for each of their names', { skip }, async () => {
  for (const keyType of ['ec', 'rsa'] as const) {
    const made = await devCertificate([], { now: now(), directory: path('dev'), keyType });
    const verify = (...more: string[]): string =>
      openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', made.caFile, ...more, made.certFile);
    for (const more of [
      ['-verify_hostname', 'localhost'],
      ['-verify_ip', '127.0.0.1'],
      ['-verify_ip', '::1'],
    ])
      assert.match(verify(...more), /: OK/);
    assert.throws(() => verify('-verify_hostname', 'example.com'), /hostname mismatch/);
  }
});

test('certificates for clients and for OCSP have their purpose', { skip }, async () => {
  write('ca.pem', authority.certPem);
  for (const [purpose, name] of [
    ['client', 'sslclient'],
    ['ocsp', 'ocsphelper'],
  ] as const) {
    const file = write('leaf.pem', (await authority.leaf(['who.test'], { purpose })).certPem);
    assert.match(openssl('verify', '-x509_strict', '-purpose', name, '-CAfile', 'ca.pem', file), /: OK/);
  }
});

test('signing requests prove their key; must-staple and the challenge extension are named', { skip }, async () => {
  const der = await makeCertificateRequest({ names: ['a.test', '10.0.0.1'], keyPem: makeKeyPem('rsa'), mustStaple: true });
  const text = openssl('req', '-inform', 'DER', '-in', write('request.der', der), '-noout', '-verify', '-text');
  assert.match(text, /DNS:a\.test, IP Address:10\.0\.0\.1[\s\S]*TLS Feature:\s+status_request/);
  const { certPem } = await makeAlpnCertificate({ name: 'a.test', keyAuthorization: 'x.y', now: now(), random: seededBytes() });
  assert.match(openssl('x509', '-in', write('alpn.pem', certPem), '-noout', '-text'), /1\.3\.6\.1\.5\.5\.7\.1\.31: critical/);
});

test('a revocation list of openssl is read, and one of ours revokes for openssl', { skip }, async () => {
  const { certPem } = await authority.leaf(['gone.test']);
  const list = await makeRevocationList({ authority, revoked: [serialOf(certPem)], now: now() });
  write('ca.pem', authority.certPem);
  assert.throws(
    () => openssl('verify', '-crl_check', '-CAfile', 'ca.pem', '-CRLfile', write('list.pem', list), write('gone.pem', certPem)),
    /certificate revoked/,
  );
  write('index.txt', '');
  write('ca.key', authority.keyPem);
  write('ca.cnf', '[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=3\n');
  openssl('ca', '-config', 'ca.cnf', '-gencrl', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-out', 'own.pem');
  const reading = await readRevocationLists(path('own.pem'), now());
  assert.ok(reading.ok, JSON.stringify(reading));
  assert.deepEqual(reading.warnings, []);
});

test('what people make with openssl is read: RSA, ECDSA and Ed25519, new and old forms', { skip }, async () => {
  const kinds = [
    ['rsa', ['-newkey', 'rsa:2048']],
    ['ec', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']],
    ['ed25519', ['-newkey', 'ed25519']],
  ] as const;
  for (const [type, args] of kinds) {
    openssl(
      'req',
      '-x509',
      ...args,
      '-nodes',
      '-keyout',
      'own.key',
      '-out',
      'own.crt',
      '-days',
      '9',
      '-subj',
      '/CN=x',
      '-addext',
      'subjectAltName=DNS:Own.Test,IP:10.1.2.3',
    );
    const reading = await read('own.crt', 'own.key');
    assert.ok(reading.ok, JSON.stringify(reading));
    assert.deepEqual([reading.material.keyType, reading.material.names, reading.warnings], [type, ['own.test', '10.1.2.3'], []]);
  }
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', 'old.key');
  openssl('req', '-x509', '-new', '-key', 'old.key', '-out', 'old.crt', '-days', '9', '-subj', '/CN=x');
  const old = await read('old.crt', 'old.key');
  assert.ok(old.ok && old.material.names.length === 0);
});

test('what people do wrong with openssl is said with the command that helps', { skip }, async () => {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-passout',
    'pass:secret',
    '-keyout',
    'locked.key',
    '-out',
    'locked.crt',
    '-days',
    '9',
    '-subj',
    '/CN=x',
  );
  openssl('rsa', '-in', 'locked.key', '-passin', 'pass:secret', '-traditional', '-aes256', '-passout', 'pass:secret', '-out', 'older.key');
  openssl('x509', '-in', 'locked.crt', '-outform', 'DER', '-out', 'locked.der');
  openssl(
    'pkcs12',
    '-export',
    '-in',
    'locked.crt',
    '-inkey',
    'locked.key',
    '-passin',
    'pass:secret',
    '-passout',
    'pass:',
    '-out',
    'both.p12',
  );
  for (const [cert, key, words] of [
    ['locked.crt', 'locked.key', /passphrase; decrypt it once.*openssl pkey -in/],
    ['locked.crt', 'older.key', /passphrase/],
    ['locked.der', 'locked.key', /openssl x509 -inform DER -in/],
    ['both.p12', 'locked.key', /openssl pkcs12 -in/],
  ] as const) {
    const reading = await read(cert, key);
    assert.ok(!reading.ok);
    assert.match(reading.faults.map(({ message }) => message).join('\n'), words);
  }
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'own-ca.key', '-out', 'own-ca.crt', '-days', '9', '-subj', '/CN=ca');
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'weak.key', '-out', 'weak.csr', '-subj', '/CN=x');
  const signer = ['-CA', 'own-ca.crt', '-CAkey', 'own-ca.key', '-set_serial', '7', '-days', '9'];
  openssl('x509', '-req', '-in', 'weak.csr', ...signer, '-sha1', '-out', 'weak.crt');
  const weak = await read('weak.crt', 'weak.key');
  assert.ok(!weak.ok);
  assert.match(weak.faults[0]?.message ?? '', /that clients refuse: it is signed with SHA-1 or MD5; have it issued anew/);
  openssl('x509', '-req', '-in', 'weak.csr', ...signer, '-out', 'weak.crt');
  assert.ok((await read('weak.crt', 'weak.key')).ok);
});
