/** Another program decides, through a real worker: what it is asked, what becomes of its answers, and of requests while it does not answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { input } from 'zod';
import { fieldValues, type GuardedPlane, startAnswering, startGuarded } from '../../../test/support/guarded-plane.ts';
import type { forwardAuthSchema } from '../../config/schema/filters/forward-auth.ts';
import { validate } from '../../config/validate.ts';
import { checkLinearRegex } from '../../io/regex.ts';

type Options = input<typeof forwardAuthSchema>;

function guarded(url: string, options: Partial<Options> = {}): Promise<GuardedPlane> {
  return startGuarded([{ forwardAuth: { url, ...options } }]);
}

describe('the question', () => {
  test('is a GET that says what was asked, by whom, with the credentials and nothing else', async () => {
    await using auth = await startAnswering((_, reply) => reply.end());
    await using world = await guarded(`${auth.url}verify?x=1`);
    const reply = await world.ask(
      [
        'Authorization: Bearer t',
        'Cookie: a=b',
        'X-Secret: c',
        'X-Forwarded-User: root',
        'X-Forwarded-Method: DELETE',
        'X-Forwarded-Uri: /public',
      ],
      '/p/../q?r=s',
    );
    assert.equal(reply.status, 200);
    const [asked] = auth.asked;
    assert.deepEqual([asked?.method, asked?.url], ['GET', '/verify?x=1']);
    const { host, connection, ...headers } = asked!.headers;
    assert.deepEqual([host, connection], [auth.url.slice(7, -1), 'keep-alive']);
    assert.deepEqual(headers, {
      authorization: 'Bearer t',
      cookie: 'a=b',
      'x-forwarded-method': 'GET',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a.example',
      'x-forwarded-uri': '/q?r=s',
      'x-forwarded-for': '127.0.0.1',
    });
  });

  test('goes on a kept connection, and on a new one where that was closed', async () => {
    await using auth = await startAnswering((_, reply) => reply.end());
    await using world = await guarded(auth.url);
    for (let round = 0; round < 3; round++) assert.equal((await world.ask()).status, 200);
    assert.equal(auth.connections(), 1);
    let isFirst = true;
    auth.answer((request, reply) => {
      if (!isFirst) return void reply.end();
      isFirst = false;
      request.socket.destroy();
    });
    assert.equal((await world.ask()).status, 200, 'sent again: a GET may be');
    assert.equal(auth.connections(), 2);
  });
});

describe('a good answer', () => {
  test('says who it is, and nobody else can', async () => {
    await using auth = await startAnswering((_, reply) =>
      reply.writeHead(204, { 'remote-user': 'anna', 'remote-groups': ['a', 'b'], 'set-cookie': ['s=1', 't=2'], 'x-other': 'c' }).end(),
    );
    await using world = await guarded(auth.url, { copyHeaders: ['Remote-User', 'Remote-Groups', 'Remote-Email'] });
    const reply = await world.ask(['Remote-User: root', 'Remote_User: root', 'Remote.Email: root', 'REMOTE-GROUPS: admin']);
    assert.deepEqual(
      reply.request?.fields.filter(([name]) => /remote|other/.test(name)),
      [
        ['remote-user', 'anna'],
        ['remote-groups', 'a'],
        ['remote-groups', 'b'],
      ],
    );
    assert.match(reply.text, /\r\nset-cookie: s=1\r\nset-cookie: t=2\r\n/);
  });

  test('holds for the same credentials and URL where that is wanted', async () => {
    await using auth = await startAnswering((request, reply) =>
      reply.writeHead(200, { 'remote-user': request.headers.authorization ?? 'nobody' }).end(),
    );
    await using world = await guarded(auth.url, { copyHeaders: 'remote-user', cache: { ttl: '10s' } });
    const ask = async (user: string, target = '/'): Promise<unknown> =>
      fieldValues(await world.ask([`Authorization: ${user}`], target), 'remote-user');
    assert.deepEqual([await ask('a'), await ask('a'), auth.asked.length], [['a'], ['a'], 1]);
    assert.deepEqual([await ask('b'), await ask('a', '/x'), auth.asked.length], [['b'], ['a'], 3]);
    await world.ask();
    await world.ask();
    assert.equal(auth.asked.length, 5, 'without credentials there is nothing to remember it by');
    world.advance(10_001);
    await ask('a');
    assert.equal(auth.asked.length, 6);
    auth.answer((_, reply) => reply.writeHead(401).end());
    assert.equal((await world.ask(['Authorization: c'])).status, 401);
    auth.answer((_, reply) => reply.end());
    assert.equal((await world.ask(['Authorization: c'])).status, 200, 'bad answers do not hold');
  });
});

test('an answer holds for what was asked about alone, not for the same cookie without the rest', async () => {
  await using auth = await startAnswering((request, reply) => reply.writeHead(request.headers['x-key'] === 'right' ? 200 : 401).end());
  await using world = await guarded(auth.url, { requestHeaders: ['cookie', 'x-key'], cache: { ttl: '10s', headers: 'cookie' } });
  const ask = async (...lines: string[]): Promise<number> => (await world.ask(['Cookie: consent=1', ...lines])).status;
  assert.deepEqual([await ask('X-Key: right'), await ask('X-Key: right'), auth.asked.length], [200, 200, 1]);
  assert.deepEqual([await ask(), await ask('X-Key: wrong'), auth.asked.length], [401, 401, 3]);
});

describe('any other answer', () => {
  test("is the client's: a redirect to where one logs in", async () => {
    await using auth = await startAnswering((_, reply) =>
      reply
        .writeHead(302, { location: 'https://login.example/?rd=x', 'set-cookie': 'csrf=1', 'transfer-encoding': 'chunked' })
        .end('<a>log in</a>'),
    );
    await using world = await guarded(auth.url);
    const { status, text, request } = await world.ask();
    assert.deepEqual([status, request], [302, null]);
    assert.match(text, /\r\nlocation: https:\/\/login\.example\/\?rd=x\r\n/);
    assert.match(text, /\r\nset-cookie: csrf=1\r\n/);
    assert.match(text, /\r\nContent-Length: 13\r\n(?:.*\r\n)*\r\n<a>log in<\/a>$/);
    assert.doesNotMatch(text, /transfer-encoding/i);
  });

  test('is passed on with its bytes as they are', async () => {
    await using auth = await startAnswering((_, reply) =>
      reply.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' }).end('nö'),
    );
    await using world = await guarded(auth.url);
    const { status, text } = await world.ask();
    assert.equal(status, 401);
    assert.ok(text.endsWith(Buffer.from('nö').toString('latin1')), text);
    assert.match(text, /\r\nwww-authenticate: Bearer\r\n/);
  });
});

describe('without an answer', () => {
  const troubles: Readonly<Record<string, Parameters<typeof startAnswering>[0]>> = {
    'that comes in time': () => {},
    'that is no error': (_, reply) => void reply.writeHead(500).end(),
    'of sane size': (_, reply) => void reply.writeHead(401).end('x'.repeat(70_000)),
    'that is whole': (_, reply) => void (reply.writeHead(401, { 'content-length': 100 }), reply.write('x', () => reply.destroy())),
    'at all': (_, reply) => void reply.destroy(),
  };
  for (const [name, handler] of Object.entries(troubles)) {
    test(`${name}, requests are refused, or pass where that is wanted`, async () => {
      await using auth = await startAnswering(handler);
      await using world = await guarded(auth.url, { timeout: '200ms' });
      const closed = await world.ask();
      assert.deepEqual([closed.status, closed.request], [503, null]);
      assert.match(closed.text, /\r\nRetry-After: 5\r\n/);
      assert.ok(world.said.some((message) => JSON.stringify(message).includes('no answer about requests')));
      await world.guard([{ forwardAuth: { url: auth.url, timeout: '200ms', without: 'open', copyHeaders: 'remote-user' } }]);
      const open = await world.ask(['Remote-User: root']);
      assert.deepEqual([open.status, fieldValues(open, 'remote-user')], [200, []]);
    });
  }

  test('requests beyond the line are refused at once', async () => {
    const held: (() => void)[] = [];
    await using auth = await startAnswering((_, reply) => void held.push(() => reply.end()));
    await using world = await guarded(auth.url, { concurrency: 1, timeout: '60s' });
    const refused = Promise.withResolvers<void>();
    let refusals = 0;
    for (let index = 0; index < 12; index++) {
      void world.ask().then(({ status }) => {
        if (status === 503 && ++refusals === 3) refused.resolve(); // one is asked about, eight are in line
      });
    }
    await refused.promise;
    assert.ok(held.length <= 1, 'one at a time');
  });
});

test('a wrong configuration is a fault that says what to do', () => {
  const faults: readonly (readonly [unknown, RegExp])[] = [
    ['forwardAuth', /forwardAuth\.url must be a URL/],
    [{ forwardAuth: { url: 'ftp://a' } }, /forwardAuth\.url is not a URL; write 'http:\/\/HOST:PORT\/PATH'/],
    [{ forwardAuth: { url: 'http://u:hunter2@a/' } }, /forwardAuth\.url has a user or password in it/],
    [{ forwardAuth: { url: 'http://a/', requestHeaders: ['host'] } }, /must not be a field that the gateway writes itself/],
    [
      { forwardAuth: { url: 'http://a/', requestHeaders: ['cookie'], cache: { ttl: '1s' } } },
      /leaves out authorization, by which answers are remembered/,
    ],
    [{ forwardAuth: { url: 'http://a/', without: 'opne' } }, /without must be one of 'open', 'closed'.*did you mean "open"/],
  ];
  for (const [filter, expected] of faults) {
    const found = validate(
      {
        listeners: { web: { http: ':1' } },
        services: { a: { endpoints: ['127.0.0.1:2'] } },
        routes: [{ path: '/*', to: 'a', filters: [filter] }],
      },
      checkLinearRegex,
    );
    const text = found.ok ? '' : found.faults.map(({ message }) => message).join('\n');
    assert.match(text, expected);
    assert.doesNotMatch(text, /hunter2/);
  }
});

test('what the service said to somebody who was let in is not shared (RFC 9111 §3.5)', async () => {
  await using auth = await startAnswering((request, reply) => reply.setHeader('Remote-User', String(request.headers['x-token'])).end());
  const forwardAuth = { url: auth.url, requestHeaders: ['x-token'], copyHeaders: ['Remote-User'] };
  await using world = await startGuarded([{ forwardAuth }, { cache: { defaultTtl: '10m' } }]);
  for (const user of ['anna', 'ben']) assert.deepEqual(fieldValues(await world.ask([`X-Token: ${user}`]), 'remote-user'), [user]);
});
