import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCaches } from '../../test/support/fake-caches.ts';
import type { AdminBackend } from './backend.ts';
import { CACHE_API } from './cache-api.ts';
import type { AdminReply } from './problem.ts';

const PURGE = CACHE_API.find(({ path }) => path === '/api/caches/purge')!;

async function purge(body: unknown): Promise<{ reply: AdminReply; caches: FakeCaches }> {
  const caches = new FakeCaches();
  const backend = { caches } as unknown as AdminBackend;
  const call = {
    parameters: [],
    query: new URLSearchParams(),
    body: JSON.stringify(body),
    headers: {},
    content: null,
    signal: new AbortController().signal,
  };
  return { reply: await PURGE.handle(backend, call), caches };
}

test('a purge says what it reached', async () => {
  const { reply, caches } = await purge({ url: 'https://Example.com:443/a', soft: true });
  assert.deepEqual(JSON.parse(String(reply.body)), { purged: [{ cache: 'default', entries: 1 }] });
  assert.deepEqual(caches.orders, [{ cache: null, target: { kind: 'url', url: 'https://example.com/a' }, soft: true }]);
});

test('prefix, tag and all', async () => {
  const targets = [];
  for (const body of [{ prefix: 'http://a/b' }, { tag: 't', cache: 'default' }, { all: true }])
    targets.push((await purge(body)).caches.orders[0]?.target);
  assert.deepEqual(targets, [{ kind: 'prefix', prefix: 'http://a/b' }, { kind: 'tag', tag: 't' }, { kind: 'all' }]);
});

test('what names nothing, two things, or no URL is refused with an example', async () => {
  for (const body of [
    {},
    { all: false },
    { url: '/a' },
    { prefix: 'nonsense' },
    { url: 'http://a/', tag: 't' },
    { url: 7 },
    { colour: 1 },
  ]) {
    const { reply, caches } = await purge(body);
    assert.equal(reply.status, 400, JSON.stringify(body));
    assert.equal(caches.orders.length, 0);
  }
  const { reply } = await purge({ all: true, cache: 'nope' });
  assert.equal(reply.status, 404);
  assert.match(String(reply.body), /in use are: default/);
});
