import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type AcmeServer, startAcmeServer } from '../../../test/support/acme-server.ts';
import { signingRequest } from '../../../test/support/authority.ts';
import { makeAccountKeyPem } from './account-key.ts';
import { AcmeError } from './acme-error.ts';
import { AcmeClient } from './client.ts';
import { retryAfterMs } from './retry-after.ts';

let server: AcmeServer;
let client: AcmeClient;
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const nobody = { present: async () => {}, remove: async () => {} };

before(async () => {
  server = await startAcmeServer();
});
after(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  server.answer = () => null;
  server.requests.length = 0;
  const { directoryUrl, caPem } = server;
  client = await AcmeClient.create({ directoryUrl, caPem, accountKeyPem: makeAccountKeyPem(), pollMs: 5, retryMs: 5 });
});

async function issue(names: readonly string[] = ['a.test'], replaces: string | null = null): Promise<string> {
  const csr = await signingRequest(names);
  return client.issue({ names, csr, challenge: 'http-01', responder: nobody, replaces, signal: signal() });
}

async function failureOf(work: Promise<unknown>): Promise<AcmeError> {
  const error: unknown = await work.then(
    () => assert.fail('it must fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AcmeError, String(error));
  return error;
}

/** Paths of the requests, in order. */
const paths = (): string[] => server.requests.map(({ path }) => path);

test('every signed request has its own nonce, the URL that it goes to, and the account once there is one', async () => {
  const account = await client.register({ email: 'a@b.test', signal: signal() });
  assert.match(await issue(), /BEGIN CERTIFICATE/);
  const signed = server.requests.filter(({ method }) => method === 'POST');
  assert.equal(new Set(signed.map(({ header }) => header['nonce'])).size, signed.length);
  for (const { header, path } of signed) assert.equal(header['url'], server.url + path);
  assert.deepEqual(
    signed.map(({ header }) => header['kid']),
    [undefined, ...Array.from({ length: signed.length - 1 }, () => account)],
  );
  assert.deepEqual(signed[0]?.payload, { termsOfServiceAgreed: true, contact: ['mailto:a@b.test'] });
});

test('renewal information: the window, why, and when to ask again', async () => {
  const window = { start: '2026-01-02T03:04:05Z', end: '2026-01-03T03:04:05Z' };
  server.answer = ({ path }) =>
    path === '/renewal/abc.def'
      ? { headers: { 'retry-after': '21600' }, body: { suggestedWindow: window, explanationURL: 'https://example.com/why' } }
      : null;
  const info = await client.renewalInfo('abc.def', signal());
  assert.deepEqual(info, {
    window: { startMs: Date.parse(window.start), endMs: Date.parse(window.end), explanationUrl: 'https://example.com/why' },
    retryAfterMs: 21_600_000,
  });
});

test('a window that ends before it begins is refused, and a server without windows is no fault', async () => {
  server.answer = ({ path }) =>
    path.startsWith('/renewal/') ? { body: { suggestedWindow: { start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' } } } : null;
  assert.equal((await failureOf(client.renewalInfo('x.y', signal()))).kind, 'protocol');
  const { url } = server;
  server.answer = ({ path }) =>
    path === '/dir' ? { body: { newNonce: `${url}/nonce`, newAccount: `${url}/account`, newOrder: `${url}/new-order` } } : null;
  const other = await AcmeClient.create({ directoryUrl: server.directoryUrl, caPem: server.caPem, accountKeyPem: makeAccountKeyPem() });
  assert.equal(await other.renewalInfo('x.y', signal()), null);
  other.close();
});

test('a renewal says what it replaces; where that is refused it is ordered without', async () => {
  await client.register({ signal: signal() });
  await issue(['a.test'], 'id.serial');
  const orders = (): unknown[] => server.requests.filter(({ path }) => path === '/new-order').map(({ payload }) => payload['replaces']);
  assert.deepEqual(orders(), ['id.serial']);
  server.requests.length = 0;
  server.answer = ({ path, payload }) =>
    path === '/new-order' && 'replaces' in payload ? { status: 409, body: { type: 'urn:ietf:params:acme:error:alreadyReplaced' } } : null;
  await issue(['a.test'], 'id.serial');
  assert.deepEqual(orders(), ['id.serial', undefined]);
});

test('a rate limit is told with its reason and its time', async () => {
  server.answer = ({ path }) =>
    path === '/new-order'
      ? {
          status: 429,
          headers: { 'retry-after': '3600' },
          body: {
            type: 'urn:ietf:params:acme:error:rateLimited',
            detail: 'too many\ncertificates',
            subproblems: [{ identifier: { value: 'a.test' }, detail: '5 this week' }],
          },
        }
      : null;
  const error = await failureOf(issue());
  assert.deepEqual([error.kind, error.type, error.retryAfterMs], ['refused', 'rateLimited', 3_600_000]);
  assert.match(
    error.message,
    /refused an order for a\.test: rateLimited: too many certificates \(a\.test: 5 this week\); not before 20\d\d-/,
  );
});

test('what only asks is tried again when the server stumbles; what changes something is not', async () => {
  let left = 2;
  server.answer = ({ path }) => (path === '/dir' && left-- > 0 ? { status: 503, body: 'down' } : null);
  await client.register({ signal: signal() });
  assert.deepEqual(paths(), ['/dir', '/dir', '/dir', '/account']);
  server.requests.length = 0;
  server.answer = ({ path }) => (path === '/new-order' ? { status: 500, body: 'down' } : null);
  const error = await failureOf(issue());
  assert.match(error.message, /failed at an order for a\.test: status 500/);
  assert.deepEqual(paths(), ['/new-order']);
});

test('a nonce that is refused for ever ends after ten tries', async () => {
  server.answer = ({ path }) => (path === '/account' ? { status: 400, body: { type: 'urn:ietf:params:acme:error:badNonce' } } : null);
  assert.equal((await failureOf(client.register({ signal: signal() }))).type, 'badNonce');
  assert.equal(paths().filter((path) => path === '/account').length, 10);
});

test('the server says when to look again', async () => {
  await client.register({ signal: signal() });
  const states = ['ready', 'processing', 'processing'];
  server.answer = ({ path }) => {
    const status = path === '/order' ? states.shift() : undefined;
    if (status === undefined) return null;
    return { headers: { 'retry-after': '0' }, body: { status, authorizations: [], finalize: `${server.url}/finalize` } };
  };
  await issue();
  assert.deepEqual(states, []);
});

test('an order that the server ends is told in its words', async () => {
  await client.register({ signal: signal() });
  server.answer = ({ path }) =>
    path === '/order'
      ? {
          body: {
            status: 'invalid',
            authorizations: [],
            finalize: `${server.url}/f`,
            error: { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids it' },
          },
        }
      : null;
  const error = await failureOf(issue());
  assert.equal(error.type, 'caa');
  assert.match(error.message, /ended the order: caa: CAA forbids it/);
});

test('answers that are not ACME are refused', async () => {
  const answers: [object | string, RegExp][] = [
    ['<html>', /has no newNonce/],
    [{ newNonce: 'http://plain.test/', newAccount: 'x', newOrder: 'y' }, /newNonce that is no https URL/],
    ['x'.repeat(1_100_000), /larger than/],
  ];
  for (const [body, words] of answers) {
    server.answer = ({ path }) => (path === '/dir' ? { body } : null);
    assert.match((await failureOf(client.register({ signal: signal() }))).message, words);
  }
});

test('what cannot be proved is refused before anything is ordered', async () => {
  const wildcard = await failureOf(issue(['*.a.test']));
  assert.equal(wildcard.kind, 'unsupported');
  assert.match(wildcard.message, /"\*\.a\.test" can only be proved by DNS/);
  assert.deepEqual(paths(), []);
});

test('a token that could change the path is refused', async () => {
  await client.register({ signal: signal() });
  const { url } = server;
  server.answer = ({ path }) => {
    if (path === '/new-order')
      return {
        headers: { location: `${url}/order` },
        body: { status: 'pending', authorizations: [`${url}/authz`], finalize: `${url}/finalize` },
      };
    if (path !== '/authz') return null;
    return {
      body: {
        status: 'pending',
        identifier: { value: 'a.test' },
        challenges: [{ type: 'http-01', url: `${url}/c`, token: '../../admin', status: 'pending' }],
      },
    };
  };
  assert.match((await failureOf(issue())).message, /does not offer http-01/);
});

test('a server that does not listen, in words', async () => {
  const away = await AcmeClient.create({ directoryUrl: 'https://127.0.0.1:1/dir', accountKeyPem: makeAccountKeyPem(), retryMs: 1 });
  const error = await failureOf(away.register({ signal: signal() }));
  assert.match(error.message, /^ACME server 127\.0\.0\.1:1: .*ECONNREFUSED/);
  away.close();
});

test('Retry-After in seconds, as a date, and in nonsense', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(retryAfterMs('5', now), 5_000);
  assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now), 60_000);
  assert.equal(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now), 0);
  assert.equal(retryAfterMs('999999999', now), 30 * 86_400_000);
  for (const value of [undefined, 'soon', '-1', '1e9']) assert.equal(retryAfterMs(value, now), null);
});
