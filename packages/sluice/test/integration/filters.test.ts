/** Filters together: with each other, with content that is still on its way, and with what follows on the same connection. */
import assert from 'node:assert/strict';
import { status } from '@grpc/grpc-js';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { PlaneConfig } from '../support/data-plane.ts';
import { stageFilters, startOrigin, type TestOrigin } from '../support/filter-stage.ts';
import { grpcWorld, type ServiceError } from '../support/grpc.ts';
import { hostileOrigin } from '../support/hostile-origin.ts';
import { drift } from '../support/drift.ts';
import { data, headers } from '../support/http2.ts';
import { Http2Wire } from '../support/http2-wire.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/waiting.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-filters-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

/** A filter of the user's with this code. */
function custom(code: string): object {
  const path = join(directory, `filter-${++files}.ts`);
  writeFileSync(path, `import { defineFilter } from 'sluice';\nexport default defineFilter(${code});\n`);
  return { custom: { module: path } };
}

test('content that passes its bound, whole, with the next request behind it in one piece: refused, and then the next', async (t) => {
  const world = await stageFilters(t, [{ bodyLimit: { max: '4B' } }]);
  using client = await RawClient.open(world.plane.port);
  client.write(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  await client.until('both are answered', (text) => text.includes('413 Payload Too Large') && text.endsWith('origin'));
  assert.deepEqual(
    world.origin.seen.map(({ url }) => url),
    ['/next'],
  );
});

test('a filter of the user before the cache has the reply, changed or another, when the fetch has long ended', async (t) => {
  const late = 'const reply = await next(); await new Promise((go) => setTimeout(go, 20));';
  const answer: NonNullable<Parameters<typeof stageFilters>[2]>['answer'] = (_, response) =>
    void response.writeHead(200, { 'cache-control': 'max-age=60' }).end('origin');
  const changed = await stageFilters(
    t,
    [custom(`async (request, next) => { ${late} reply.headers.set('x-late', request.method); return reply; }`), 'cache'],
    { answer },
  );
  for (const age of [undefined, '0']) {
    const { body, headers } = await changed.ask('/');
    assert.deepEqual([body, headers['x-late'], headers['age']], ['origin', 'GET', age]);
  }
  const other = await stageFilters(t, [custom(`async (request, next) => { ${late} return { status: 201, body: 'other' }; }`), 'cache'], {
    answer,
  });
  for (let each = 0; each < 2; each++) {
    const { status, body } = await other.ask('/');
    assert.deepEqual([status, body], [201, 'other']);
  }
});

test('what a filter of the user is told of a request stays that of this request after next()', async (t) => {
  let release = (): void => {};
  const world = await stageFilters(
    t,
    [
      custom(
        `async (request, next) => { const reply = await next(); reply.headers.set('x-host', request.host + ' ' + request.url); return reply; }`,
      ),
    ],
    {
      answer({ url }, response) {
        if (url === '/slow') release = () => response.end();
        else response.end();
      },
    },
  );
  const slow = world.ask('/slow', { headers: { host: 'one.example' } });
  await eventually(3_000, 'the slow one is asked for', () => world.origin.seen.length === 1);
  await world.ask('/', { headers: { host: 'two.example' } });
  release();
  assert.equal((await slow).headers['x-host'], 'one.example http://one.example/slow');
});

test('a filter of the user that looks at the head when the request has gone on is told so, and sees no other', async (t) => {
  const world = await stageFilters(t, [
    custom(`(request) => {
      globalThis.lookLater = () => { try { return request.headers.get('x-secret'); } catch (error) { return error.message; } };
    }`),
  ]);
  await world.ask('/', { headers: { 'x-secret': 'one' } });
  const { lookLater } = globalThis as unknown as { lookLater(): string };
  await world.ask('/', { headers: { 'x-secret': 'two' } });
  assert.match(lookLater(), /^headers: the request has gone on/);
});

/** Services `shadow0`, `shadow1`, …, and their origins. */
async function shadows(t: TestContext, count: number): Promise<{ origins: readonly TestOrigin[]; services: PlaneConfig['services'] }> {
  const origins = await Promise.all(Array.from({ length: count }, () => startOrigin(t)));
  const services = origins.map(({ port }, index) => [`shadow${index}`, { endpoints: [`127.0.0.1:${port}`], retry: false, outlier: false }]);
  return { origins, services: Object.fromEntries(services) as PlaneConfig['services'] };
}

test('several filters look at the same content: each mirror has its copy, and none holds a place for ever', async (t) => {
  const { origins, services } = await shadows(t, 2);
  const mirrors = origins.map((_, index) => ({ mirror: { to: `shadow${index}`, concurrency: 2 } }));
  const reading = custom(`async (request) => { request.headers.set('x-length', String((await request.bytes()).length)); }`);
  for (const filters of [mirrors, [...mirrors, reading]]) {
    const isRead = filters.length > mirrors.length;
    const world = await stageFilters(t, [], {
      services,
      routes: [{ path: '/*', to: 'origin', filters, filterOrder: 'written' }],
    });
    for (let each = 1; each <= 4; each++) {
      const before = origins.map(({ seen }) => seen.length);
      await world.ask('/', { method: 'POST', body: 'content', headers: { 'transfer-encoding': 'chunked' } });
      await eventually(3_000, 'both copies are there', () => origins.every(({ seen }, index) => seen.length > before[index]!));
    }
    assert.deepEqual(
      origins.map(({ seen }) => seen.at(-1)!.body),
      ['content', 'content'],
    );
    assert.equal(world.origin.seen.at(-1)?.headers['x-length'], isRead ? '7' : undefined);
  }
});

test('a fault that resets behind the cache is a service that breaks: 502, and the client and the counts are well', async (t) => {
  const world = await stageFilters(t, ['cache', { fault: { abort: { status: 'reset' } } }]);
  for (let each = 0; each < 2; each++) assert.equal((await world.ask('/')).status, 502);
  assert.deepEqual(drift(world.plane), {});
});

test('a reply that fails before any of it has left is a page for errors, and says nothing of what filters have said of that reply', async (t) => {
  const broken = await hostileOrigin('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Frame-Options: ALLOWALL\r\n\r\nzz\r\n');
  t.after(() => broken[Symbol.asyncDispose]());
  const changing = custom(
    `async (request, next) => { const reply = await next(); reply.headers.set('cache-control', 'max-age=99'); return reply; }`,
  );
  const world = await stageFilters(t, ['errorPage', 'securityHeaders', changing, 'compress'], {
    services: { origin: { endpoints: [`127.0.0.1:${broken.port}`], retry: false, outlier: false } },
  });
  const { status, headers, body } = await world.ask('/', { headers: { 'accept-encoding': 'gzip' } });
  assert.deepEqual([status, headers['cache-control'], headers['x-frame-options']], [502, 'no-store', 'SAMEORIGIN']);
  assert.match(body, /^<!doctype html>/);
  assert.deepEqual(drift(world.plane), {});
});

test('a field that one filter sets is not set again by another that only fills in', async (t) => {
  const set = { headers: { response: { set: { 'X-Frame-Options': 'DENY' } } } };
  const world = await stageFilters(t, [set, 'securityHeaders', { fixed: { status: 200 } }], {
    routes: [
      { path: '/own', filters: [set, 'securityHeaders', { fixed: { status: 200 } }] },
      { path: '/*', to: 'origin', filters: [set, 'securityHeaders'] },
    ],
  });
  for (const path of ['/own', '/']) {
    const { rawHeaders } = await world.ask(path);
    const said = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'x-frame-options');
    assert.deepEqual(said, ['DENY'], path);
  }
});

/** A call in gRPC-Web's framing. */
function message(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

const WAIT = 'async () => { await new Promise((go) => setTimeout(go, 20)); }';

test('replies to gRPC-Web say what filters say, in both kinds; content that came while a filter waited is decoded', async (t) => {
  const cors = { cors: { origins: ['https://a.example'] } };
  const { plane } = await grpcWorld(
    t,
    [{}],
    {},
    { routes: [{ grpc: 'test.Echo/*', to: 'echo', grpcWeb: true, filters: [cors, custom(WAIT)] }] },
  );
  const call = async (type: string, body: Buffer | string): Promise<{ head: Headers; text: string }> => {
    const headers = { 'content-type': type, origin: 'https://a.example' };
    const given = typeof body === 'string' ? body : new Uint8Array(body);
    const reply = await fetch(`http://127.0.0.1:${plane.port}/test.Echo/Unary`, { method: 'POST', headers, body: given });
    return { head: reply.headers, text: await reply.text() };
  };
  const binary = await call('application/grpc-web+proto', message('hello'));
  assert.match(binary.text, /hello/);
  const coded = await call('application/grpc-web-text', message('hello').toString('base64'));
  assert.match(Buffer.from(coded.text, 'base64').toString('latin1'), /hello/);
  const broken = await call('application/grpc-web-text', '!!!!');
  assert.equal(broken.head.get('grpc-status'), '13');
  const short = await call('application/grpc-web-text', 'AAA');
  assert.equal(short.head.get('grpc-status'), '13');
  for (const { head } of [binary, coded, broken, short]) assert.equal(head.get('access-control-allow-origin'), 'https://a.example');
  assert.deepEqual(drift(plane), {});
});

test('a gRPC call behind a filter that changes replies ends at its deadline with a status, and a refusal says nothing twice', async (t) => {
  const { plane, client } = await grpcWorld(
    t,
    [{ chat: (call) => void call.on('data', (sent: Buffer) => call.write(sent)).on('error', () => {}) }],
    {},
    {
      routes: [
        { grpc: 'test.Echo/Chat', to: 'echo', filters: ['securityHeaders'], timeouts: { exchange: '1s' } },
        { grpc: 'test.Echo/*', to: 'echo', filters: ['requestId', { fault: { abort: { status: 503 } } }] },
      ],
    },
  );
  const chat = client.chat();
  chat.write(Buffer.from('one'));
  await once(chat, 'data');
  const ended = once(chat, 'error');
  plane.advance(1_500);
  const [{ code }] = (await ended) as [ServiceError];
  assert.equal(code, status.DEADLINE_EXCEEDED);
  const { code: refused, trailers } = await client.unary('one');
  assert.deepEqual([refused, trailers.get('x-request-id').length], [status.UNAVAILABLE, 1]);
  assert.deepEqual(drift(plane), {});
});

test('content is due as ever when a filter has waited, whatever time the exchange has', async (t) => {
  let isAsked = false;
  const origin = await hostileOrigin(async (connection) => {
    await connection.head();
    isAsked = true;
  });
  t.after(() => origin[Symbol.asyncDispose]());
  const world = await stageFilters(t, [], {
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`], retry: false, outlier: false } },
    routes: [{ path: '/*', to: 'origin', filters: [custom(WAIT)], timeouts: { exchange: '1h' } }],
  });
  using client = await RawClient.open(world.plane.port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  await eventually(3_000, 'it is on its way', () => isAsked);
  world.plane.advance(61_000);
  await client.until('it is late', (text) => text.startsWith('HTTP/1.1 408'));
  assert.deepEqual(drift(world.plane), {});
});

test('a request that waits in a filter goes through reloads that no other request has seen', async (t) => {
  let answer = (): void => {};
  const auth = await startOrigin(t, (_, response) => (answer = () => void response.writeHead(200).end()));
  const filters = [{ forwardAuth: { url: `http://127.0.0.1:${auth.port}/` } }];
  const world = await stageFilters(t, filters);
  const services = { origin: { endpoints: [`127.0.0.1:${world.origin.port}`], retry: false as const, outlier: false as const } };
  const asked = world.ask('/');
  await eventually(3_000, 'the program is asked', () => auth.seen.length === 1);
  for (const path of ['/1', '/2', '/3']) {
    await world.plane.reload({
      services,
      routes: [
        { path: '/*', to: 'origin', filters },
        { path, to: 'origin' },
      ],
    });
  }
  answer();
  assert.equal((await asked).status, 200);
});

test('a place among those in flight is given back when the cache has to ask once more', async (t) => {
  const places = { rateLimit: { name: 'misses', concurrency: 1, missesOnly: true } };
  const world = await stageFilters(t, ['cache', places], {
    answer({ headers }, response) {
      const isAboutOther = headers['if-none-match'] !== undefined;
      response.writeHead(isAboutOther ? 304 : 200, { etag: isAboutOther ? '"other"' : '"one"', 'cache-control': 'max-age=1' }).end();
    },
  });
  for (let each = 0; each < 3; each++) {
    assert.equal((await world.ask('/')).status, 200);
    world.plane.advance(2_000);
  }
});

test('{user} in a header is who was let in', async (t) => {
  const hash = `sha256:${createHash('sha256').update('key').digest('hex')}`;
  const world = await stageFilters(t, [
    { headers: { request: { set: { 'X-Who': '{user}' } } } },
    { apiKey: { keys: [{ name: 'ada', hash }] } },
  ]);
  await world.ask('/', { headers: { 'x-api-key': 'key', 'x-who': 'somebody' } });
  assert.equal(world.origin.seen[0]?.headers['x-who'], 'ada');
});

test('what a filter takes out of replies is not said in their trailers, either', async (t) => {
  const trailing = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX_Secret: 1\r\nX-Other: 2\r\n\r\n';
  const origin = await hostileOrigin(trailing);
  t.after(() => origin[Symbol.asyncDispose]());
  const services = { origin: { endpoints: [`127.0.0.1:${origin.port}`], retry: false as const, outlier: false as const } };
  const world = await stageFilters(t, [{ headers: { response: { remove: ['X-Secret'] } } }], { services });
  using client = await RawClient.open(world.plane.port);
  const text = await client.ask(
    'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n',
    (all) => all.endsWith('\r\n\r\n') && all.includes('\r\n0\r\n'),
  );
  assert.match(text, /\r\n0\r\nX-Other: 2\r\n\r\n$/);
  const h2 = connect(`http://127.0.0.1:${world.plane.port}`);
  t.after(() => h2.destroy());
  const stream = h2.request({ ':path': '/' });
  const [trailers] = (await once(stream.resume(), 'trailers')) as [Record<string, string>];
  assert.deepEqual(Object.keys(trailers), ['x-other']);
});

test('a WebSocket over HTTP/2 may speak before a filter has decided', async (t) => {
  const origin = await hostileOrigin(async (connection) => {
    await connection.head();
    const key = /sec-websocket-key: (.*)\r\n/i.exec(connection.received)![1]!;
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    connection.write(`HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    await connection.until((received) => received.endsWith('early'));
    connection.write('early too');
  });
  t.after(() => origin[Symbol.asyncDispose]());
  const services = { origin: { endpoints: [`127.0.0.1:${origin.port}`], retry: false as const, outlier: false as const } };
  const world = await stageFilters(t, [custom(WAIT)], { services });
  const wire = await Http2Wire.open(world.plane.port);
  t.after(() => wire[Symbol.dispose]());
  const fields: [string, string][] = [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'http'],
    [':authority', 'a'],
    [':path', '/'],
    ['sec-websocket-version', '13'],
  ];
  wire.send(headers(1, fields, false), data(1, 'early'));
  await wire.until('it comes back', (lines) => lines.some((line) => line.startsWith('DATA 1') && line.includes('early')));
});

test('something like a promise that settles at once costs a worker none of its parsers', async (t) => {
  const answered = custom(`() => ({ then(done) { done({ status: 202, body: 'at once' }); } })`);
  const passed = custom(`() => ({ then(done) { done(undefined); } })`);
  const world = await stageFilters(t, [], {
    routes: [
      { path: '/answered', filters: [answered] },
      { path: '/*', to: 'origin', filters: [passed] },
    ],
  });
  for (let each = 0; each < 3; each++) {
    assert.equal((await world.ask('/answered')).body, 'at once');
    assert.equal((await world.ask('/')).body, 'origin');
  }
  const { parsers } = world.plane.plane as unknown as { parsers: readonly object[] };
  assert.deepEqual([parsers.length, new Set(parsers).size], [1, 1]);
});

test('a filter that replaces content inside of compress is compressed, and says so', async (t) => {
  const replacing = custom(`async (request, next) => { const reply = await next(); reply.body = 'hello '.repeat(1_000); return reply; }`);
  const world = await stageFilters(t, [], {
    routes: [{ path: '/*', to: 'origin', filters: ['compress', replacing], filterOrder: 'written' }],
    answer: (_, response) => void response.writeHead(200, { 'content-type': 'text/plain', etag: '"old"' }).end('origin'),
  });
  const { headers: said, bytes } = await world.ask('/', { headers: { 'accept-encoding': 'gzip' } });
  assert.deepEqual([said['content-encoding'], said.etag], ['gzip', undefined]);
  assert.equal(gunzipSync(bytes).toString(), 'hello '.repeat(1_000));
});

test('a request that is refused while a filter reads its content goes nowhere while a page is fetched, or another filter looks at the refusal', async (t) => {
  const attack = "id=1' OR '1'='1' UNION SELECT password FROM users -- ";
  const looking = custom(
    `async (request, next) => { const reply = await next(); await new Promise((go) => setTimeout(go, 30)); return reply; }`,
  );
  const reading = custom(`async (request) => { await request.bytes(1_000_000); }`);
  const shadow = await startOrigin(t, (_, response) => void setTimeout(() => response.end('a page'), 30));
  const services = { shadow: { endpoints: [`127.0.0.1:${shadow.port}`], retry: false as const } };
  const page = { errorPage: { status: ['4xx'], from: { service: 'shadow', path: '/page' } } };
  const limit = { bodyLimit: { max: '1KiB' } };
  for (const filters of [
    [page, limit, 'waf'],
    [page, limit, reading],
    [looking, limit, 'waf'],
    [looking, limit, reading],
  ]) {
    const origin = await hostileOrigin(() => {});
    t.after(() => origin[Symbol.asyncDispose]());
    const world = await stageFilters(t, [], {
      services: { ...services, origin: { endpoints: [`127.0.0.1:${origin.port}`], retry: false } },
      routes: [{ path: '/*', to: 'origin', filters, filterOrder: 'written' }],
    });
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n';
    using client = await RawClient.open(world.plane.port);
    client.write(`${head}${attack.length.toString(16)}\r\n${attack}\r\n`);
    await new Promise((go) => setTimeout(go, 20));
    client.write(`800\r\n${'x'.repeat(0x800)}\r\n`);
    await client.until('it is refused', (text) => text.startsWith('HTTP/1.1 413'));
    const failed = world.plane.said.filter((message) => message.type === 'event' && message.what === 'filter failed');
    assert.deepEqual([failed, drift(world.plane), origin.connections.length], [[], {}, 0]);
  }
});
