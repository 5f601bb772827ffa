import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { timestamp } from '../../base/time.ts';
import type { CertificateId } from '../../core/certificates/ocsp.ts';
import { type AnswerOptions, ocspAnswer } from '../../../test/support/ocsp-answer.ts';
import { type TestAuthority, testAuthority } from '../../../test/support/authority.ts';
import { certificateId, fetchStaple, judgeAnswer } from './client.ts';
import { OcspError } from './ocsp-error.ts';

const NOW = timestamp(Math.floor(Date.now() / 1_000) * 1_000);
const HOUR_MS = 3_600_000;
const at = (hours: number) => timestamp(NOW + hours * HOUR_MS);
let authority: TestAuthority;
let issuer: X509Certificate;
let leaf: X509Certificate;
let id: CertificateId;

before(async () => {
  authority = await testAuthority();
  issuer = new X509Certificate(authority.certPem);
  leaf = new X509Certificate((await authority.leaf(['a.test'])).certPem);
  id = certificateId(leaf, issuer);
});

const answer = (more: Partial<AnswerOptions> = {}): Uint8Array =>
  ocspAnswer({ id, signer: authority, thisUpdate: at(-1), nextUpdate: at(10), ...more });
const judge = (der: Uint8Array, now = NOW) => judgeAnswer(der, { issuer, now, id });

test('an answer that the issuer signed is taken, however it names itself', () => {
  for (const responder of ['name', 'key'] as const) {
    const der = answer({ responder });
    assert.deepEqual(judge(der), { der, thisUpdate: at(-1), nextUpdate: at(10) });
  }
  assert.equal(judge(answer({ nextUpdate: null })).nextUpdate, null);
});

test('a delegate may sign when the issuer gave it a certificate for this', async () => {
  const signer = await authority.leaf(['ocsp.test'], { purpose: 'ocsp' });
  assert.ok(judge(answer({ signer, isDelegate: true })));
  assert.throws(() => judge(answer({ signer })), /neither by the certificate's issuer nor in its name/);
});

test('nobody else may: a server of the same issuer, a delegate of another, one out of its time', async () => {
  const stranger = await testAuthority('Test CA');
  const signers = [
    await authority.leaf(['a.test']),
    await stranger.leaf(['ocsp.test'], { purpose: 'ocsp' }),
    await authority.leaf(['ocsp.test'], { purpose: 'ocsp', now: timestamp(NOW - 900 * 24 * HOUR_MS) }),
  ];
  for (const signer of signers) {
    assert.throws(() => judge(answer({ signer, isDelegate: true })), /neither by the certificate's issuer nor in its name/);
  }
  assert.throws(() => judge(answer({ signer: stranger })), /signature of the OCSP answer is wrong/);
});

test('an answer in which a byte was changed says nothing else, and breaks nothing', async () => {
  const delegate = await authority.leaf(['ocsp.test'], { purpose: 'ocsp' });
  const answers = [answer(), answer({ signer: delegate, isDelegate: true })];
  fc.assert(
    fc.property(fc.nat(1), fc.nat(2_000), fc.integer({ min: 1, max: 255 }), (which, where, change) => {
      const changed = Uint8Array.from(answers[which]!);
      const index = where % changed.length;
      changed[index] = changed[index]! ^ change;
      try {
        const { thisUpdate, nextUpdate } = judge(changed);
        // What nobody signs (parameters of an algorithm, say) may change; what is said may not.
        assert.deepEqual([thisUpdate, nextUpdate], [at(-1), at(10)]);
      } catch (error) {
        assert.ok(error instanceof OcspError, String(error));
      }
    }),
    { numRuns: 1_500 },
  );
});

test('what is about another certificate, too old or from the future is refused', async () => {
  const other = new X509Certificate((await authority.leaf(['b.test'])).certPem);
  assert.throws(() => judge(answer({ id: certificateId(other, issuer) })), /about another certificate/);
  assert.throws(() => judge(answer(), at(11)), /too old/);
  assert.throws(() => judge(answer(), at(-2)), /from the future: check this machine's clock/);
  assert.ok(judge(answer(), timestamp(at(-1) - 200_000)), 'clocks differ');
});

test('revoked and unknown are told apart', () => {
  assert.throws(() => judge(answer({ state: 'revoked' })), { isRevoked: true, message: 'the certificate is revoked: replace it' });
  assert.throws(() => judge(answer({ state: 'unknown' })), { isRevoked: false, message: /does not know the certificate/ });
});

test('refusals, other algorithms and garbage are said in words', () => {
  const sequence = (...bytes: number[]): Uint8Array => Uint8Array.of(0x30, bytes.length, ...bytes);
  assert.throws(() => judge(sequence(0x0a, 1, 6)), /responder refused: unauthorized/);
  assert.throws(() => judge(sequence(0x0a, 1, 3)), /responder refused: tryLater/);
  assert.throws(
    () => judge(answer({ algorithm: '1.2.840.113549.1.1.5' })),
    /algorithm that is not accepted \(1\.2\.840\.113549\.1\.1\.5\)/,
  );
  assert.throws(() => judge(Buffer.from('<html>')), /cannot be read: it /);
});

async function withServer(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ocsp`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const ask = (url: string, signal = AbortSignal.timeout(5_000)) => fetchStaple({ leaf, issuer, url, now: NOW, signal });

test('asks by POST, and takes the answer', async () => {
  let type: string | undefined;
  const listener: RequestListener = (request, reply) => {
    type = request.headers['content-type'];
    reply.end(answer());
  };
  await withServer(listener, async (url) => {
    assert.equal((await ask(url)).nextUpdate, at(10));
    assert.equal(type, 'application/ocsp-request');
  });
});

test('a responder that fails, floods or stays silent is said with its address', async () => {
  await withServer(
    (_, reply) => reply.writeHead(503).end(),
    (url) => assert.rejects(ask(url), /^OcspError: OCSP responder http:.*: status 503/),
  );
  await withServer(
    (_, reply) => reply.end(Buffer.alloc(100_000)),
    (url) => assert.rejects(ask(url), /larger than 65536 bytes/),
  );
  await withServer(
    () => {},
    (url) => assert.rejects(ask(url, AbortSignal.timeout(50)), { name: 'TimeoutError' }),
  );
  await assert.rejects(ask('http://127.0.0.1:1/'), /ECONNREFUSED/);
});
