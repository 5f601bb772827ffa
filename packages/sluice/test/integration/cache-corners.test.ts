/** Corners of the cache in one worker: what one client must not do to the others, and what must not outlive a purge. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, reply } from '../support/cache-origin.ts';
import { held, stage } from '../support/cache-stage.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/waiting.ts';

const VARIED = { 'cache-control': 'max-age=600', vary: 'accept-language', 'surrogate-key': 'shelf' };
const german = { headers: { 'accept-language': 'de' } };
const french = { headers: { 'accept-language': 'fr' } };

for (const how of ['tag', 'all', 'prefix'] as const) {
  test(`a purge (${how}) reaches the first variant of a URL while it is being fetched`, async () => {
    await using at = await stage();
    const waiting = held(at.origin, '/a');
    const before = ask(at.plane.port, '/a', german);
    await at.origin.until('/a', 1);
    if (how === 'tag') at.control.purgeTag('shelf', false);
    else if (how === 'all') at.control.purgeAll(false);
    else at.control.purgePrefix('http://', false);
    waiting[0]!.writeHead(200, VARIED).end('old');
    assert.equal((await before).body, 'old');
    const after = ask(at.plane.port, '/a', german);
    await at.origin.until('/a', 2);
    waiting[1]!.writeHead(200, VARIED).end('new');
    assert.equal((await after).body, 'new');
  });
}

test('an unsafe request reaches the variants of its URL while another variant is being fetched', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const first = ask(at.plane.port, '/a', german);
  await at.origin.until('/a', 1);
  waiting[0]!.writeHead(200, VARIED).end('old de');
  await first;
  const second = ask(at.plane.port, '/a', french);
  await at.origin.until('/a', 2);
  const posted = ask(at.plane.port, '/a', { method: 'POST', body: 'x' });
  await at.origin.until('/a', 3);
  waiting[2]!.writeHead(204).end();
  await posted;
  waiting[1]!.writeHead(200, VARIED).end('old fr');
  assert.equal((await second).body, 'old fr');
  at.origin.on('/a', reply(VARIED, 'new'));
  assert.equal((await ask(at.plane.port, '/a', german)).body, 'new');
  assert.equal((await ask(at.plane.port, '/a', french)).body, 'new');
  assert.equal((await ask(at.plane.port, '/a', french)).headers['cache-status'], 'sluice;hit;ttl=600;detail=memory');
});

test('an unsafe request by way of a trusted proxy reaches what lies under its claims', async () => {
  await using at = await stage({}, { listener: { forwarding: { trustedProxies: ['127.0.0.1'] } } });
  const headers = { host: 'site.example', 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.0.0.1' };
  at.origin.on('/a', (request, response, count) => {
    if (request.method === 'POST') response.writeHead(204).end();
    else response.writeHead(200, { 'cache-control': 'max-age=600' }).end(`copy ${count}`);
  });
  assert.equal((await ask(at.plane.port, '/a', { headers })).body, 'copy 1');
  assert.equal((await ask(at.plane.port, '/a', { headers })).body, 'copy 1');
  await ask(at.plane.port, '/a', { headers, method: 'POST', body: 'x' });
  assert.equal((await ask(at.plane.port, '/a', { headers })).body, 'copy 3');
});

test('the private reply of one who showed who they are keeps nobody else from the cache', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response, count) => {
    const isKnown = request.headers.authorization !== undefined;
    response.writeHead(200, { 'cache-control': isKnown ? 'private' : 'max-age=60' }).end(isKnown ? 'mine' : `copy ${count}`);
  });
  const mine = await ask(at.plane.port, '/a', { headers: { authorization: 'Bearer x' } });
  assert.equal(mine.body, 'mine');
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 2');
  assert.equal((await ask(at.plane.port, '/a')).body, 'copy 2');
});

test('a 304 that may not be kept makes nothing fresh for others', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response, count) => {
    if (request.headers['if-none-match'] === undefined) response.writeHead(200, { 'cache-control': 'max-age=1', etag: '"a"' }).end('text');
    else response.writeHead(304, { 'cache-control': 'private, max-age=600', etag: '"a"', 'x-name': `somebody ${count}` }).end();
  });
  await ask(at.plane.port, '/a');
  at.plane.advance(2_000);
  const asked = await ask(at.plane.port, '/a');
  assert.deepEqual([asked.status, asked.body, asked.headers['x-name']], [200, 'text', 'somebody 2']);
  const other = await ask(at.plane.port, '/a');
  assert.deepEqual([other.body, other.headers['x-name'], at.origin.count('/a')], ['text', undefined, 3]);
});

test('a 304 that says by what a reply varies, which its key does not tell apart, takes it away', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response, count) => {
    const headers = { 'cache-control': 'max-age=1', etag: '"a"', ...(count === 1 ? {} : { vary: 'accept-language' }) };
    if (request.headers['if-none-match'] !== undefined) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(String(request.headers['accept-language'] ?? 'none'));
  });
  await ask(at.plane.port, '/a', german);
  at.plane.advance(2_000);
  assert.equal((await ask(at.plane.port, '/a', german)).body, 'de');
  assert.equal((await ask(at.plane.port, '/a', french)).body, 'fr');
  assert.equal((await ask(at.plane.port, '/a', german)).body, 'de');
});

test('what a 304 or a HEAD says to one who showed who they are is not said to others', async () => {
  await using at = await stage();
  at.origin.on('/a', (request, response) => {
    const isKnown = request.headers.authorization !== undefined;
    const headers = { 'cache-control': 'max-age=1', etag: '"a"', ...(isKnown ? { 'x-name': 'somebody' } : {}) };
    if (request.headers['if-none-match'] !== undefined) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end('text');
  });
  const mine = { headers: { authorization: 'Bearer x' } };
  for (const method of ['GET', 'HEAD']) {
    await ask(at.plane.port, '/a');
    at.plane.advance(2_000);
    assert.equal((await ask(at.plane.port, '/a', { ...mine, method })).headers['x-name'], 'somebody');
    assert.equal((await ask(at.plane.port, '/a')).headers['x-name'], undefined, `after a ${method}`);
  }
});

test('a reply that turned out too large is not tried again with the next request', async () => {
  await using at = await stage({}, { caches: { default: { objectMax: '64KiB' } } });
  at.origin.on('/a', (_request, response) => void response.writeHead(200, { 'cache-control': 'max-age=60' }).end('y'.repeat(300_000)));
  await ask(at.plane.port, '/a');
  const again = await ask(at.plane.port, '/a');
  assert.deepEqual([again.body.length, again.headers['cache-status']], [300_000, 'sluice;fwd=miss;detail=hit-for-miss']);
});

test('a hundred pipelined requests for what is stale get their replies in order, while one fetches', async () => {
  await using at = await stage();
  at.origin.on(
    '/a',
    reply({ 'cache-control': 'max-age=1, stale-while-revalidate=60' }, (count) => `copy ${count}`),
  );
  at.origin.on(
    '/b',
    reply({ 'cache-control': 'max-age=1, stale-while-revalidate=60' }, (count) => `book ${count}`),
  );
  for (const path of ['/a', '/b']) await ask(at.plane.port, path, { headers: { host: 'a' } });
  at.plane.advance(2_000);
  const client = await RawClient.open(at.plane.port);
  client.write(Array.from({ length: 100 }, (_, turn) => `GET /${turn % 2 === 0 ? 'a' : 'b'} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  const text = await client.until('all of them', (all) => (all.match(/(copy|book) \d/g) ?? []).length === 100);
  const words = text.match(/(copy|book) \d/g)!.map((word) => word.slice(0, 4));
  assert.deepEqual(
    words,
    Array.from({ length: 100 }, (_, turn) => (turn % 2 === 0 ? 'copy' : 'book')),
  );
  assert.ok(at.origin.count('/a') <= 3 && at.origin.count('/b') <= 3);
  client.socket.destroy();
});

for (const control of ['no-store', 'max-age=1']) {
  test(`a head as long as the service may make it is passed on (${control}), kept and validated`, async () => {
    const limits = { headersMax: 5_000, headers: '1MiB' };
    await using at = await stage();
    const service = { endpoints: [`127.0.0.1:${at.origin.port}`], outlier: false as const, retry: false as const, pool: { limits } };
    await at.plane.reload({ services: { origin: service }, routes: [{ path: '/*', to: 'origin' }], filters: ['cache'] });
    at.origin.on('/a', (request, response, count) => {
      const isKnown = request.headers['if-none-match'] !== undefined;
      const headers = Object.fromEntries(Array.from({ length: 700 }, (_, line) => [`x-${count}-${line}`, 'x'.repeat(150)]));
      response.writeHead(isKnown ? 304 : 200, { ...headers, 'cache-control': control, etag: '"a"' });
      response.end(isKnown ? undefined : 'text');
    });
    const statuses: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const client = await RawClient.open(at.plane.port);
      client.write('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      statuses.push(Number((await client.until('the content', (text) => text.includes('\r\n\r\n'))).slice(9, 12)));
      client.socket.destroy();
      if (turn % 2 === 1) at.plane.advance(2_000);
    }
    assert.deepEqual(statuses, [200, 200, 200, 200]);
  });
}

test('a reply cannot take its own no-store or Vary back by naming them in Connection', async () => {
  await using at = await stage();
  const modified = 'Wed, 01 Jan 2020 00:00:00 GMT';
  for (const [path, field] of [
    ['/a', { 'cache-control': 'no-store' }],
    ['/b', { vary: '*' }],
  ] as const)
    at.origin.on(
      path,
      reply({ connection: 'Cache-Control, vary, x-hop', 'last-modified': modified, ...field }, (count) => `copy ${count}`),
    );
  for (const path of ['/a', '/b']) {
    await ask(at.plane.port, path);
    assert.equal((await ask(at.plane.port, path)).body, 'copy 2', path);
  }
});

test('a reply that comes for ever, and that nobody reads any more, is given up', async () => {
  await using at = await stage();
  const waiting = held(at.origin, '/a');
  const client = await RawClient.open(at.plane.port);
  client.write('GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n');
  await at.origin.until('/a', 1);
  const [response] = waiting;
  response!.writeHead(200, { 'cache-control': 'max-age=600' }).write('begin');
  await client.until('it begins', (text) => text.includes('begin'));
  client[Symbol.dispose]();
  const kept = (): number => {
    const entry = at.control.peek('http://a.example/a\n@origin');
    const { available } = entry ?? { available: 0 };
    entry?.release();
    return available;
  };
  let isGone = false;
  response!.once('close', () => (isGone = true));
  for (let minute = 0; minute < 12 && !isGone; minute++) {
    response!.write('more');
    const wanted = 'begin'.length + 'more'.length * (minute + 1);
    await eventually(3_000, 'it has come, or is over', () => isGone || kept() === wanted);
    assert.ok(!isGone || minute > 9, 'a reply that nobody reads may be kept for others');
    at.plane.advance(59_500);
  }
  await eventually(3_000, 'its connection is closed', () => isGone);
});
