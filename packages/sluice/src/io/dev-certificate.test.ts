import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { timestamp } from '../base/time.ts';
import { DEV_NAMES, devCertificate, devDirectory } from './dev-certificate.ts';

const NOW = timestamp(Date.now());
const DAY_MS = 86_400_000;
let directory: string;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'sluice-dev-')), 'dev');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

const at = (days: number) => ({ directory, now: timestamp(NOW + days * DAY_MS) });

test('makes an authority once, and a certificate for the usual names', async () => {
  const first = await devCertificate([], at(0));
  assert.deepEqual(first.material.names.toSorted(), DEV_NAMES.toSorted());
  const ca = new X509Certificate(readFileSync(first.caFile));
  assert.ok(new X509Certificate(first.material.certPem).verify(ca.publicKey));
  const second = await devCertificate(['other.test'], at(0));
  assert.deepEqual([first.isNewAuthority, second.isNewAuthority], [true, false]);
  assert.ok(new X509Certificate(second.material.certPem).verify(ca.publicKey));
  assert.notEqual(second.certFile, first.certFile);
});

test('directory and keys are for this user alone', async () => {
  const { keyFile, certFile } = await devCertificate([], at(0));
  const modes = [directory, keyFile, certFile, join(directory, 'ca.key')].map((path) => statSync(path).mode & 0o777);
  assert.deepEqual(modes, [0o700, 0o600, 0o644, 0o600]);
});

test('is reused in any order of names, until 30 days are left', async () => {
  const { fingerprint } = (await devCertificate(['b.test', 'a.test'], at(0))).material;
  assert.equal((await devCertificate(['A.test', 'b.test', 'a.test'], at(360))).material.fingerprint, fingerprint);
  const renewed = await devCertificate(['b.test', 'a.test'], at(368));
  assert.notEqual(renewed.material.fingerprint, fingerprint);
  assert.equal(renewed.isNewAuthority, false);
  const rsa = await devCertificate(['b.test', 'a.test'], { ...at(368), keyType: 'rsa' });
  assert.equal(rsa.material.keyType, 'rsa');
  assert.equal((await devCertificate(['b.test', 'a.test'], at(368))).material.fingerprint, renewed.material.fingerprint);
});

test('no certificate outlives its authority, and both are made anew near its end', async () => {
  const ca = new X509Certificate(readFileSync((await devCertificate([], at(0))).caFile));
  const late = await devCertificate([], at(3_500));
  assert.equal(late.isNewAuthority, false);
  assert.ok(late.material.notAfter <= ca.validToDate.getTime());
  const anew = await devCertificate([], at(3_640));
  assert.equal(anew.isNewAuthority, true);
  assert.ok(new X509Certificate(anew.material.certPem).verify(new X509Certificate(readFileSync(anew.caFile)).publicKey));
});

test('that is there is read, and nothing written; what is missing there says what to do', async () => {
  await devCertificate([], at(0));
  const { mtimeMs } = statSync(directory);
  assert.equal((await devCertificate([], at(1))).isNewAuthority, false);
  assert.equal(statSync(directory).mtimeMs, mtimeMs, 'not even a lock was written');
  writeFileSync(join(directory, '..', 'file'), '');
  const options = { ...at(0), directory: join(directory, '..', 'file', 'dev') };
  await assert.rejects(devCertificate([], options), /directory ".*file\/dev" cannot be used: ENOTDIR.*; set SLUICE_DEV_DIR to a directory/);
});

test('is never made in the directory that we are started in', () => {
  assert.throws(() => devDirectory({ HOME: '' }), /no home directory; set SLUICE_DEV_DIR/);
  assert.throws(() => devDirectory({ HOME: 'here', XDG_DATA_HOME: 'there' }), /no home directory/);
  assert.equal(devDirectory({ HOME: '/home/a', XDG_DATA_HOME: 'there' }), '/home/a/.local/share/sluice/dev');
});

test('many that start at once get one authority and one certificate', async () => {
  const made = await Promise.all(Array.from({ length: 4 }, () => devCertificate([], at(0))));
  assert.equal(new Set(made.map(({ material }) => material.fingerprint)).size, 1);
  assert.equal(made.filter(({ isNewAuthority }) => isNewAuthority).length, 1);
  assert.equal(readdirSync(directory).length, 4, 'nothing is left over');
});

test('a damaged certificate is made again; a damaged authority is said, since people trust it', async () => {
  const { certFile, caFile, material } = await devCertificate([], at(0));
  writeFileSync(certFile, 'garbage');
  assert.notEqual((await devCertificate([], at(0))).material.fingerprint, material.fingerprint);
  writeFileSync(caFile, 'garbage');
  await assert.rejects(devCertificate([], at(0)), /authority is damaged: file ".*ca\.pem" is not PEM.*or remove both files/);
});

test('a name that cannot be is refused before anything is made', async () => {
  await assert.rejects(devCertificate(['no such name'], at(0)), /"no such name" is no name/);
  assert.throws(() => readdirSync(directory));
});

test("the directory is the user's, unless the environment says otherwise", () => {
  assert.equal(devDirectory({ SLUICE_DEV_DIR: '/x', XDG_DATA_HOME: '/y' }), '/x');
  assert.equal(devDirectory({ XDG_DATA_HOME: '/y' }), '/y/sluice/dev');
  assert.match(devDirectory({ XDG_DATA_HOME: '' }), /\/\.local\/share\/sluice\/dev$/);
});
