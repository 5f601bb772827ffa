/** Pages that are fetched ahead of need, in one worker under a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, type CacheOrigin, reply, startCacheOrigin } from '../../../test/support/cache-origin.ts';
import { planeTo, type PlaneConfig, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

interface World {
  readonly origin: CacheOrigin;
  readonly plane: TestPlane;
  /** Moves time on in steps, and lets what it sets off come to its end. */
  pass(ms: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Prerender = Readonly<Record<string, unknown>>;

function config(port: number, prerender: Prerender, more: Partial<PlaneConfig> = {}, cache: object = {}): PlaneConfig {
  return planeTo(port, {
    routes: [
      { path: '/*', to: 'origin', filters: [{ cache: { ...cache, prerender: { host: 'www.example', scheme: 'http', ...prerender } } }] },
    ],
    ...more,
  });
}

async function world(
  prerender: Prerender,
  answers: Readonly<Record<string, number>>,
  more: Partial<PlaneConfig> = {},
  cache: object = {},
): Promise<World> {
  const origin = await startCacheOrigin();
  for (const [path, age] of Object.entries(answers))
    origin.on(
      path,
      reply({ 'cache-control': `max-age=${age}` }, (count) => `${path} ${count}`),
    );
  const plane = await startPlane(config(origin.port, prerender, more, cache));
  return {
    origin,
    plane,
    async pass(ms) {
      for (let left = ms; left > 0; left -= 250) {
        plane.advance(Math.min(250, left));
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setTimeout(resolve, 4)); // sockets of this machine
      }
    },
    async [Symbol.asyncDispose]() {
      await plane[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

function told(plane: TestPlane): string[] {
  return plane.said.flatMap((message) =>
    message.type === 'event' && message.what.includes('could not be fetched') ? [JSON.stringify(message.detail)] : [],
  );
}

const HOST = { host: 'www.example' };

test('all pages are there before anybody asks, and who asks gets them at once', async () => {
  await using at = await world({ paths: ['/a', '/b?c=1', '/d'] }, { '/a': 600, '/b': 600, '/d': 600 });
  await at.pass(1_000);
  assert.deepEqual(
    at.origin.requests.map(({ url }) => url),
    ['/a', '/b?c=1', '/d'],
  );
  const events = at.plane.said.flatMap((message) =>
    message.type === 'event' ? [message.what, message.detail['fetched'], message.detail['failed']] : [],
  );
  assert.deepEqual(events, ['cache: pages were fetched ahead of need', 3, 0]);
  for (const path of ['/a', '/b?c=1', '/d']) {
    const { headers } = await ask(at.plane.port, path, { headers: HOST });
    assert.match(String(headers['cache-status']), /^sluice;hit;/, path);
  }
  assert.equal(at.origin.requests.length, 3);
});

test('a page is fetched again before it is stale, one that stays fresh is left alone', async () => {
  await using at = await world({ paths: ['/short', '/long'], every: '10s' }, { '/short': 15, '/long': 600 });
  await at.pass(1_000);
  for (let second = 0; second < 60; second += 5) {
    await at.pass(5_000);
    const { headers } = await ask(at.plane.port, '/short', { headers: HOST });
    assert.match(String(headers['cache-status']), /^sluice;hit;ttl=\d+;/, `after ${second} s`);
  }
  const count = at.origin.count('/short');
  assert.ok(count >= 5 && count <= 8, `fetched ${count} times in a minute`);
  assert.equal(at.origin.count('/long'), 1);
});

test('no more are fetched at a time than allowed', async () => {
  await using at = await world({ paths: Array.from({ length: 10 }, (_, index) => `/${index}`), concurrency: 3 }, {});
  const waiting: (() => void)[] = [];
  for (let index = 0; index < 10; index++)
    at.origin.on(
      `/${index}`,
      (_request, response) => void waiting.push(() => response.writeHead(200, { 'cache-control': 'max-age=600' }).end('x')),
    );
  await at.pass(2_000);
  await eventually(2_000, 'three have come', () => waiting.length === 3);
  await at.pass(2_000);
  assert.equal(waiting.length, 3);
  for (let done = 0; done < 10; done++) {
    await eventually(2_000, 'the next has come', () => waiting.length > done);
    waiting[done]!();
    await at.pass(500);
  }
  assert.equal(at.origin.requests.length, 10);
});

test('a fetch that fails leaves what there was, and is told of once a minute', async () => {
  await using at = await world({ paths: ['/a'], every: '5s' }, { '/a': 4 }, {}, { staleIfError: '1h' });
  await at.pass(1_000);
  at.origin.on('/a', (_request, response) => response.writeHead(503, { 'content-length': '0' }).end());
  await at.pass(30_000);
  assert.ok(at.origin.count('/a') > 3);
  assert.equal((await ask(at.plane.port, '/a', { headers: HOST })).body, '/a 1');
  const failures = told(at.plane);
  assert.equal(failures.length, 1, failures.join());
  assert.match(failures[0]!, /"path":"\/a","reason":"the service failed"/);
});

test('it ends with its plan, and what refuses clients does not stand in its way', async () => {
  const proof = [{ ip: { deny: ['127.0.0.0/8'] } }];
  await using at = await world({ paths: ['/a'], every: '2s' }, { '/a': 1 }, { filters: proof });
  await at.pass(3_000);
  const count = at.origin.count('/a');
  assert.ok(count >= 1);
  await at.plane.reload(planeTo(at.origin.port));
  await at.pass(10_000);
  assert.equal(at.origin.count('/a'), count);
  await at.plane.reload(config(at.origin.port, { paths: ['/a'], every: '2s' }));
  await at.pass(5_000);
  assert.ok(at.origin.count('/a') > count);
});

test('a page of another route, and a scheme that nobody speaks, are told of', async () => {
  await using other = await world(
    { paths: ['/a'] },
    {},
    {
      routes: [
        { path: '/a', to: 'origin' },
        { path: '/*', to: 'origin', filters: [{ cache: { prerender: { host: 'a', scheme: 'http', paths: ['/a'] } } }] },
      ],
    },
  );
  await other.pass(1_000);
  assert.match(told(other.plane).join(), /is no page of this route/);
  await using tls = await world({ paths: ['/a'], scheme: 'https' }, {});
  await tls.pass(1_000);
  assert.match(told(tls.plane).join(), /no listener of the route speaks https/);
  assert.equal(tls.origin.requests.length, 0);
});
