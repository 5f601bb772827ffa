import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeRevocationList } from '../../test/support/revocation-list.ts';
import { serialOf, testAuthority } from '../../test/support/authority.ts';
import { timestamp } from '../base/time.ts';
import type { HttpListenerPlan } from '../config/plan.ts';
import { CertificateStore } from './certificate-store.ts';
import { planFrom, type PlanResult } from './load-plan.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-material-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const CONFIG = join(directory, 'sluice.config.yaml');

function write(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

const authority = await testAuthority();
const pair = await authority.leaf(['a.example', '*.b.example']);
const other = await authority.leaf(['other.example']);
write('a.pem', pair.certPem);
write('a.key', pair.keyPem);
write('other.key', other.keyPem);
write('ca.pem', authority.certPem);
write('list.pem', await makeRevocationList({ authority, revoked: [serialOf(pair.certPem)], now: timestamp(Date.now()) }));

function load(tls: unknown, service: object = {}): Promise<PlanResult> {
  const value = {
    listeners: { web: { https: ':8443', tls } },
    services: { app: { endpoints: ['127.0.0.1:3001'], ...service } },
    routes: [{ to: 'app' }],
  };
  return planFrom(value, { generation: 1, cores: 1 }, CONFIG);
}

async function faultsOf(tls: unknown, service: object = {}): Promise<readonly string[]> {
  const result = await load(tls, service);
  return result.ok ? [] : result.faults.map(({ message }) => message.replaceAll(directory, ''));
}

describe('the files that a plan names', () => {
  test('are read beside the configuration, and give certificates their names', async () => {
    const result = await load({
      certificates: { cert: 'a.pem', key: 'a.key' },
      clientCertificates: { ca: 'ca.pem', crl: 'list.pem' },
      hosts: { 'open.example': { clientCertificates: false }, 'a.example': { clientCertificates: { mode: 'optional', ca: 'ca.pem' } } },
    });
    assert.ok(result.ok);
    const { tls } = result.plan.listeners[0] as HttpListenerPlan;
    const [certificate] = tls!.certificates;
    assert.deepEqual(certificate!.names, ['a.example', '*.b.example']);
    assert.match(certificate!.material!.keyPem, /BEGIN PRIVATE KEY/);
    assert.match(tls!.clientCertificates!.caPem, /BEGIN CERTIFICATE/);
    assert.match(tls!.clientCertificates!.crlPem, /BEGIN X509 CRL/);
    assert.equal(tls!.hosts[0]!.clientCertificates, null);
    assert.match(tls!.hosts[1]!.clientCertificates!.caPem, /BEGIN CERTIFICATE/);
    assert.deepEqual(
      result.files.map(({ path, digest }) => [path.slice(directory.length + 1), digest.length]),
      ['a.pem', 'a.key', 'ca.pem', 'list.pem'].map((name) => [name, 64]),
    );
  });

  test('of services hold authorities and our own certificate', async () => {
    const own = { certificates: { cert: 'a.pem', key: 'a.key' } };
    const result = await load(own, { tls: { ca: 'ca.pem', cert: 'a.pem', key: 'a.key' } });
    assert.ok(result.ok);
    const { tls } = result.plan.services[0]!;
    assert.match(tls!.caPem, /BEGIN CERTIFICATE/);
    assert.match(tls!.keyPem, /BEGIN PRIVATE KEY/);
  });

  test('are named with their place and the remedy when they are wrong, all at once', async () => {
    const faults = await faultsOf(
      {
        certificates: [
          { cert: 'none.pem', key: 'a.key' },
          { cert: 'a.pem', key: 'other.key' },
        ],
        clientCertificates: { ca: ['ca.pem', 'a.key'] },
        hosts: { 'x.example': { clientCertificates: { ca: 'none.pem' } } },
      },
      { tls: { ca: 'a.key' } },
    );
    assert.deepEqual(faults.toSorted(), [
      'listener "web": tls.certificates[0].cert file "/none.pem" does not exist; check the path',
      'listener "web": tls.certificates[1].key file "/other.key" has a key that does not belong to the certificate in "/a.pem"; name the key that the certificate was asked for with, or renew the certificate',
      'listener "web": tls.clientCertificates.ca[1] file "/a.key" has no certificate in it, but PRIVATE KEY; name the file with the certificate',
      'listener "web": tls.hosts["x.example"].clientCertificates.ca file "/none.pem" does not exist; check the path',
      'service "app": tls.ca file "/a.key" has no certificate in it, but PRIVATE KEY; name the file with the certificate',
    ]);
  });

  test('with a certificate out of its time are no fault, but said apart', async () => {
    const old = await authority.leaf(['old.example'], { now: timestamp(Date.UTC(2020, 0, 1)), days: 30 });
    write('old.pem', old.certPem);
    write('old.key', old.keyPem);
    const result = await load({ certificates: { cert: 'old.pem', key: 'old.key' } });
    assert.ok(result.ok);
    assert.match(result.outdated[0]!.message, /^listener "web": tls\.certificates\[0\]\.cert file .*expired on 2020-01-3[01].*renew it$/);
    assert.deepEqual(result.warnings, []);
  });

  test('with a certificate that nobody would get are told of', async () => {
    for (const [name, names, options] of [
      ['twin', ['*.b.example', 'a.example'], {}],
      ['rsa', ['a.example'], { keyType: 'rsa' }],
      ['more', ['a.example', 'c.example'], {}],
    ] as const) {
      const made = await authority.leaf(names, options);
      write(`${name}.pem`, made.certPem);
      write(`${name}.key`, made.keyPem);
    }
    const certificates = ['a', 'rsa', 'more', 'twin'].map((name) => ({ cert: `${name}.pem`, key: `${name}.key` }));
    const result = await load({ certificates });
    assert.ok(result.ok);
    const expected = 'listener "web": tls.certificates[3] is never used: certificates[0] has the same names and type of key; take it out';
    assert.deepEqual(
      result.warnings.map(({ message }) => message),
      [expected],
    );
  });

  test('with names that the certificate is not made out to are told of', async () => {
    const names = ['A.example', 'x.b.example', '*.b.example', 'b.example', 'x.y.b.example', '*.a.example'];
    const result = await load({ certificates: { cert: 'a.pem', key: 'a.key', names } });
    assert.ok(result.ok);
    assert.deepEqual(
      result.warnings.map(({ message }) => /names\[(\d)\] is ".*", but the certificate is made out to a\.example, /.exec(message)?.[1]),
      ['3', '4', '5'],
    );
  });

  test('never show a key in a fault', async () => {
    const [, body = ''] = pair.keyPem.split('\n');
    const faults = await faultsOf({ certificates: { cert: 'a.key', key: 'a.pem' } });
    assert.equal(faults.length, 2);
    assert.ok(!faults.join('\n').includes(body.slice(0, 12)));
  });
});

test('a development certificate is made for the plan', async () => {
  process.env['SLUICE_DEV_DIR'] = join(directory, 'dev');
  const result = await load('dev');
  delete process.env['SLUICE_DEV_DIR'];
  assert.ok(result.ok);
  const { tls } = result.plan.listeners[0] as HttpListenerPlan;
  assert.match(tls!.certificates[0]!.material!.certPem, /BEGIN CERTIFICATE/);
  assert.ok(tls!.certificates[0]!.names.includes('localhost'));
});

test('a certificate that is still to be ordered leaves its place empty', async () => {
  const value = {
    listeners: { web: { https: ':8443', tls: { certificates: { acme: ['a.example'] } } } },
    acme: { terms: 'agreed', storage: 'store', challenge: 'tls-alpn-01' },
    routes: [{ respond: 204 }],
  };
  const result = await planFrom(value, { generation: 1, cores: 1 }, CONFIG);
  assert.ok(result.ok);
  assert.equal((result.plan.listeners[0] as HttpListenerPlan).tls!.certificates[0]!.material, null);
  assert.equal(result.settings.acme!.storage, join(directory, 'store'));
});

test('a certificate that was ordered before is read from the store; a damaged one is ordered again', async () => {
  const value = {
    listeners: { web: { https: ':8443', tls: { certificates: { acme: ['a.example'] } } } },
    acme: { terms: 'agreed', storage: 'store', challenge: 'tls-alpn-01' },
    routes: [{ respond: 204 }],
  };
  const loadIt = async (): Promise<Extract<PlanResult, { ok: true }>> => {
    const result = await planFrom(value, { generation: 1, cores: 1 }, CONFIG);
    assert.ok(result.ok);
    return result;
  };
  const { storage, directory: directoryUrl } = (await loadIt()).settings.acme!;
  const store = new CertificateStore({ storage, directoryUrl });
  await store.saveCertificate(['a.example'], pair);
  const certificateOf = ({ plan }: Extract<PlanResult, { ok: true }>) => (plan.listeners[0] as HttpListenerPlan).tls!.certificates[0]!;
  assert.match(certificateOf(await loadIt()).material!.certPem, /BEGIN CERTIFICATE/);
  writeFileSync(store.certificateFile(['a.example']), 'nothing');
  const damaged = await loadIt();
  assert.equal(certificateOf(damaged).material, null);
  assert.match(damaged.warnings[0]!.message, /^listener "web": tls\.certificates\[0\]\.acme has a stored certificate that cannot be used/);
});
