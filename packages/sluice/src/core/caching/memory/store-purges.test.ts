import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { decode, metaOf, openStore, put, read, storeBuffer } from '../../../../test/support/memory-store.ts';
import { LOCK } from './memory-layout.ts';
import { CONTROL, MemoryStore } from './memory-store.ts';
import type { MemoryStore as Store } from './memory-store.ts';

const NOTHING = null;

function isStale(store: Store, key: string): boolean | null {
  const entry = store.find(key);
  if (entry === null) return null;
  entry.release();
  return entry.isStale;
}

test('a key is purged on every worker at once, hard or soft', () => {
  const buffer = storeBuffer();
  const one = new MemoryStore(buffer, 0, decode);
  const two = new MemoryStore(buffer, 1, decode);
  for (const key of ['a', 'b', 'c']) put(one, key, key);
  equal(isStale(two, 'a'), false);
  equal(one.purgeKey('a', true), 1);
  deepEqual([isStale(two, 'a'), isStale(two, 'b')], [true, false]);
  equal(one.purgeKey('b', false), 1);
  equal(one.purgeKey('b', false), 0);
  deepEqual([read(two, 'a'), read(two, 'b'), read(two, 'c')], ['a', NOTHING, 'c']);
  put(two, 'a', 'new');
  equal(isStale(one, 'a'), false);
  two.verify();
});

test('a tag reaches what carries it and was there before, and nothing else', () => {
  const store = openStore();
  put(store, 'a', 'a', { tags: ['x', 'y'] });
  put(store, 'b', 'b', { tags: ['y'] });
  put(store, 'c', 'c');
  equal(isStale(store, 'a'), false);
  store.purgeTag('x', true);
  deepEqual([isStale(store, 'a'), isStale(store, 'b'), isStale(store, 'c')], [true, false, false]);
  store.purgeTag('y', false);
  deepEqual([read(store, 'a'), read(store, 'b'), read(store, 'c')], [NOTHING, NOTHING, 'c']);
  equal(store.stats().entries, 1, 'what was found to be gone is gone from memory');
  put(store, 'a', 'new', { tags: ['x', 'y'] });
  deepEqual([read(store, 'a'), isStale(store, 'a')], ['new', false]);
  store.verify();
});

test('many more tags than are kept are purged, each reaching its own and no other', () => {
  const store = openStore();
  for (let index = 0; index < 1_000; index++) put(store, `key ${index}`, `${index}`, { tags: [`tag ${index}`, 'all'] });
  for (let index = 0; index < 20_000; index++) store.purgeTag(`strange ${index}`, index % 2 === 0);
  for (let index = 0; index < 1_000; index += 2) store.purgeTag(`tag ${index}`, index % 4 === 0);
  for (let index = 20_000; index < 25_000; index++) store.purgeTag(`strange ${index}`, true);
  for (let index = 0; index < 1_000; index++) {
    const want = index % 2 === 1 ? false : index % 4 === 0 ? true : null;
    equal(isStale(store, `key ${index}`), want, `key ${index}`);
  }
  store.purgeTag('all', false);
  for (let index = 0; index < 1_000; index++) equal(read(store, `key ${index}`), null);
  equal(store.stats().entries, 0);
  store.verify();
});

test('a prefix reaches the keys that begin with it, wide ones included', () => {
  const store = openStore();
  for (const key of ['a/1', 'a/2', 'a', 'b/1', 'a/\u{1f600}', 'Ā/1']) put(store, key, 'body');
  equal(store.purgePrefix('a/', true), 3);
  deepEqual([isStale(store, 'a/1'), isStale(store, 'a/\u{1f600}'), isStale(store, 'a'), isStale(store, 'b/1')], [true, true, false, false]);
  equal(store.purgePrefix('a/', false), 3);
  deepEqual([read(store, 'a/1'), read(store, 'a/2'), read(store, 'a/\u{1f600}'), read(store, 'a')], [NOTHING, NOTHING, NOTHING, 'body']);
  equal(store.purgePrefix('Ā', false), 1);
  equal(store.purgePrefix('', false), 2);
  equal(store.stats().entries, 0);
  store.verify();
});

test('everything is purged at once', () => {
  const store = openStore();
  for (const key of ['a', 'b']) put(store, key, key);
  equal(store.purgeAll(true), 2);
  deepEqual([isStale(store, 'a'), isStale(store, 'b')], [true, true]);
  put(store, 'b', 'new');
  equal(isStale(store, 'b'), false);
  store.purgeAll(false);
  deepEqual([read(store, 'a'), read(store, 'b')], [NOTHING, NOTHING]);
  put(store, 'a', 'new');
  equal(read(store, 'a'), 'new');
  store.verify();
});

for (const [name, purge] of [
  ['key', (store: Store) => store.purgeKey('key', false)],
  ['tag', (store: Store) => store.purgeTag('tag', false)],
  ['prefix', (store: Store) => store.purgePrefix('ke', false)],
  ['all', (store: Store) => store.purgeAll(false)],
] as const) {
  test(`a purge by ${name} reaches a fetch that was claimed or begun before it, and none after it`, () => {
    const store = openStore();
    const claim = store.claim('key');
    purge(store);
    put(store, 'key', 'claimed before', { tags: ['tag'] });
    equal(read(store, 'key'), null);
    ok(claim.isLeader);
    claim.done();
    const writer = store.begin('key', metaOf({ tags: ['tag'] }))!;
    purge(store);
    writer.publish();
    equal(store.find('key'), null);
    writer.finish();
    equal(read(store, 'key'), null);
    const after = store.claim('key');
    ok(after.isLeader);
    put(store, 'key', 'after', { tags: ['tag'] });
    after.done();
    equal(read(store, 'key'), 'after');
    purge(store);
    equal(read(store, 'key'), null);
    store.verify();
  });
}

test('a purge reaches what was fetched under another key, from the clock that it noted', () => {
  for (const purge of [
    (store: Store) => store.purgeTag('tag', false),
    (store: Store) => store.purgePrefix('any', false),
    (store: Store) => store.purgeAll(false),
  ]) {
    const store = openStore();
    const since = store.purgeClock;
    purge(store);
    const late = store.begin('variant', metaOf({ tags: ['tag'] }), since)!;
    late.finish();
    equal(store.find('variant'), null);
    const next = store.begin('variant', metaOf({ tags: ['tag'] }), store.purgeClock)!;
    next.finish();
    equal(read(store, 'variant'), '');
    store.verify();
  }
});

test('a refresh brings nothing back that was purged while it was asked for', () => {
  const store = openStore();
  put(store, 'key', 'body', { tags: ['tag'] });
  const entry = store.find('key')!;
  const since = store.purgeClock;
  store.purgeTag('tag', true);
  ok(store.refresh('key', entry, metaOf({ tags: ['tag'] }), since));
  entry.release();
  const refreshed = store.find('key')!;
  equal(refreshed.isStale, true);
  store.purgeTag('tag', false);
  equal(store.refresh('key', refreshed, metaOf({ tags: ['tag'] }), since), false);
  refreshed.release();
  equal(store.find('key'), null);
  store.verify();
});

test('to remove an entry does not harm the fetch that is under way', () => {
  const store = openStore();
  put(store, 'key', 'old');
  const claim = store.claim('key');
  equal(store.remove('key'), true);
  equal(store.remove('key'), false);
  put(store, 'key', 'new');
  equal(read(store, 'key'), 'new');
  ok(claim.isLeader);
});

test('the main thread purges everything when a worker has died with the lock', () => {
  const buffer = storeBuffer();
  const control = new MemoryStore(buffer, CONTROL, decode);
  put(control, 'key', 'body');
  Atomics.store(new Int32Array(buffer), LOCK, 3); // held by owner 2, which does not run
  control.purgeTag('any', false);
  equal(control.find('key'), null);
  control.releaseOwner(2);
  put(control, 'key', 'new');
  equal(read(control, 'key'), 'new');
  equal(control.stats().recoveries, 1);
  control.verify();
});
