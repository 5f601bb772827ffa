import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminWorld } from '../../../test/support/admin-app.ts';

async function purge(body: unknown): Promise<{ status: number; text: string; orders: readonly unknown[] }> {
  const { ask, caches } = adminWorld();
  const response = await ask('POST', '/api/caches/purge', body);
  return { status: response.status, text: await response.text(), orders: caches.orders };
}

test('a purge says what it reached', async () => {
  const { text, orders } = await purge({ url: 'https://Example.com:443/a', soft: true });
  assert.deepEqual(JSON.parse(text), { purged: [{ cache: 'default', entries: 1 }] });
  assert.deepEqual(orders, [{ cache: null, target: { kind: 'url', url: 'https://example.com/a' }, soft: true }]);
});

test('prefix, tag and all', async () => {
  const targets = [];
  for (const body of [{ prefix: 'http://a/b' }, { tag: 't', cache: 'default' }, { all: true }])
    targets.push(((await purge(body)).orders[0] as { target: unknown }).target);
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
    const { status, orders } = await purge(body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.equal(orders.length, 0);
  }
  const { status, text } = await purge({ all: true, cache: 'nope' });
  assert.equal(status, 404);
  assert.match(text, /in use are: default/);
});
