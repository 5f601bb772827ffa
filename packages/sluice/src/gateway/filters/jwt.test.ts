/** Tokens on their way through a real worker: who comes in, what the service hears of it, and what happens while keys change or cannot be had. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { input } from 'zod';
import { fieldValues, type GuardedPlane, startAnswering, startGuarded } from '../../../test/support/guarded-plane.ts';
import { looksComplete, rawExchange } from '../../../test/support/raw-exchange.ts';
import { claims, ecPair, hmacToken, ISSUER, keySet, NOW, rsaPair, token, unsigned } from '../../../test/support/tokens.ts';
import type { jwtSchema } from '../../config/schema/filters/jwt.ts';
import { eventually } from '../../../test/support/waiting.ts';

const pair = ecPair('one');
const other = ecPair('two');
const rsa = rsaPair('rsa');
const issuer = { issuer: ISSUER, audience: 'shop', jwks: keySet(pair, rsa) };

type Options = input<typeof jwtSchema>;

function guarded(options: Partial<Options> = {}): Promise<GuardedPlane> {
  return startGuarded([{ jwt: { issuers: [issuer], ...options } }]);
}

function bearer(text: string): string[] {
  return [`Authorization: Bearer ${text}`];
}

describe('a good token', () => {
  test('lets in, again and again, and the service is told who it is', async () => {
    await using world = await guarded({ claimsToHeaders: { 'x-user': 'sub', 'x-roles': 'realm.roles', 'x-none': 'nothing' } });
    const good = token(pair, claims({ realm: { roles: ['a,b', 'ü\r\nx-admin: 1'] } }));
    for (let round = 0; round < 3; round++) {
      const reply = await world.ask(bearer(good));
      assert.equal(reply.status, 200);
      assert.deepEqual(fieldValues(reply, 'x-user'), ['anna']);
      assert.deepEqual(fieldValues(reply, 'x-roles'), ['a%2Cb,%C3%BC%0D%0Ax-admin: 1']);
      assert.deepEqual(fieldValues(reply, 'x-none'), []);
      assert.deepEqual(fieldValues(reply, 'authorization'), [`Bearer ${good}`]);
    }
  });

  test('is verified by any type of key that the issuer has', async () => {
    await using world = await guarded();
    assert.equal((await world.ask(bearer(token(rsa)))).status, 200);
    assert.equal((await world.ask([`authorization: BEARER  ${token(pair)}`])).status, 200);
  });

  test('may come as a cookie or a parameter where that counts, and is taken out', async () => {
    await using world = await guarded({ cookie: 'session', query: 'token', forwardToken: false });
    const good = token(pair);
    const byCookie = await world.ask([`Cookie: a=b; session=${good}; c=d`]);
    assert.deepEqual([byCookie.status, fieldValues(byCookie, 'cookie')], [200, ['a=b; c=d']]);
    const byQuery = await world.ask([], `/x?a=b&token=${good}`);
    assert.deepEqual([byQuery.status, byQuery.request?.requestLine], [200, 'GET /x?a=b HTTP/1.1']);
    const byField = await world.ask(bearer(good));
    assert.deepEqual([byField.status, fieldValues(byField, 'authorization')], [200, []]);
    assert.equal((await world.ask([...bearer(good), `Cookie: session=${good}`])).status, 400, 'RFC 6750 §2: one of them');
  });

  test('does not let in as a cookie where that does not count', async () => {
    await using world = await guarded();
    assert.equal((await world.ask([`Cookie: session=${token(pair)}`], `/?token=${token(pair)}`)).status, 401);
  });

  test('is told to no longer hold once it expires, also when it was verified before', async () => {
    await using world = await guarded();
    const short = token(pair, claims({ exp: NOW + 5 }));
    assert.equal((await world.ask(bearer(short))).status, 200);
    world.advance(64_000);
    assert.equal((await world.ask(bearer(short))).status, 200, 'within the skew of 60 s');
    world.advance(2_000);
    assert.equal((await world.ask(bearer(short))).status, 401);
  });
});

describe('refused', () => {
  const [header, content, signature] = token(pair).split('.') as [string, string, string];
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const cases: Readonly<Record<string, readonly string[]>> = {
    'nothing at all': [],
    'another scheme': ['Authorization: Basic YTpi'],
    'an empty token': ['Authorization: Bearer'],
    'no algorithm': bearer(`${unsigned({ alg: 'none' }, claims())}.`),
    'no algorithm, with a signature': bearer(`${unsigned({ alg: 'none', kid: 'one' }, claims())}.AA`),
    'no algorithm in capitals': bearer(`${unsigned({ alg: 'NONE', kid: 'one' }, claims())}.${signature}`),
    'a public key taken for a secret': bearer(hmacToken(publicPem, claims(), { kid: 'rsa' })),
    'a public key taken for a secret, as DER': bearer(
      hmacToken(rsa.publicKey.export({ type: 'spki', format: 'der' }), claims(), { kid: 'rsa' }),
    ),
    'an algorithm of another type of key': bearer(token(pair, claims(), { alg: 'RS256' })),
    'a key of somebody else': bearer(token(other)),
    "somebody else's key under a known id": bearer(token({ ...other, id: 'one' })),
    'a key that it brings along': bearer(token(other, claims(), { jwk: other.publicKey.export({ format: 'jwk' }), kid: undefined })),
    'a key set that it names': bearer(token(other, claims(), { jku: 'http://127.0.0.1:1/jwks', kid: undefined })),
    'an id that is a path': bearer(token(other, claims(), { kid: '../../../../dev/null' })),
    'an id that is no text': bearer(token(pair, claims(), { kid: ['one'] })),
    'an extension': bearer(token(pair, claims(), { crit: ['b64'], b64: true })),
    'another issuer': bearer(token(pair, claims({ iss: 'https://evil.example/' }))),
    'an issuer that is no text': bearer(token(pair, claims({ iss: [ISSUER] }))),
    'another audience': bearer(token(pair, claims({ aud: ['bank', 'post'] }))),
    'no audience': bearer(token(pair, claims({ aud: undefined }))),
    'it has expired': bearer(token(pair, claims({ exp: NOW - 61 }))),
    'it never expires': bearer(token(pair, claims({ exp: undefined }))),
    'it expires at a text': bearer(token(pair, claims({ exp: String(NOW + 60) }))),
    'it is not good yet': bearer(token(pair, claims({ nbf: NOW + 120 }))),
    'it was issued in the future': bearer(token(pair, claims({ iat: NOW + 120 }))),
    'other claims under the signature': bearer(
      `${header}.${Buffer.from(JSON.stringify(claims({ sub: 'root' }))).toString('base64url')}.${signature}`,
    ),
    'a part is missing': bearer(`${header}.${content}`),
    'a part too many': bearer(`${header}.${content}.${signature}.AA`),
    'claims that are no object': bearer(token(pair, [] as unknown as Record<string, unknown>)),
    'it is huge': bearer(token(pair, claims({ more: 'x'.repeat(17_000) }))),
    'two fields, both good': [...bearer(token(pair)), ...bearer(token(pair))],
    'two fields, one good': [...bearer(token(pair)), 'Authorization: Basic YTpi'],
  };

  test('whatever else is shown', async (t) => {
    await using world = await guarded();
    for (const [name, lines] of Object.entries(cases)) {
      await t.test(name, async () => {
        const reply = await world.ask(lines);
        assert.deepEqual([reply.status, reply.request], [401, null], reply.text);
        assert.match(reply.text, /\r\nWWW-Authenticate: Bearer realm="sluice"/);
      });
    }
  });

  test('the reason is a code of RFC 6750 and nothing more', async () => {
    await using world = await guarded({ realm: 'shop' });
    assert.match((await world.ask()).text, /\r\nWWW-Authenticate: Bearer realm="shop"\r\n/);
    const expired = await world.ask(bearer(token(pair, claims({ exp: NOW - 61 }))));
    assert.match(expired.text, /\r\nWWW-Authenticate: Bearer realm="shop", error="invalid_token"\r\n/);
    assert.match(expired.text, /\r\n\r\n401 Unauthorized\n$/);
  });
});

describe('claims', () => {
  test('that are required answer 403 where they are not there', async () => {
    const required = { scope: { contains: ['orders', 'read'] }, 'realm.tier': ['gold', 'silver'], level: 3 };
    await using world = await guarded({ issuers: [{ ...issuer, required }] });
    const good = { scope: 'read write orders', realm: { tier: 'gold' }, level: 3 };
    assert.equal((await world.ask(bearer(token(pair, claims(good))))).status, 200);
    for (const bad of [{ scope: 'readorders' }, { realm: { tier: ['gold'] } }, { level: '3' }, { realm: undefined }]) {
      const reply = await world.ask(bearer(token(pair, claims({ ...good, ...bad }))));
      assert.equal(reply.status, 403, JSON.stringify(bad));
      assert.match(reply.text, /error="insufficient_scope"/);
    }
  });

  test('that would be inherited are not there', async () => {
    await using world = await guarded({ issuers: [{ ...issuer, required: { 'constructor.name': 'Object' } }] });
    assert.equal((await world.ask(bearer(token(pair)))).status, 403);
  });

  test('cannot be forged by headers, their aliases included; nobody needs no token where it is optional', async () => {
    await using world = await guarded({ claimsToHeaders: { 'X-User': 'sub', x_role: 'role' }, optional: true });
    const forged = [
      'X-User: root',
      'x_user: root',
      'X.User: root',
      'x-USER: root',
      'x-role: root',
      'X_Role: root',
      'X.Role: root',
      'X-Other: kept',
    ];
    for (const lines of [forged, [...bearer(token(pair)), ...forged], ['Authorization: Basic YTpi', ...forged]]) {
      const reply = await world.ask(lines);
      assert.equal(reply.status, 200);
      const named = (reply.request?.fields ?? []).filter(([name]) => /^x[-_.](?:user|role)$/.test(name));
      assert.deepEqual(named, lines === forged || lines[0]!.includes('Basic') ? [] : [['x-user', 'anna']]);
      assert.deepEqual(fieldValues(reply, 'x-other'), ['kept']);
    }
    assert.equal((await world.ask(bearer(token(other)))).status, 401, 'a bad token is worse than none');
  });

  test('cannot be forged by trailers', async () => {
    await using world = await guarded({ claimsToHeaders: { 'x-user': 'sub' } });
    const head = `POST / HTTP/1.1\r\nHost: a\r\n${bearer(token(pair))[0]}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await rawExchange(world.port, `${head}0\r\nX-User: root\r\nx_user: root\r\nX-Sum: 5\r\n\r\n`, {
      until: (seen) => looksComplete(seen, 'open'),
    });
    const sent = world.origin.connections.join('');
    assert.match(sent, /\r\n0\r\nX-Sum: 5\r\n\r\n$/);
    assert.match(sent, /\r\nx-user: anna\r\n/);
  });

  test('an age is kept whatever the token says, and its type where one is wanted', async () => {
    await using world = await guarded({ issuers: [{ ...issuer, maxAge: '60s', clockSkew: '0s', type: 'at+jwt' }] });
    const typed = (iat: number | undefined, typ?: string) => bearer(token(pair, claims({ iat }), typ === undefined ? {} : { typ }));
    assert.equal((await world.ask(typed(NOW - 50, 'application/at+jwt'))).status, 200);
    assert.equal((await world.ask(typed(NOW - 61, 'at+jwt'))).status, 401);
    assert.equal((await world.ask(typed(undefined, 'at+jwt'))).status, 401);
    assert.equal((await world.ask(typed(NOW, 'JWT'))).status, 401);
    assert.equal((await world.ask(typed(NOW))).status, 401);
  });
});

test('a secret is for HMAC alone, and HMAC for a secret alone', async () => {
  const secret = 's'.repeat(32);
  await using world = await startGuarded([{ jwt: { issuers: [{ issuer: ISSUER, secret, algorithms: ['HS256'] }] } }]);
  assert.equal((await world.ask(bearer(hmacToken(secret)))).status, 200);
  assert.equal((await world.ask(bearer(hmacToken('t'.repeat(32))))).status, 401);
  assert.equal((await world.ask(bearer(token(pair)))).status, 401);
});

test('a key may be given as PEM; algorithms may be pinned', async () => {
  const publicKey = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  await using world = await startGuarded([{ jwt: { issuers: [{ issuer: ISSUER, publicKey, algorithms: ['RS256'] }] } }]);
  assert.equal((await world.ask(bearer(token(rsa)))).status, 200);
  await world.guard([{ jwt: { issuers: [{ issuer: ISSUER, publicKey, algorithms: ['PS256'] }] } }]);
  assert.equal((await world.ask(bearer(token(rsa)))).status, 401);
});

describe('a key set that is fetched', () => {
  const remote = (url: string) =>
    [{ jwt: { issuers: [{ issuer: ISSUER, audience: 'shop', jwks: { url, refresh: '10m', stale: '1h', timeout: '500ms' } }] } }] as const;

  test('is fetched once, and again when a token names a key that is not in it, not for every such token', async () => {
    await using keys = await startAnswering((_, reply) => reply.end(JSON.stringify(keySet(pair))));
    await using world = await startGuarded([...remote(keys.url)]);
    assert.equal((await world.ask(bearer(token(pair)))).status, 200);
    assert.equal(keys.asked.length, 1);
    keys.answer((_, reply) => reply.end(JSON.stringify(keySet(other))));
    for (let index = 0; index < 5; index++) assert.equal((await world.ask(bearer(token({ ...other, id: `no ${index}` })))).status, 401);
    assert.equal(keys.asked.length, 1, 'it was fetched just now');
    world.advance(11_000);
    assert.equal((await world.ask(bearer(token(other)))).status, 200, 'keys were rotated');
    assert.equal(keys.asked.length, 2);
    assert.equal(
      (await world.ask(bearer(token(pair)))).status,
      401,
      'a key that is gone does not count, not even for tokens that were verified',
    );
  });

  test('is kept while it cannot be fetched, and no longer than it is good for', async () => {
    await using keys = await startAnswering((_, reply) => reply.end(JSON.stringify(keySet(pair))));
    await using world = await startGuarded([...remote(keys.url)]);
    const long = token(pair, claims({ exp: NOW + 100_000 }));
    assert.equal((await world.ask(bearer(long))).status, 200);
    keys.answer((_, reply) => void reply.writeHead(500).end());
    world.advance(11 * 60_000);
    assert.equal((await world.ask(bearer(long))).status, 200);
    await eventually(2_000, 'it was asked again', () => keys.asked.length > 1);
    await eventually(2_000, 'its failure is told', () =>
      world.said.some((message) => JSON.stringify(message).includes('key set cannot be fetched')),
    );
    world.advance(50 * 60_000);
    const late = await world.ask(bearer(long));
    assert.equal(late.status, 503);
    assert.match(late.text, /\r\nRetry-After: 5\r\n/);
    keys.answer((_, reply) => reply.end(JSON.stringify(keySet(pair))));
    world.advance(61_000);
    assert.equal((await world.ask(bearer(long))).status, 200, 'it is there again');
  });

  test('that has no key any more is believed, as one that lacks a key is', async () => {
    await using keys = await startAnswering((_, reply) => reply.end(JSON.stringify(keySet(pair))));
    await using world = await startGuarded([...remote(keys.url)]);
    assert.equal((await world.ask(bearer(token(pair)))).status, 200);
    keys.answer((_, reply) => reply.end('{"keys":[]}'));
    world.advance(11_000);
    assert.equal((await world.ask(bearer(token({ ...other, id: 'unknown' })))).status, 401);
    assert.equal((await world.ask(bearer(token(pair)))).status, 401, 'also where it was verified before');
    assert.ok(world.said.some((message) => JSON.stringify(message).includes('key set has no key left')));
    keys.answer((_, reply) => reply.end(JSON.stringify(keySet(pair))));
    world.advance(11_000);
    assert.equal((await world.ask(bearer(token(pair)))).status, 200);
  });

  test('that is not there when the gateway starts answers 503, and does not keep it from starting', async () => {
    await using keys = await startAnswering((_, reply) => void reply.destroy());
    await using world = await startGuarded([...remote(keys.url)]);
    assert.equal((await world.ask(bearer(token(pair)))).status, 503);
    assert.equal((await world.ask()).status, 401, 'without a token nothing is asked');
    keys.answer((_, reply) => reply.end(JSON.stringify(keySet(pair))));
    world.advance(2_000);
    assert.equal((await world.ask(bearer(token(pair)))).status, 200);
  });

  const faults: Readonly<Record<string, Parameters<typeof startAnswering>[0]>> = {
    slow: () => {},
    huge: (_, reply) => void reply.end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`),
    'a redirect': (_, reply) => void reply.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'not JSON': (_, reply) => void reply.end('<html>'),
    'without keys': (_, reply) => void reply.end('{"keys":[]}'),
    'private keys': (_, reply) => void reply.end(JSON.stringify({ keys: [{ ...pair.privateKey.export({ format: 'jwk' }), kid: 'one' }] })),
  };
  for (const [name, handler] of Object.entries(faults)) {
    test(`that is ${name} answers 503 in bounded time`, async () => {
      await using keys = await startAnswering(handler);
      await using world = await startGuarded([...remote(keys.url)]);
      assert.equal((await world.ask(bearer(token(pair)))).status, 503);
    });
  }
});
