import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalUrl, meansEntry, readPurgeOrder } from './purge-order.ts';

test('a URL means every variant of it, and no longer URL', () => {
  const target = { kind: 'url', url: 'http://a/b?c=1' } as const;
  assert.ok(meansEntry(target, 'http://a/b?c=1', []));
  assert.ok(meansEntry(target, 'http://a/b?c=1\nh accept 3 a/b', []));
  assert.ok(!meansEntry(target, 'http://a/b?c=12', []));
  assert.ok(!meansEntry(target, 'http://a/b', []));
});

test('a prefix means what begins so, a tag what carries it, all everything', () => {
  assert.ok(meansEntry({ kind: 'prefix', prefix: 'http://a/b/' }, 'http://a/b/c', []));
  assert.ok(!meansEntry({ kind: 'prefix', prefix: 'http://a/b/' }, 'http://a/bc', []));
  assert.ok(meansEntry({ kind: 'tag', tag: 'x' }, 'k', ['y', 'x']));
  assert.ok(!meansEntry({ kind: 'tag', tag: 'x' }, 'k', ['xx']));
  assert.ok(meansEntry({ kind: 'all' }, 'k', []));
});

test('URLs are taken in the form that keys have', () => {
  assert.equal(canonicalUrl('HTTP://Example.COM:80/a/../b', false), 'http://example.com/b');
  assert.equal(canonicalUrl('https://example.com:8443/a?b=1#c', false), 'https://example.com:8443/a?b=1');
  assert.equal(canonicalUrl('https://example.com/a?', false), 'https://example.com/a?');
  for (const wrong of ['/a', 'ftp://a/b', 'nonsense', `http://a/${'x'.repeat(9_000)}`]) assert.equal(canonicalUrl(wrong, false), null);
});

test('an order from elsewhere is taken only when it is whole', () => {
  assert.deepEqual(readPurgeOrder({ cache: null, target: { kind: 'tag', tag: 't' }, soft: true, more: 1 }), {
    cache: null,
    target: { kind: 'tag', tag: 't' },
    soft: true,
  });
  for (const wrong of [
    null,
    'x',
    {},
    { cache: 1, target: { kind: 'all' }, soft: true },
    { cache: null, target: { kind: 'tag' }, soft: true },
  ])
    assert.equal(readPurgeOrder(wrong), null);
});
