import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { decode, metaOf, openStore, put, storeBuffer } from '../../../../test/support/memory-store.ts';
import { CONTROL, MemoryStore } from './memory-store.ts';

function use(store: MemoryStore, key: string, times: number): void {
  for (let time = 0; time < times; time++) store.find(key)?.release();
}

function topOf(store: MemoryStore, limit: number): readonly [key: string, hits: number][] {
  return store.top(limit).map(({ key, hits }) => [key, hits]);
}

test('the most used come first, whoever used them, and at most as many as were asked for', () => {
  const buffer = storeBuffer();
  const [worker, main] = [new MemoryStore(buffer, 0, decode), new MemoryStore(buffer, CONTROL, decode)];
  for (let index = 0; index < 50; index++) put(worker, `key ${index}`, 'body');
  use(worker, 'key 40', 9);
  use(worker, 'key 3', 4);
  use(main, 'key 3', 3);
  use(main, 'key 17', 1);
  deepEqual(topOf(main, 3), [
    ['key 40', 9],
    ['key 3', 7],
    ['key 17', 1],
  ]);
  equal(main.top(1_000).length, 50);
  deepEqual(topOf(main, 1), [['key 40', 9]], 'looking is no use');
});

test('a reply is told with its status, size and time; keys beyond Latin-1 and with tags are whole', () => {
  const store = openStore();
  put(store, 'https://a.example/ж', 'twelve bytes', {
    status: 404,
    tags: ['x', 'y'],
    receivedAt: 1_000,
    initialAgeMs: 100,
    freshForMs: 50,
  });
  deepEqual(store.top(5), [{ key: 'https://a.example/ж', hits: 0, status: 404, bytes: 12, freshUntil: 950, isPurged: false }]);
});

test('what is being filled, what was purged, and what is no reply is not told; what was purged softly says so', () => {
  const store = openStore();
  put(store, 'mark', 'v', { kind: 1 });
  put(store, 'gone', 'v', { tags: ['old'] });
  put(store, 'key', 'v');
  put(store, 'soft', 'v', { tags: ['soft'] });
  store.begin('filling', metaOf({ bodyBytes: 10 }));
  store.purgeTag('old', false);
  store.purgeTag('soft', true);
  deepEqual(
    store.top(9).map(({ key, isPurged }) => [key, isPurged]),
    [
      ['key', false],
      ['soft', true],
    ],
  );
  store.purgeAll(false);
  deepEqual(store.top(9), []);
  store.verify();
});
