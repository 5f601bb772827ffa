/** OCSP with `openssl ocsp` as the responder, and `openssl s_client` as the one who looks at what is stapled. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { timestamp } from '../../src/base/time.ts';
import { fetchStaple, type Staple } from '../../src/clients/ocsp/client.ts';
import { freePort } from '../../src/io/ports.ts';
import type { PemPair } from '../../src/io/x509/authority.ts';
import { type TestAuthority, testAuthority } from '../support/authority.ts';
import { startResponder } from '../support/ocsp-responder.ts';
import { skipWithout } from '../support/system-program.ts';

const run = promisify(execFile);
const skip = skipWithout('openssl');
const folder = mkdtempSync(join(tmpdir(), 'sluice-ocsp-'));
const responders: AsyncDisposable[] = [];
let authority: TestAuthority;
let good: PemPair;
let revoked: PemPair;
let unknown: PemPair;

before(async () => {
  authority = await testAuthority();
  good = await authority.leaf(['good.test'], { mustStaple: true });
  revoked = await authority.leaf(['revoked.test']);
  unknown = await authority.leaf(['unknown.test']);
  writeFileSync(join(folder, 'ca.pem'), authority.certPem);
});

after(async () => {
  for (const responder of responders) await responder[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A responder that signs with this key. @returns Its URL. */
async function startSigned(signer: PemPair): Promise<string> {
  const port = await freePort('127.0.0.1');
  responders.push(await startResponder({ folder, port, authority, good: [good], revoked: [revoked], signer }));
  return `http://127.0.0.1:${port}/`;
}

function ask(pair: PemPair, url: string): Promise<Staple> {
  const leaf = new X509Certificate(pair.certPem);
  const issuer = new X509Certificate(authority.certPem);
  return fetchStaple({ leaf, issuer, url, now: timestamp(Date.now()), signal: AbortSignal.timeout(10_000) });
}

for (const who of ['the issuer', 'a delegate', 'a delegate with an RSA key']) {
  test(`good, revoked and unknown, signed by ${who}`, { skip }, async () => {
    const keyType = who.includes('RSA') ? 'rsa' : 'ec';
    const url = await startSigned(who === 'the issuer' ? authority : await authority.leaf(['ocsp.test'], { purpose: 'ocsp', keyType }));
    const { thisUpdate, nextUpdate } = await ask(good, url);
    assert.equal((nextUpdate ?? 0) - thisUpdate, 4 * 86_400_000);
    await assert.rejects(ask(revoked, url), { isRevoked: true });
    await assert.rejects(ask(unknown, url), /does not know the certificate/);
  });
}

test('a responder of another authority is not believed', { skip }, async () => {
  const stranger = await testAuthority('Another CA');
  const url = await startSigned(await stranger.leaf(['ocsp.test'], { purpose: 'ocsp' }));
  await assert.rejects(ask(good, url), /neither by the certificate's issuer nor in its name/);
});

test('what is stapled satisfies openssl', { skip }, async () => {
  const { der } = await ask(good, await startSigned(authority));
  const server = createServer({ cert: good.certPem, key: good.keyPem });
  server.on('OCSPRequest', (_certificate, _issuer, done) => done(null, Buffer.from(der)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'good.test', '-CAfile', join(folder, 'ca.pem'), '-status'];
  const talk = run('openssl', args, { timeout: 10_000 });
  talk.child.stdin?.end();
  const { stdout } = await talk;
  server.close();
  assert.match(stdout, /OCSP Response Status: successful/);
  assert.match(stdout, /Cert Status: good/);
  assert.match(stdout, /Verify return code: 0 \(ok\)/);
});
