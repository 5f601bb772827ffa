/** Files that are pushed into a cache, by the real program with two workers. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ask, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { runSluice } from '../support/sluice-process.ts';

const PUSHED: GatewayConfig = {
  workers: 2,
  caches: { default: { memory: '64MiB', objectMax: '1MiB' } },
  routes: [{ path: '/*', filters: [{ cache: { push: true } }] }],
};

function folder(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-push-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

function push(gateway: Gateway, ...words: readonly string[]): ReturnType<typeof runSluice> {
  return runSluice(['cache', 'push', ...words, '--admin', `127.0.0.1:${gateway.adminPort}`]);
}

async function statusOf(gateway: Gateway, path: string): Promise<string> {
  const { status, body } = await ask(gateway.port, path);
  return `${status} ${status === 200 ? body : ''}`;
}

test('a pushed directory is served by every worker; what was not pushed is 404', { timeout: 60_000 }, async (t) => {
  await using gateway = await startGateway(PUSHED);
  const directory = folder(t, {
    'index.html': '<p>hello',
    'css/site.css': 'p{}',
    'js/app.1a2b.js': 'let a;',
    'ä b?#[1].txt': 'odd',
    '.env': 'SECRET=1',
    '.git/config': 'x',
    '.well-known/security.txt': 'mail',
  });
  const run = await push(gateway, directory, '--prefix', '/static', '--version', 'v1', '--ttl', '10m', '--immutable', '*.*.js');
  assert.equal(run.code, 0, run.output);
  assert.match(run.output, /^v1: 6 files, \d+ bytes, shown under https:\/\/\*\/static\/; 2 hidden left out/);
  for (let round = 0; round < 10; round++) {
    assert.equal(await statusOf(gateway, '/static/css/site.css'), '200 p{}');
    assert.equal(await statusOf(gateway, '/static/'), '200 <p>hello');
  }
  const page = await ask(gateway.port, '/static/index.html?utm=1', { headers: { cookie: 'a=b', host: 'any.example' } });
  assert.deepEqual(
    [page.status, page.headers['content-type'], page.headers['cache-control'], page.headers['age']],
    [200, 'text/html; charset=utf-8', 'public, max-age=600', undefined],
  );
  assert.equal(page.headers['cache-status'], 'sluice;hit;ttl=600;detail=pushed');
  assert.ok(page.headers['date'] !== undefined && page.headers['last-modified'] !== undefined);
  const again = await ask(gateway.port, '/static/index.html', { headers: { 'if-none-match': String(page.headers['etag']) } });
  assert.deepEqual([again.status, again.body], [304, '']);
  const part = await ask(gateway.port, '/static/index.html', { headers: { range: 'bytes=3-' } });
  assert.deepEqual([part.status, part.body], [206, 'hello']);
  assert.equal((await ask(gateway.port, '/static/js/app.1a2b.js')).headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal((await ask(gateway.port, `/static/${encodeURIComponent('ä b?#[1].txt')}`)).body, 'odd');
  assert.equal((await ask(gateway.port, '/static/.well-known/security.txt')).body, 'mail');
  for (const path of ['/', '/static', '/static/no', '/static/.env', '/static/.git/config', '/css/site.css'])
    assert.equal((await ask(gateway.port, path)).status, 404, path);
  assert.equal((await ask(gateway.port, '/static/index.html', { method: 'POST' })).status, 404);
  const head = await ask(gateway.port, '/static/index.html', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '8', '']);
});

test('a version comes and goes as a whole, and the one before can be shown again', { timeout: 60_000 }, async (t) => {
  await using gateway = await startGateway(PUSHED);
  const names = Array.from({ length: 40 }, (_, index) => `f${index}.txt`);
  const first = folder(t, Object.fromEntries([...names, 'old.txt'].map((name) => [name, 'one'])));
  const second = folder(t, Object.fromEntries([...names, 'new.txt'].map((name) => [name, 'two'])));
  assert.equal((await push(gateway, first, '--version', 'v1')).code, 0);
  let isOver = false;
  const seen = new Set<string>();
  const watch = async (): Promise<void> => {
    for (let last = ''; !isOver;) {
      const { status, body } = await ask(gateway.port, '/f39.txt');
      assert.equal(status, 200);
      assert.ok(last !== 'two' || body === 'two', 'what is new does not become old again');
      last = body;
      seen.add(body);
    }
  };
  const watching = [watch(), watch(), watch()];
  assert.equal((await push(gateway, second, '--version', 'v2')).code, 0);
  for (const name of names) assert.equal(await statusOf(gateway, `/${name}`), '200 two');
  isOver = true;
  await Promise.all(watching);
  assert.deepEqual([...seen], ['one', 'two']);
  assert.deepEqual([await statusOf(gateway, '/old.txt'), await statusOf(gateway, '/new.txt')], ['404 ', '200 two']);
  const back = await push(gateway, '--activate', 'v1');
  assert.equal(back.code, 0, back.output);
  assert.deepEqual(
    [await statusOf(gateway, '/old.txt'), await statusOf(gateway, '/new.txt'), await statusOf(gateway, '/f1.txt')],
    ['200 one', '404 ', '200 one'],
  );
  const unknown = await push(gateway, '--activate', 'v9');
  assert.equal(unknown.code, 1);
  assert.match(unknown.output, /there is no version "v9" under https:\/\/\*\/; there is: v1, v2/);
});

test('pushes answer before the service, and a purge takes them away', { timeout: 60_000 }, async (t) => {
  await using origin = await startCacheOrigin();
  origin.on('/a.txt', reply({ 'cache-control': 'no-store' }, 'service'));
  origin.on('/b.txt', reply({ 'cache-control': 'no-store' }, 'service'));
  await using gateway = await startGateway({
    workers: 2,
    services: { origin: { endpoints: [`127.0.0.1:${origin.port}`] } },
    routes: [{ path: '/*', to: 'origin', filters: [{ cache: { push: true } }] }],
  });
  const directory = folder(t, { 'a.txt': 'pushed' });
  assert.equal((await push(gateway, directory, '--host', 'www.example', '--version', 'v1')).code, 0);
  const get = async (path: string, host: string): Promise<string> => (await ask(gateway.port, path, { headers: { host } })).body;
  assert.deepEqual(
    [await get('/a.txt', 'www.example'), await get('/a.txt', 'other.example'), await get('/b.txt', 'www.example')],
    ['pushed', 'service', 'service'],
  );
  const purge = await runSluice(['purge', 'https://www.example/a.txt', '--admin', `127.0.0.1:${gateway.adminPort}`]);
  assert.match(purge.output, /default: purged 1 reply/);
  for (let round = 0; round < 5; round++) assert.equal(await get('/a.txt', 'www.example'), 'service');
  const again = await push(gateway, '--activate', 'v1', '--host', 'www.example');
  assert.deepEqual([again.code, /1 of 1 files are not in the cache any more/.test(again.output)], [1, true]);
});

test(
  'links out of the directory, odd names and files that are too large keep all of it from being shown',
  { timeout: 60_000 },
  async (t) => {
    await using gateway = await startGateway(PUSHED);
    const outside = folder(t, { 'secret.txt': 'secret' });
    const directory = folder(t, { 'a.txt': 'a', 'deep/b.txt': 'b' });
    symlinkSync('a.txt', join(directory, 'inside.txt'));
    assert.equal((await push(gateway, directory)).code, 0);
    assert.equal(await statusOf(gateway, '/inside.txt'), '200 a');
    symlinkSync(join(outside, 'secret.txt'), join(directory, 'leak.txt'));
    symlinkSync('../../../etc', join(directory, 'deep', 'etc'));
    symlinkSync('nowhere', join(directory, 'gone'));
    const run = await push(gateway, directory, '--version', 'v2');
    assert.equal(run.code, 1);
    for (const wanted of [
      /nothing was pushed/,
      /leak\.txt is a link out of the directory/,
      /gone is a link to what is not there/,
      /deep\/etc is a link/,
    ])
      assert.match(run.output, wanted);
    assert.equal(await statusOf(gateway, '/leak.txt'), '404 ');
    const large = await push(gateway, folder(t, { 'a.txt': 'new', 'large.bin': Buffer.alloc(1_048_577) }));
    assert.equal(large.code, 1);
    assert.match(large.output, /large\.bin is larger than 1048576 bytes, the objectMax/);
    assert.equal(await statusOf(gateway, '/a.txt'), '200 a');
  },
);

test('the admin API takes no path that means another, no field that ends a line, and no stranger', { timeout: 60_000 }, async () => {
  await using gateway = await startGateway(PUSHED);
  const json = { 'content-type': 'application/json' };
  const begin = (prefix: string): Promise<Response> =>
    gateway.admin('/api/caches/default/pushes', { method: 'POST', headers: json, body: JSON.stringify({ prefix, version: 'v1' }) });
  for (const prefix of ['/a/', 'https://a/b', 'https://a/../b/', 'https://a/%2e%2e/', 'https://a/b/?c/', 'ftp://a/', 'https://a/b\\c/'])
    assert.equal((await begin(prefix)).status, 400, prefix);
  const { id } = (await (await begin('https://a/s/')).json()) as { id: string };
  const put = (url: string, init: RequestInit = {}, push = id): Promise<Response> =>
    gateway.admin(`/api/caches/default/entries?url=${encodeURIComponent(url)}&push=${push}`, { method: 'PUT', body: 'x', ...init });
  for (const url of [
    'https://a/s/../x',
    'https://a/s/%2e%2e/x',
    'https://a/s/..%2fx',
    'https://a/s/./x',
    'https://a/s/a b',
    '/s/x',
    'https://a/s/x?y',
    'https://a/s/x#y',
  ])
    assert.equal((await put(url)).status, 400, url);
  assert.equal((await put('https://a/other/x')).status, 409);
  assert.equal((await put('https://a/s/x', {}, 'nope')).status, 409);
  assert.equal((await put('https://a/s/x', { headers: { origin: 'https://evil.example' } })).status, 403);
  assert.equal((await put('https://a/s/x', { headers: { etag: 'x'.repeat(3_000) } })).status, 400);
  assert.equal((await put('https://a/s/x', { body: Buffer.alloc(1_048_577) })).status, 413);
  assert.equal(
    await endlessPut(gateway.adminPort, `/api/caches/default/entries?url=${encodeURIComponent('https://a/s/y')}&push=${id}`),
    507,
  );
  assert.equal((await put('https://a/s/x')).status, 200);
  assert.equal((await gateway.admin('/api/caches/nope/pushes')).status, 404);
  const shown = await gateway.admin(`/api/caches/default/pushes/${id}/activate`, { method: 'POST' });
  assert.equal(shown.status, 200);
  assert.equal((await ask(gateway.port, '/s/x', { headers: { host: 'a' } })).body, 'x');
});

test('ten thousand files are pushed in reasonable time, and what does not fit is not shown', { timeout: 120_000 }, async (t) => {
  await using gateway = await startGateway(PUSHED);
  const many = folder(
    t,
    Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`d${index % 100}/f${index}.txt`, `file ${index}`])),
  );
  const before = performance.now();
  const run = await push(gateway, many, '--version', 'many');
  t.diagnostic(`10,000 files in ${Math.round(performance.now() - before)} ms`);
  assert.equal(run.code, 0, run.output);
  assert.equal(await statusOf(gateway, '/d99/f9999.txt'), '200 file 9999');
  const large = folder(t, Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`f${index}.bin`, Buffer.alloc(1_000_000)])));
  const full = await push(gateway, large, '--version', 'large');
  assert.equal(full.code, 1);
  assert.match(full.output, /of 90 files are not in the cache any more: it is too small/);
});

/** Sends a body that does not end, until it is answered. */
function endlessPut(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'PUT' }, (response) => {
      resolve(response.statusCode ?? 0);
      outgoing.destroy();
    });
    outgoing.on('error', reject);
    const piece = Buffer.alloc(65_536);
    const write = (): void => {
      while (!outgoing.destroyed && outgoing.write(piece));
    };
    outgoing.on('drain', write);
    write();
  });
}
