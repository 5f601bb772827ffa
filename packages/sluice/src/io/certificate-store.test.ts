import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { timestamp } from '../base/time.ts';
import { testAuthority } from '../../test/support/authority.ts';
import { CertificateStore } from './certificate-store.ts';

const NOW = timestamp(Date.now());
const NAMES = ['a.test', 'b.test'];
const URL_ONE = 'https://acme.test:14000/dir';
let storage: string;
let store: CertificateStore;

beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  store = new CertificateStore({ storage: join(storage, 'acme'), directoryUrl: URL_ONE });
});
afterEach(() => rmSync(storage, { recursive: true, force: true }));

test('an account is kept, for one server, for this user alone', async () => {
  assert.equal(await store.account(), null);
  await store.saveAccount({ url: null, keyPem: 'key' });
  await store.saveAccount({ url: 'https://acme.test/1', keyPem: 'key' });
  assert.deepEqual(await store.account(), { url: 'https://acme.test/1', keyPem: 'key' });
  const other = new CertificateStore({ storage: join(storage, 'acme'), directoryUrl: 'https://acme.test:14000/staging' });
  assert.equal(await other.account(), null);
  const [folder = ''] = readdirSync(join(storage, 'acme'));
  assert.match(folder, /^acme\.test_14000-[0-9a-f]{12}$/);
  const file = join(storage, 'acme', folder, 'account.json');
  assert.deepEqual([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777], [0o600, 0o700]);
});

test('a damaged account is said with its file and the remedy', async () => {
  await store.saveAccount({ url: null, keyPem: 'key' });
  const [folder = ''] = readdirSync(join(storage, 'acme'));
  for (const text of ['{', '[]', '{"url":1}']) {
    writeFileSync(join(storage, 'acme', folder, 'account.json'), text);
    await assert.rejects(store.account(), /account\.json" is damaged; bring it back, or remove it/);
  }
});

test('a certificate is kept with its key, whatever the order of its names', async () => {
  assert.equal(await store.certificate(NAMES, NOW), null);
  const authority = await testAuthority();
  const pair = await authority.leaf(NAMES);
  await store.saveCertificate(NAMES, { certPem: pair.certPem + authority.certPem, keyPem: pair.keyPem });
  const reading = await store.certificate(NAMES.toReversed(), NOW);
  assert.ok(reading?.ok);
  assert.deepEqual(reading.material.names, NAMES);
  assert.equal(reading.material.keyPem, pair.keyPem);
  assert.equal(await store.certificate(['a.test'], NOW), null);
  const file = store.certificateFile(NAMES);
  assert.deepEqual([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777], [0o600, 0o700]);
});

test('a damaged certificate is a reading with faults', async () => {
  await store.saveCertificate(NAMES, { certPem: 'x', keyPem: 'y' });
  const reading = await store.certificate(NAMES, NOW);
  assert.ok(reading !== null && !reading.ok);
  assert.match(reading.faults[0]?.message ?? '', /certificate\.pem" is not PEM/);
});

test('failures outlive the process, until they are over', async () => {
  assert.equal(await store.attempt(NAMES), null);
  await store.saveAttempt(NAMES, { failures: 2, notBefore: NOW, reason: 'no' });
  assert.deepEqual(await store.attempt(NAMES), { failures: 2, notBefore: NOW, reason: 'no' });
  await store.saveAttempt(NAMES, null);
  assert.equal(await store.attempt(NAMES), null);
  await store.saveAttempt(['new.test'], null);
});

test('one at a time for the same names', async () => {
  let inside = 0;
  const work = (): Promise<void> =>
    store.exclusively(NAMES, AbortSignal.timeout(5_000), async () => {
      assert.equal(++inside, 1);
      await store.exclusively(['other.test'], AbortSignal.timeout(5_000), async () => {});
      inside--;
    });
  await Promise.all([work(), work(), work()]);
});
