import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { openStore, put } from '../../../test/support/memory-store.ts';
import { CacheKeeper } from './cache-keeper.ts';

test('of a key only the URL is told: neither cookies nor header fields', () => {
  const store = openStore();
  put(store, 'https://a.example/p?b=1\nh:authorization=6:secret\nc:session=3:abc\n@shop', 'body');
  put(store, 'https://a.example/q\n@shop', 'body');
  const keeper = new CacheKeeper(() => [{ name: 'default', store, disk: null, shared: null, pushes: null }]);
  const top = keeper.top('default', 10)!;
  deepEqual(
    new Map(top.map(({ url, isVariant }) => [url, isVariant])),
    new Map([
      ['https://a.example/p?b=1', true],
      ['https://a.example/q', false],
    ]),
  );
  equal(/secret|abc/.test(JSON.stringify(top)), false);
  equal(keeper.top('other', 10), null);
});
