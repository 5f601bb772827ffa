/** The disk tier of the real program: what outlives a restart and what does not, bounds, and disks that fail. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, type CacheOrigin, type Got, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { type Gateway, type GatewayConfig, oneOrigin, startGateway } from '../support/gateway.ts';
import { eventually } from '../support/waiting.ts';

const FRESH = { 'cache-control': 'max-age=600' };
const MIB = 2 ** 20;

interface Site extends AsyncDisposable {
  readonly origin: CacheOrigin;
  readonly folder: string;
  config(more?: Partial<GatewayConfig>, size?: string): GatewayConfig;
}

async function site(): Promise<Site> {
  const origin = await startCacheOrigin();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
  return {
    origin,
    folder,
    config: (more = {}, size = '64MiB') => ({
      ...oneOrigin(origin.port),
      filters: ['cache'],
      caches: { default: { memory: '8MiB', disk: { path: join(folder, 'cache'), size } } },
      ...more,
    }),
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface DiskFigures {
  readonly state: string;
  readonly entries: number;
  readonly bytes: number;
  readonly writes: number;
  readonly drops: number;
  readonly hits: number;
  readonly skips: number;
  readonly evictions: number;
  readonly errors: number;
  readonly capacityBytes: number;
}

async function disk(gateway: Gateway): Promise<DiskFigures> {
  const [cache] = (await (await gateway.admin('/api/caches')).json()) as { disk: DiskFigures }[];
  return cache!.disk;
}

async function started(config: GatewayConfig): Promise<Gateway> {
  const gateway = await startGateway(config);
  await eventually(10_000, 'the disk is ready', async () => (await disk(gateway)).state === 'on');
  return gateway;
}

/** All that is asked for is on disk. */
async function written(gateway: Gateway, count: number): Promise<void> {
  await eventually(10_000, `${count} files are written`, async () => (await disk(gateway)).writes >= count);
}

const HOST = 'www.example';
const get = (gateway: Gateway, path: string, headers: Record<string, string> = {}): Promise<Got> =>
  ask(gateway.port, path, { headers: { host: HOST, ...headers } });

function purge(gateway: Gateway, body: object): Promise<Response> {
  return gateway.admin('/api/caches/purge', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Every file of an entry. */
function files(folder: string): string[] {
  const all = readdirSync(join(folder, 'cache'), { recursive: true, withFileTypes: true });
  return all.filter((each) => each.isFile() && /^[0-9a-f]{12}$/.test(each.name)).map((each) => join(each.parentPath, each.name));
}

test('what was kept is a hit after a restart, its variants and large ones too, and says where it lay', async () => {
  await using it = await site();
  const large = 'x'.repeat(3 * MIB);
  it.origin.on('/small', reply({ ...FRESH, 'x-own': '\xe9' }, 'small'));
  it.origin.on('/large', reply(FRESH, large));
  it.origin.on('/varied', (request, response) => {
    response.writeHead(200, { ...FRESH, vary: 'accept-language' }).end(`in ${request.headers['accept-language']}`);
  });
  let own: unknown;
  {
    await using first = await started(it.config());
    own = (await get(first, '/small')).headers['x-own'];
    await get(first, '/large');
    await get(first, '/varied', { 'accept-language': 'de' });
    await get(first, '/varied', { 'accept-language': 'fr' });
    await written(first, 5);
  }
  const asked = it.origin.requests.length;
  await using second = await started(it.config({ workers: 2 }));
  const small = await get(second, '/small');
  assert.deepEqual([small.status, small.body, small.headers['x-own']], [200, 'small', own]);
  assert.match(String(small.headers['cache-status']), /^sluice;hit;ttl=\d+;detail=disk$/);
  assert.equal((await get(second, '/large')).body, large);
  assert.equal((await get(second, '/varied', { 'accept-language': 'fr' })).body, 'in fr');
  assert.equal((await get(second, '/varied', { 'accept-language': 'de' })).body, 'in de');
  assert.match(String((await get(second, '/small')).headers['cache-status']), /detail=memory$/);
  assert.equal(it.origin.requests.length, asked, 'the origin was asked for nothing');
});

test('purges hold after a restart: by URL, prefix and tag, and what came after them stays', async () => {
  await using it = await site();
  const paths = ['/a', '/b', '/p/1', '/p/2', '/c'];
  for (const path of paths)
    it.origin.on(
      path,
      reply({ ...FRESH, 'cache-tag': path === '/c' ? 'red' : 'blue' }, (count) => `${path} ${count}`),
    );
  {
    await using first = await started(it.config());
    for (const path of paths) await get(first, path);
    await written(first, 5);
    for (const body of [{ url: `http://${HOST}/a` }, { prefix: `http://${HOST}/p/` }, { tag: 'red' }])
      assert.equal((await purge(first, body)).status, 200);
    assert.equal((await get(first, '/a')).body, '/a 2', 'gone from memory and disk at once');
    await written(first, 6);
  }
  await using second = await started(it.config());
  const bodies = [];
  for (const path of paths) bodies.push((await get(second, path)).body);
  assert.deepEqual(bodies, ['/a 2', '/b 1', '/p/1 2', '/p/2 2', '/c 2']);
});

test('a soft purge makes what is on disk stale, and everything purged frees the disk', async () => {
  await using it = await site();
  it.origin.on(
    '/a',
    reply({ 'cache-control': 'max-age=600, stale-while-revalidate=600' }, (count) => `a ${count}`),
  );
  it.origin.on('/b', reply(FRESH, 'b'));
  {
    await using first = await started(it.config());
    await get(first, '/a');
    await written(first, 1);
    await purge(first, { all: true, soft: true });
  }
  await using second = await started(it.config());
  const stale = await get(second, '/a');
  assert.deepEqual([stale.body, it.origin.count('/a') <= 2], ['a 1', true]);
  await it.origin.until('/a', 2);
  await get(second, '/b');
  await written(second, 2);
  await purge(second, { all: true });
  await eventually(5_000, 'the disk is empty', async () => (await disk(second)).entries === 0 && files(it.folder).length === 0);
  assert.equal((await disk(second)).bytes, 0);
});

test('a POST takes away what is on disk', async () => {
  await using it = await site();
  it.origin.on('/a', (request, response) => response.writeHead(200, FRESH).end(`${request.method} ${it.origin.count('/a')}`));
  {
    await using first = await started(it.config());
    await get(first, '/a');
    await written(first, 1);
    await ask(first.port, '/a', { method: 'POST', headers: { host: HOST } });
    await eventually(2_000, 'the file is gone', () => files(it.folder).length === 0);
  }
  await using second = await started(it.config());
  assert.equal((await get(second, '/a')).body, 'GET 3');
});

test('the bound holds', async () => {
  await using it = await site();
  const body = 'y'.repeat(60_000);
  for (let index = 0; index < 200; index++) it.origin.on(`/${index}`, reply(FRESH, body));
  await using gateway = await started(
    it.config({ caches: { default: { memory: '1MiB', disk: { path: join(it.folder, 'cache'), size: '4MiB' } } } }),
  );
  for (let index = 0; index < 200; index++) {
    assert.equal((await get(gateway, `/${index}`)).body, body);
    if (index % 10 === 0) assert.ok((await disk(gateway)).bytes <= 4 * MIB);
  }
  await eventually(5_000, 'files were evicted', async () => (await disk(gateway)).evictions > 0);
  const total = files(it.folder).reduce((sum, file) => sum + statSync(file).blocks * 512, 0);
  assert.ok(total <= 4 * MIB && total > MIB, `${total} bytes on disk`);
});

test('bytes that changed on disk are never served', async () => {
  await using it = await site();
  const bodies = new Map<string, string>();
  for (const [index, size] of [10, 5_000, 70_000, 200_000, 900_000].entries()) {
    bodies.set(`/${index}`, String.fromCharCode(97 + index).repeat(size));
    it.origin.on(`/${index}`, reply(FRESH, bodies.get(`/${index}`)));
  }
  {
    await using first = await started(it.config());
    for (const path of bodies.keys()) await get(first, path);
    await written(first, 5);
  }
  for (const [index, file] of files(it.folder).entries()) {
    const bytes = readFileSync(file);
    // In the last frame: what comes before it is right, and may be sent.
    bytes[bytes.length - 5 - index]! ^= 1 << index;
    writeFileSync(file, bytes);
  }
  await using second = await started(it.config());
  for (const [path, body] of bodies) {
    const got = await get(second, path);
    if (got.isCut) assert.ok(body.length > 160_000 && body.startsWith(got.body), `${path}: what is sent of a large one is right`);
    else assert.equal(got.body === body, true, path);
  }
  assert.equal((await disk(second)).drops, 5);
  for (const [path, body] of bodies) assert.equal((await get(second, path)).body === body, true, `${path}, again`);
});

test('a directory of another version is emptied, and what is not ours in it stays', async () => {
  await using it = await site();
  it.origin.on(
    '/a',
    reply(FRESH, (count) => `a ${count}`),
  );
  {
    await using first = await started(it.config());
    await get(first, '/a');
    await written(first, 1);
  }
  const purges = join(it.folder, 'cache', 'purges');
  const bytes = readFileSync(purges);
  bytes.writeUInt32LE(99, 4);
  writeFileSync(purges, bytes);
  writeFileSync(join(it.folder, 'cache', 'notes.txt'), 'mine');
  mkdirSync(join(it.folder, 'cache', 'ab'), { recursive: true });
  writeFileSync(join(it.folder, 'cache', 'ab', 'letter'), 'mine');
  await using second = await started(it.config());
  assert.deepEqual([files(it.folder).length, (await get(second, '/a')).body], [0, 'a 2']);
  assert.equal(
    readFileSync(join(it.folder, 'cache', 'notes.txt'), 'utf8') + readFileSync(join(it.folder, 'cache', 'ab', 'letter'), 'utf8'),
    'minemine',
  );
});

test(
  'a directory that is full or refuses is said once, and costs nobody a reply',
  { skip: process.getuid?.() !== 0 && 'needs root to mount' },
  async () => {
    await using it = await site();
    const directory = join(it.folder, 'cache');
    mkdirSync(directory);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
    try {
      const body = 'z'.repeat(100_000);
      for (let index = 0; index < 40; index++) it.origin.on(`/${index}`, reply(FRESH, `${index}${body}`));
      await using gateway = await started(it.config());
      for (let index = 0; index < 20; index++) assert.equal((await get(gateway, `/${index}`)).body, `${index}${body}`);
      await eventually(5_000, 'the disk is full', async () => (await disk(gateway)).errors > 0);
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      for (let index = 20; index < 40; index++) assert.equal((await get(gateway, `/${index}`)).body, `${index}${body}`);
      assert.equal(gateway.output().match(/cache: disk cannot be written/g)?.length, 1);
      for (let index = 0; index < 40; index++) assert.equal((await get(gateway, `/${index}`)).body, `${index}${body}`);
    } finally {
      execFileSync('umount', ['-l', directory]);
    }
  },
);

test('a reload with another size goes on with what is there; one that changes nothing here disturbs nothing', async () => {
  await using it = await site();
  it.origin.on(
    '/a',
    reply(FRESH, (count) => `a ${count}`),
  );
  await using gateway = await started(it.config());
  await get(gateway, '/a');
  await written(gateway, 1);
  await gateway.reload(it.config({ accessLog: false }));
  assert.equal((await disk(gateway)).writes, 1);
  await gateway.reload(it.config({}, '32MiB'));
  await eventually(10_000, 'the disk is ready again', async () => (await disk(gateway)).state === 'on');
  const { entries, writes, capacityBytes } = await disk(gateway);
  assert.deepEqual([entries, writes, capacityBytes], [1, 0, 32 * MIB]);
  assert.equal((await get(gateway, '/a')).body, 'a 1');
});

test('two processes do not share a directory: the second waits until the first has gone', async () => {
  await using it = await site();
  it.origin.on(
    '/a',
    reply(FRESH, (count) => `a ${count}`),
  );
  await using second = await (async () => {
    await using first = await started(it.config());
    await get(first, '/a');
    await written(first, 1);
    const waiting = await startGateway(it.config());
    await eventually(5_000, 'it says so', () => waiting.output().includes('cache: disk in use by another process'));
    assert.equal((await get(waiting, '/a')).body, 'a 2');
    return waiting;
  })();
  await eventually(10_000, 'it has the directory', async () => (await disk(second)).state === 'on');
});

test('a directory that cannot be made is a fault of the configuration', async () => {
  await using it = await site();
  writeFileSync(join(it.folder, 'file'), '');
  const config = it.config({ caches: { default: { disk: { path: join(it.folder, 'file', 'cache') } } } });
  await assert.rejects(startGateway(config), /caches\.default\.disk\.path[^]*cannot be (?:made|used)/);
});
