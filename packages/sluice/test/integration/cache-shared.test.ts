/** Nodes that share a store: two real programs and a real redis-server, which is purged through, killed, stopped and started again. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type CacheOrigin, type Got, reply, startCacheOrigin } from '../support/cache-origin.ts';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { skipWithout } from '../support/system-program.ts';
import { ValkeyServer } from '../support/valkey-server.ts';
import { eventually } from '../support/waiting.ts';

const FRESH = { 'cache-control': 'max-age=600' };
const HOST = 'www.example';

interface Nodes extends AsyncDisposable {
  readonly origin: CacheOrigin;
  readonly store: ValkeyServer;
  start(disk?: string): Promise<Gateway>;
  readonly folder: string;
}

async function nodes(): Promise<Nodes> {
  const [origin, store] = [await startCacheOrigin(), await ValkeyServer.start()];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-shared-'));
  return {
    origin,
    store,
    folder,
    async start(disk) {
      const gateway = await startGateway({
        ...oneOrigin(origin.port),
        filters: ['cache'],
        stores: { main: { url: store.url } },
        caches: {
          default: { memory: '8MiB', shared: { store: 'main' }, ...(disk === undefined ? {} : { disk: { path: join(folder, disk) } }) },
        },
      });
      await up(gateway);
      await get(gateway, '/first'); // with which the worker connects
      await eventually(10_000, 'the worker has its connection', () => gateway.output().includes('store connected worker='));
      return gateway;
    },
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface SharedFigures {
  readonly state: string;
  readonly purges: number;
  readonly hits: number;
  readonly writes: number;
  readonly misses: number;
  readonly errors: number;
}

async function shared(gateway: Gateway): Promise<SharedFigures> {
  const [cache] = (await (await gateway.admin('/api/caches')).json()) as { shared: SharedFigures }[];
  return cache!.shared;
}

async function up(gateway: Gateway): Promise<void> {
  await eventually(20_000, 'the store is connected', async () => (await shared(gateway)).state === 'up');
}

async function stored(gateway: Gateway, count: number): Promise<void> {
  await eventually(5_000, `${count} replies are stored`, async () => (await shared(gateway)).writes >= count);
}

const get = (gateway: Gateway, path: string): Promise<Got> => ask(gateway.port, path, { headers: { host: HOST } });
const detail = (got: Got): string =>
  /detail=([a-z-]+)/.exec(String(got.headers['cache-status']))?.[1] ?? String(got.headers['cache-status']);

async function purge(gateway: Gateway, body: object): Promise<void> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await gateway.admin('/api/caches/purge', init);
  assert.equal(answer.status, 200, await answer.text());
}

describe('two nodes', { skip: skipWithout('redis-server') }, () => {
  test('what one has fetched is a hit on the other, large and varied replies too', async () => {
    await using it = await nodes();
    const large = 'l'.repeat(700_000);
    it.origin.on('/small', reply(FRESH, 'small'));
    it.origin.on('/large', reply(FRESH, large));
    it.origin.on('/varied', (request, response) => {
      response.writeHead(200, { ...FRESH, vary: 'accept-language' }).end(`in ${request.headers['accept-language']}`);
    });
    await using first = await it.start();
    await using second = await it.start();
    for (const path of ['/small', '/large', '/varied']) await get(first, path);
    await stored(first, 4);
    const asked = it.origin.requests.length;
    const got = await get(second, '/small');
    assert.deepEqual([got.body, detail(got)], ['small', 'shared']);
    assert.equal((await get(second, '/large')).body === large, true);
    assert.equal((await get(second, '/varied')).body, 'in undefined');
    assert.equal(it.origin.requests.length, asked);
  });

  test('a purge on one holds on the other within 100 ms, by URL, prefix, tag and all', async () => {
    await using it = await nodes();
    for (const path of ['/a', '/p/1', '/t', '/z'])
      it.origin.on(
        path,
        reply({ ...FRESH, 'cache-tag': `tag-of-${path.slice(1)}` }, (count) => `${count}`),
      );
    await using first = await it.start('one');
    await using second = await it.start('two');
    const cases: [string, object][] = [
      ['/a', { url: `http://${HOST}/a` }],
      ['/p/1', { prefix: `http://${HOST}/p/` }],
      ['/t', { tag: 'tag-of-t' }],
      ['/z', { all: true }],
    ];
    for (const [path, order] of cases) {
      const { writes } = await shared(first);
      assert.equal((await get(first, path)).body, '1', path);
      await stored(first, writes + 1);
      assert.equal((await get(second, path)).body, '1', path);
      await purge(first, order);
      const purgedAt = performance.now();
      while ((await get(second, path)).body === '1')
        assert.ok(performance.now() - purgedAt < 100, `${path} is purged on the other node within 100 ms`);
      assert.notEqual((await get(first, path)).body, '1');
    }
    assert.deepEqual([(await shared(first)).purges, (await shared(second)).purges], [4, 4]);
  });

  test('a node that was away serves nothing that was purged meanwhile, not from its disk either', async () => {
    await using it = await nodes();
    it.origin.on(
      '/a',
      reply(FRESH, (count) => `${count}`),
    );
    it.origin.on(
      '/b',
      reply(FRESH, (count) => `${count}`),
    );
    await using first = await it.start();
    {
      await using second = await it.start('disk');
      await get(second, '/a');
      await get(second, '/b');
      await eventually(5_000, 'both are on disk', async () => {
        const [cache] = (await (await second.admin('/api/caches')).json()) as { disk: { writes: number } }[];
        return cache!.disk.writes >= 2;
      });
    }
    await purge(first, { url: `http://${HOST}/a` });
    await using again = await it.start('disk');
    await eventually(5_000, 'it knows the purge', async () => (await shared(again)).purges === 1);
    assert.deepEqual([(await get(again, '/a')).body, (await get(again, '/b')).body], ['2', '1']);
  });

  test('a store that lost everything, and purges that came while it was away', async () => {
    await using it = await nodes();
    it.origin.on(
      '/a',
      reply(FRESH, (count) => `${count}`),
    );
    await using first = await it.start();
    await using second = await it.start();
    await get(first, '/a');
    await purge(first, { tag: 'nothing' });
    await purge(first, { tag: 'nothing' });
    await stored(first, 1);
    await eventually(2_000, 'the other node has followed', async () => (await shared(second)).purges === 2);
    assert.equal((await get(second, '/a')).body, '1');
    await it.store.kill();
    const before = performance.now();
    await purge(first, { all: true });
    assert.ok(performance.now() - before < 3_000, 'a purge does not wait for a store that is away');
    assert.equal((await get(first, '/a')).body, '2');
    await it.store.start();
    await eventually(20_000, 'the purge has reached the other node', async () => (await shared(second)).purges === 3);
    assert.equal((await get(second, '/a')).body === '1', false);
  });

  test('nothing fails and nobody waits long while the store is stopped, killed and started under load', async () => {
    await using it = await nodes();
    for (let index = 0; index < 400; index++) it.origin.on(`/${index}`, reply(FRESH, `body ${index}`));
    await using gateway = await it.start();
    let isOver = false;
    const times: number[] = [];
    const load = async (from: number): Promise<void> => {
      for (let index = from; !isOver; index = (index + 7) % 400) {
        const begun = performance.now();
        const got = await get(gateway, `/${index}?${Math.floor(times.length / 50)}`);
        times.push(performance.now() - begun);
        assert.deepEqual([got.status, got.body], [200, `body ${index}`]);
      }
    };
    const loads = [0, 1, 2, 3].map(load);
    await sleep(500);
    it.store.stop();
    await sleep(2_500);
    it.store.resume();
    await sleep(500);
    await it.store.kill();
    await sleep(1_000);
    await it.store.start();
    await up(gateway);
    isOver = true;
    await Promise.all(loads);
    times.sort((left, right) => left - right);
    const worst = times.at(-1)!;
    assert.ok(times.length > 200 && worst < 1_000, `${times.length} requests, the slowest took ${worst} ms`);
    const slow = times.filter((ms) => ms > 90).length;
    assert.ok(slow < times.length / 20, `${slow} of ${times.length} waited for the store`);
  });
});
