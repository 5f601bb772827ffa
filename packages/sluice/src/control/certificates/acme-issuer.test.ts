import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { type AcmeServer, startAcmeServer } from '../../../test/support/acme-server.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import { AcmeIssuer } from './acme-issuer.ts';

const NAMES = ['a.test', 'b.test'];
const nobody = { present: async () => {}, remove: async () => {} };
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
let server: AcmeServer;
let storage: string;
let issuers: AcmeIssuer[];

before(async () => {
  server = await startAcmeServer();
});
after(() => server[Symbol.asyncDispose]());

beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), 'sluice-issuer-'));
  issuers = [];
  server.requests.length = 0;
  server.answer = () => null;
});
afterEach(async () => {
  for (const issuer of issuers) await issuer.close();
  rmSync(storage, { recursive: true, force: true });
});

function newIssuer(): AcmeIssuer {
  const { directoryUrl, caPem } = server;
  const issuer = new AcmeIssuer({
    ...{ directoryUrl, caPem, storage, responder: nobody, clock: nodeRuntime.clock, pollMs: 5 },
    challenge: 'http-01',
    email: 'ops@example.com',
  });
  issuers.push(issuer);
  return issuer;
}

const count = (path: string): number => server.requests.filter((request) => request.path === path).length;

test('orders, keeps, and finds again after a restart, with the same account', async () => {
  const issuer = newIssuer();
  assert.deepEqual(await issuer.stored(NAMES), { certificate: null, fault: null, past: null });
  const first = await issuer.issue(NAMES, null, signal());
  assert.match(first.renewalId ?? '', /^[\w-]+\.[\w-]+$/);
  const again = newIssuer();
  assert.deepEqual((await again.stored(NAMES)).certificate, first);
  const second = await again.issue(NAMES, first, signal());
  assert.notEqual(second.fingerprint, first.fingerprint);
  assert.equal(count('/account'), 1);
  assert.deepEqual(
    server.requests.filter(({ path }) => path === '/new-order').map(({ payload }) => payload['replaces']),
    [undefined, first.renewalId],
  );
});

test('two that want the same at once make one order', async () => {
  const [one, two] = [newIssuer(), newIssuer()];
  const [first, second] = await Promise.all([one.issue(NAMES, null, signal()), two.issue(NAMES, null, signal())]);
  assert.equal(first.fingerprint, second.fingerprint);
  assert.deepEqual([count('/new-order'), count('/account')], [1, 1]);
});

test('an order that is ended early does not end the account that others wait for', async () => {
  const issuer = newIssuer();
  const early = new AbortController();
  server.answer = ({ path }) => {
    if (path === '/account') early.abort(new Error('no longer wanted'));
    return null;
  };
  const [first, second] = await Promise.allSettled([issuer.issue(['c.test'], null, early.signal), issuer.issue(NAMES, null, signal())]);
  assert.match(String(first.status === 'rejected' && first.reason), /no longer wanted/);
  assert.equal(second.status, 'fulfilled');
  assert.equal(count('/account'), 1);
});

test('a server that forgot the account gets it again', async () => {
  const issuer = newIssuer();
  const first = await issuer.issue(NAMES, null, signal());
  let hasForgotten = true;
  server.answer = ({ path }) => {
    if (path === '/account') hasForgotten = false;
    return path === '/new-order' && hasForgotten ? { status: 400, body: { type: 'urn:ietf:params:acme:error:accountDoesNotExist' } } : null;
  };
  assert.notEqual((await issuer.issue(NAMES, first, signal())).fingerprint, first.fingerprint);
  assert.equal(count('/account'), 2);
});

test('what the server sends is checked before it is kept', async () => {
  const issuer = newIssuer();
  const other = await server.authority.leaf(NAMES);
  server.answer = ({ path }) => (path === '/certificate' ? { body: other.certPem } : null);
  await assert.rejects(issuer.issue(NAMES, null, signal()), /sent a certificate that cannot be used: .*does not belong/);
  server.answer = ({ path, payload }) => {
    (payload['identifiers'] as object[] | undefined)?.pop();
    return path === '/nothing' ? {} : null;
  };
  await assert.rejects(issuer.issue(NAMES, null, signal()), /certificate without the name b\.test/);
  assert.equal((await issuer.stored(NAMES)).certificate, null);
});

test('renewal information is asked with the identifier', async () => {
  const issuer = newIssuer();
  const { renewalId } = await issuer.issue(NAMES, null, signal());
  server.answer = ({ path }) =>
    path === `/renewal/${renewalId}` ? { body: { suggestedWindow: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' } } } : null;
  const info = await issuer.renewalInfo(renewalId ?? '', signal());
  assert.equal(info?.window.endMs, Date.parse('2026-01-02T00:00:00Z'));
});

test('failures are explained for the loop, and remembered', async () => {
  const issuer = newIssuer();
  server.answer = ({ path }) =>
    path === '/new-order'
      ? { status: 429, headers: { 'retry-after': '60' }, body: { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'slow' } }
      : null;
  const error: unknown = await issuer.issue(NAMES, null, signal()).catch((reason: unknown) => reason);
  const { reason, ...rest } = issuer.explain(error);
  assert.deepEqual(rest, { isUnreachable: false, retryAfterMs: 60_000 });
  assert.match(reason, /rateLimited: slow/);
  assert.deepEqual(issuer.explain('odd'), { isUnreachable: false, retryAfterMs: null, reason: 'odd' });
  const past = { failures: 1, notBefore: nodeRuntime.clock.wall(), reason };
  await issuer.remember(NAMES, past);
  assert.deepEqual((await newIssuer().stored(NAMES)).past, past);
});
