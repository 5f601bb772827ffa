/** Everything at once, by a seed: clients that leave, services that break off, replies of all sizes. Whoever gets a reply gets the right one, and in the end nobody holds anything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { storeViews } from '../../src/core/caching/memory/store-views.ts';
import { MemoryStore } from '../../src/core/caching/memory/memory-store.ts';
import { ask, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { planeTo, startPlane, type TestPlane } from '../support/data-plane.ts';
import { eventually } from '../support/waiting.ts';

const SEED = Number(process.env['SLUICE_TEST_SEED'] ?? 42);
const PATHS = 24;
const REQUESTS = 1_500;

/** The content of a path: by its number, so that a mixed-up byte shows. */
function contentOf(path: number): string {
  const length = [0, 1, 300, 9_000, 70_000, 400_000][path % 6]!;
  return `${path},`.repeat(Math.ceil(length / `${path},`.length)).slice(0, length);
}

async function startWorld(plane: { random: () => number }) {
  const origin = await startCacheOrigin();
  for (let path = 0; path < PATHS; path++) {
    const content = contentOf(path);
    origin.on(`/${path}`, (request, response) => {
      const dice = plane.random();
      if (dice < 0.05) return void response.destroy();
      if (dice < 0.1) return void response.writeHead(503, { 'content-length': '0' }).end();
      const cacheControl = ['max-age=1', 'max-age=60, stale-while-revalidate=60', 'no-store', 'max-age=1, stale-if-error=60'][path % 4]!;
      const headers = { 'cache-control': cacheControl, etag: `"${path}"`, ...(path % 5 === 0 ? { vary: 'accept-language' } : {}) };
      if (request.headers['if-none-match'] === `"${path}"`) return void response.writeHead(304, headers).end();
      const isKnown = dice < 0.5;
      response.writeHead(200, { ...headers, ...(isKnown ? { 'content-length': String(content.length) } : {}) });
      if (dice > 0.93 && content.length > 1_000) return void response.write(content.slice(0, 500), () => response.destroy());
      if (dice > 0.8) return void response.write(content.slice(0, 100), () => setImmediate(() => response.end(content.slice(100))));
      response.end(content);
    });
  }
  return origin;
}

test(`a storm of requests leaves nothing behind, and mixes nothing up (seed ${SEED})`, { timeout: 60_000 }, async () => {
  const random = seededRandom(SEED);
  await using origin = await startWorld({ random });
  await using plane = await startPlane(
    planeTo(origin.port, { caches: { default: { memory: '2MiB', objectMax: '128KiB' } }, filters: [{ cache: { collapse: '1s' } }] }),
  );
  const one = async (): Promise<void> => {
    const path = Math.floor(random() * PATHS);
    if (random() < 0.15) return await leave(plane, path, random);
    const method = random() < 0.05 ? 'POST' : random() < 0.1 ? 'HEAD' : 'GET';
    const headers = { host: 'a', ...(random() < 0.1 ? { range: 'bytes=10-20' } : {}), 'accept-language': random() < 0.5 ? 'de' : 'fr' };
    const got = await ask(plane.port, `/${path}`, { method, headers });
    const content = contentOf(path);
    if (got.isCut) assert.ok(content.startsWith(got.body), `what came of /${path} is its beginning`);
    else if (got.status === 200 && method === 'GET')
      assert.ok(got.body === content, `/${path} is whole: ${got.body.length} of ${content.length}`);
    else if (got.status === 206) assert.equal(got.body, content.slice(10, 21));
    else
      assert.ok(
        [200, 416, 502, 503].includes(got.status),
        `${method} /${path} gave ${got.status}: ${JSON.stringify([got, plane.said.slice(-3)])}`,
      );
  };
  for (let at = 0; at < REQUESTS; at += 50) {
    await Promise.all(Array.from({ length: 50 }, () => one()));
    plane.advance(400);
  }
  await eventually(5_000, 'nobody holds an entry', () => {
    plane.advance(2_000);
    return storeViews(plane.memories()['cache default']!).pins.every((pin) => pin === 0);
  });
  new MemoryStore(plane.memories()['cache default']!, 9).verify();
});

/** Asks, takes some of the reply or none, and goes. */
async function leave(plane: TestPlane, path: number, random: () => number): Promise<void> {
  const socket = connect(plane.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  if (random() < 0.5) await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  socket.destroy();
}

test('HTTP/2 clients get hits, long replies, ranges and collapsed replies as others do', { timeout: 30_000 }, async () => {
  await using origin = await startCacheOrigin();
  await using plane = await startPlane(planeTo(origin.port, { filters: ['cache'] }));
  const long = 'abcdefghij'.repeat(60_000);
  origin.on('/short', reply({ 'cache-control': 'max-age=60' }, 'short'));
  origin.on('/long', reply({ 'cache-control': 'max-age=60' }, long));
  const session = connectHttp2(`http://127.0.0.1:${plane.port}`);
  using _closing = { [Symbol.dispose]: () => session.destroy() };
  const get = async (
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ said: Record<string, unknown>; body: string }> => {
    const stream = session.request({ ':path': path, ...headers });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    let said: Record<string, unknown> = {};
    stream.on('response', (fields) => (said = { ...fields }));
    await once(stream, 'close'); // comes where the stream is given up without a word, too
    return { said, body: Buffer.concat(chunks).toString('latin1') };
  };
  const cold = await Promise.all(Array.from({ length: 20 }, () => get('/long')));
  for (const { body } of cold) assert.ok(body === long);
  assert.equal(origin.count('/long'), 1);
  await get('/short');
  const hit = await get('/short');
  assert.deepEqual([hit.said[':status'], hit.body, hit.said['cache-status']], [200, 'short', 'sluice;hit;ttl=60;detail=memory']);
  const part = await get('/long', { range: 'bytes=5-9' });
  assert.deepEqual([part.said[':status'], part.body], [206, 'fghij']);
});

test("the route's bound on an exchange holds for the one that fetches and for those that wait", async () => {
  await using origin = await startCacheOrigin();
  await using plane = await startPlane(
    planeTo(origin.port, {
      routes: [{ path: '/*', to: 'origin', timeouts: { exchange: '3s' }, filters: [{ cache: { collapse: '1m' } }] }],
    }),
  );
  origin.on('/a', () => {});
  const asked = [ask(plane.port, '/a'), ask(plane.port, '/a')];
  await origin.until('/a', 1);
  await eventually(2_000, 'the second one waits', () => origin.count('/a') === 1);
  await new Promise((resolve) => setTimeout(resolve, 50)); // it has no event: it waits inside
  plane.advance(4_000);
  for (const { status } of await Promise.all(asked)) assert.equal(status, 504);
});
