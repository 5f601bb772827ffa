import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { timestamp } from '../../base/time.ts';
import { seededBytes, serialOf, type TestAuthority, testAuthority } from '../../../test/support/authority.ts';
import { makeAlpnCertificate } from './alpn-certificate.ts';
import { makeCertificateRequest } from './certificate-request.ts';
import { loadX509, makeKeyPem } from './library.ts';
import { normaliseNames } from './names.ts';

const run = promisify(execFile);
const NOW = timestamp(Date.now());
let authority: TestAuthority;

before(async () => {
  authority = await testAuthority();
});

test('the library is loaded only when a certificate is made', async () => {
  const script = `await import(${JSON.stringify(import.meta.resolve('./authority.ts'))});
    process.stdout.write(String('Reflect' in globalThis && 'getMetadata' in Reflect));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  assert.equal(stdout, 'false');
});

test('a client that trusts the authority trusts the certificate for its names only', async () => {
  for (const keyType of ['ec', 'rsa'] as const) {
    const pair = await authority.leaf(['web.test', '127.0.0.1'], { keyType });
    const server = createServer({ key: pair.keyPem, cert: pair.certPem }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const socket = connect({ host: '127.0.0.1', port, servername: 'web.test', ca: authority.certPem });
    await once(socket, 'secureConnect');
    socket.destroy();
    const stranger = connect({ host: '127.0.0.1', port, servername: 'other.test', ca: authority.certPem });
    const [error] = (await once(stranger, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    server.close();
  }
});

test('certificates say what they are for, for how long, and who signed them', async () => {
  const { certPem } = await authority.leaf(['Web.test', '[::1]']);
  const leaf = new X509Certificate(certPem);
  const root = new X509Certificate(authority.certPem);
  assert.deepEqual([leaf.ca, root.ca], [false, true]);
  assert.ok(leaf.checkIssued(root) && leaf.verify(root.publicKey));
  assert.equal(leaf.subjectAltName, 'DNS:web.test, IP Address:0:0:0:0:0:0:0:1');
  assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(leaf.validToDate.getTime() - leaf.validFromDate.getTime(), 397 * 86_400_000 - 1_000);
  assert.ok(leaf.validFromDate.getTime() < NOW);
  assert.equal(root.validToDate.getFullYear() - root.validFromDate.getFullYear(), 10);
});

test('serial numbers come from the given randomness, and are never negative or short', async () => {
  const serials = await Promise.all(
    [1, 1, 2].map(async (seed) => serialOf((await authority.leaf(['a.test'], { random: seededBytes(seed) })).certPem)),
  );
  assert.equal(serials[0], serials[1]);
  assert.notEqual(serials[0], serials[2]);
  for (const fill of [0, 0xff]) {
    const serial = serialOf((await authority.leaf(['a.test'], { random: (length) => new Uint8Array(length).fill(fill) })).certPem);
    assert.match(serial, /^[4-7][0-9a-f]{31}$/);
  }
});

test('names that no certificate can be made for are refused', () => {
  assert.deepEqual(normaliseNames(['LOCALHOST', '*.Localhost', '[0:0::1]', 'localhost', '10.0.0.1']), [
    'localhost',
    '*.localhost',
    '::1',
    '10.0.0.1',
  ]);
  for (const name of ['', 'a b', 'a..b', '*.', 'a.*.b', '*', '10.0.0.256', 'http://a', '-a.test', `${'a'.repeat(64)}.test`, 'ü.test']) {
    assert.throws(() => normaliseNames([name]), /is no name for a certificate/, name);
  }
});

test('a signing request names what is asked for and proves the key', async () => {
  const keyPem = makeKeyPem('ec');
  const der = await makeCertificateRequest({ names: ['a.test', '10.0.0.1'], keyPem, mustStaple: true });
  const { Pkcs10CertificateRequest } = await loadX509();
  const request = new Pkcs10CertificateRequest(Uint8Array.from(der));
  assert.ok(await request.verify());
  assert.equal(request.subject, '');
  assert.deepEqual(
    Array.from(request.extensions, ({ type }) => type),
    ['2.5.29.17', '1.3.6.1.5.5.7.1.24'],
  );
});

test('a TLS-ALPN-01 certificate has one name and the hash in a critical extension', async () => {
  const { certPem } = await makeAlpnCertificate({ name: 'a.test', keyAuthorization: 'token.thumb', now: NOW, random: seededBytes() });
  const { X509Certificate: Reader } = await loadX509();
  const extension = new Reader(certPem).getExtension('1.3.6.1.5.5.7.1.31');
  assert.equal(extension?.critical, true);
  const digest = createHash('sha256').update('token.thumb').digest('hex');
  assert.equal(Buffer.from(extension.value).toString('hex'), `0420${digest}`);
  assert.equal(new X509Certificate(certPem).subjectAltName, 'DNS:a.test');
});
