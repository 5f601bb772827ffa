/** Our ACME client with Debian's pebble, a server that follows RFC 8555 to the letter; what it issues is judged by openssl. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { timestamp } from '../../src/base/time.ts';
import { makeAccountKeyPem } from '../../src/clients/acme/account-key.ts';
import { AcmeClient, type AcmeClientOptions, type ChallengeKind } from '../../src/clients/acme/client.ts';
import { AcmeError } from '../../src/clients/acme/acme-error.ts';
import { examineCertificate } from '../../src/io/certificate.ts';
import { makeCertificateRequest } from '../../src/io/x509/certificate-request.ts';
import { makeKeyPem } from '../../src/io/x509/library.ts';
import { type ChallengeServer, startChallengeServer } from '../support/challenge-server.ts';
import { type Pebble, type PebbleOptions, startPebble } from '../support/pebble.ts';
import { skipWithout } from '../support/system-program.ts';

const skip = skipWithout('pebble', 'pebble-challtestsrv', 'openssl');
const folder = mkdtempSync(join(tmpdir(), 'sluice-acme-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

/** Pebble and proofs for the tests of one group. */
function world(options: PebbleOptions): { pebble: () => Pebble; proofs: () => ChallengeServer } {
  let pebble: Pebble;
  let proofs: ChallengeServer;
  before(async () => {
    pebble = await startPebble(options);
    proofs = await startChallengeServer(pebble);
  });
  after(async () => {
    await proofs?.[Symbol.asyncDispose]();
    await pebble?.[Symbol.asyncDispose]();
  });
  return { pebble: () => pebble, proofs: () => proofs };
}

function clientFor(pebble: Pebble, more: Partial<AcmeClientOptions> = {}): Promise<AcmeClient> {
  const { directoryUrl, caPem } = pebble;
  return AcmeClient.create({ directoryUrl, caPem, accountKeyPem: makeAccountKeyPem(), pollMs: 20, ...more });
}

interface Wanted {
  readonly client: AcmeClient;
  readonly names: readonly string[];
  readonly challenge: ChallengeKind;
  readonly proofs: ChallengeServer;
  readonly keyPem?: string;
}

async function issue({
  client,
  names,
  challenge,
  proofs,
  keyPem = makeKeyPem('ec'),
}: Wanted): Promise<{ certPem: string; keyPem: string }> {
  const csr = await makeCertificateRequest({ names, keyPem });
  return { certPem: await client.issue({ names, csr, challenge, responder: proofs, signal: signal() }), keyPem };
}

describe('an account and orders', { skip }, () => {
  const { pebble, proofs } = world({});

  for (const challenge of ['http-01', 'tls-alpn-01'] as const) {
    test(`a certificate for several names by ${challenge}`, async () => {
      const client = await clientFor(pebble());
      await client.register({ email: 'ops@example.com', signal: signal() });
      const names = [`a.${challenge}.example.com`, `b.${challenge}.example.com`];
      const pair = await issue({ client, names, challenge, proofs: proofs() });
      const reading = examineCertificate(
        { certificates: [{ file: 'cert', text: pair.certPem }], key: { file: 'key', text: pair.keyPem } },
        timestamp(Date.now()),
      );
      assert.ok(reading.ok, JSON.stringify(reading));
      assert.deepEqual(reading.material.names.toSorted(), names);
      assert.deepEqual(
        proofs()
          .shown.filter(({ kind }) => kind === challenge)
          .map(({ name }) => name)
          .toSorted(),
        names,
      );
      assert.equal(proofs().showing.size, 0, 'proofs are taken away');
      await verifyWithOpenssl(pair.certPem, await pebble().root());
      client.close();
    });
  }

  test('an address by http-01 (RFC 8738)', async () => {
    const client = await clientFor(pebble());
    await client.register({ signal: signal() });
    const { certPem } = await issue({ client, names: ['127.0.0.1'], challenge: 'http-01', proofs: proofs() });
    assert.match(new X509Certificate(certPem).subjectAltName ?? '', /IP Address:127\.0\.0\.1/);
    client.close();
  });

  test('the account of a key is found again', async () => {
    const accountKeyPem = makeAccountKeyPem();
    const first = await clientFor(pebble(), { accountKeyPem });
    const accountUrl = await first.register({ signal: signal() });
    const second = await clientFor(pebble(), { accountKeyPem });
    assert.equal(await second.register({ signal: signal() }), accountUrl);
    const third = await clientFor(pebble(), { accountKeyPem, accountUrl });
    await issue({ client: third, names: ['known.example.com'], challenge: 'http-01', proofs: proofs() });
    for (const client of [first, second, third]) client.close();
  });

  test('an account that the server does not know is said as such', async () => {
    const client = await clientFor(pebble(), { accountUrl: `${pebble().directoryUrl.replace(/dir$/, '')}my-account/123456` });
    const error = await failureOf(issue({ client, names: ['x.example.com'], challenge: 'http-01', proofs: proofs() }));
    assert.deepEqual([error.kind, error.type], ['refused', 'accountDoesNotExist']);
    client.close();
  });

  test("a proof that cannot be seen is told by name, with the server's words, and is taken away", async () => {
    const client = await clientFor(pebble());
    await client.register({ signal: signal() });
    const names = ['unproved.example.com'];
    const csr = await makeCertificateRequest({ names, keyPem: makeKeyPem('ec') });
    const removed: string[] = [];
    const responder = {
      present: async () => {},
      remove: async (list: readonly { name: string }[]) => void removed.push(...list.map(({ name }) => name)),
    };
    const error = await failureOf(client.issue({ names, csr, challenge: 'http-01', responder, signal: signal() }));
    assert.equal(error.kind, 'unproved');
    assert.match(error.message, /^unproved\.example\.com could not be proved by http-01: unauthorized: .*404/);
    assert.deepEqual(removed, names);
    client.close();
  });

  test("a signing request for other names than the order's is refused", async () => {
    const client = await clientFor(pebble());
    await client.register({ signal: signal() });
    const csr = await makeCertificateRequest({ names: ['other.example.com'], keyPem: makeKeyPem('ec') });
    const names = ['one.example.com'];
    const error = await failureOf(client.issue({ names, csr, challenge: 'http-01', responder: proofs(), signal: signal() }));
    assert.deepEqual([error.kind, error.type], ['refused', 'unauthorized']);
    client.close();
  });

  test('a server whose authority is not trusted is not talked to', async () => {
    const client = await clientFor(pebble(), { caPem: undefined });
    const error = await failureOf(client.register({ signal: signal() }));
    assert.equal(error.kind, 'unreachable');
    assert.match(error.message, /^ACME server 127\.0\.0\.1:\d+: .*; name the authority that signed it, if it is a private one/);
    client.close();
  });

  test('a deadline ends whatever is under way', async () => {
    const client = await clientFor(pebble());
    await client.register({ signal: signal() });
    const names = ['slow.example.com'];
    const csr = await makeCertificateRequest({ names, keyPem: makeKeyPem('ec') });
    const responder = {
      present: (_: unknown, ends: AbortSignal) =>
        new Promise<void>((_resolve, reject) => ends.addEventListener('abort', () => reject(ends.reason as Error))),
      remove: async () => {},
    };
    await assert.rejects(client.issue({ names, csr, challenge: 'http-01', responder, signal: AbortSignal.timeout(200) }), {
      name: 'TimeoutError',
    });
    client.close();
  });
});

describe('a server that refuses half of all nonces and remembers proofs', { skip }, () => {
  const { pebble, proofs } = world({ nonceReject: 50, authorizationReuse: 100 });

  test('is dealt with; what is proved needs no proof again', async () => {
    const client = await clientFor(pebble());
    await client.register({ signal: signal() });
    const wanted = { client, names: ['again.example.com'], challenge: 'http-01', proofs: proofs() } as const;
    await issue(wanted);
    const count = proofs().shown.length;
    assert.equal(count, 1);
    await issue(wanted);
    assert.equal(proofs().shown.length, count);
    client.close();
  });
});

describe('a server that knows its customers', { skip }, () => {
  const hmacKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
  const { pebble, proofs } = world({ externalAccounts: { 'kid-1': hmacKey } });

  test('an account is bound to the one that it knows', async () => {
    const client = await clientFor(pebble());
    await client.register({ external: { keyId: 'kid-1', hmacKey }, signal: signal() });
    await issue({ client, names: ['bound.example.com'], challenge: 'http-01', proofs: proofs() });
    client.close();
  });

  test('without a binding, or with a wrong one, it says what is missing', async () => {
    const client = await clientFor(pebble());
    const without = await failureOf(client.register({ signal: signal() }));
    assert.equal(without.kind, 'unsupported');
    assert.match(without.message, /key identifier and HMAC key/);
    const wrong = await failureOf(client.register({ external: { keyId: 'kid-1', hmacKey: 'AAAA' }, signal: signal() }));
    assert.equal(wrong.kind, 'refused');
    assert.ok(!wrong.message.includes(hmacKey));
    client.close();
  });
});

async function failureOf(work: Promise<unknown>): Promise<AcmeError> {
  const error: unknown = await work.then(
    () => assert.fail('it must fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AcmeError, String(error));
  return error;
}

async function verifyWithOpenssl(chainPem: string, rootPem: string): Promise<void> {
  const [leaf = '', ...rest] = chainPem.split(/(?<=-----END CERTIFICATE-----\n)\s*/);
  const files = { leaf, chain: rest.join(''), root: rootPem };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ['verify', '-CAfile', join(folder, 'root'), '-untrusted', join(folder, 'chain'), join(folder, 'leaf')];
  assert.match(execFileSync('openssl', args, { encoding: 'utf8' }), /: OK/);
}
