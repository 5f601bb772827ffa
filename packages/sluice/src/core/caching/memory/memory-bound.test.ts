import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { insertMany } from '../../../../test/support/insertions.ts';
import { MIB, openStore, put } from '../../../../test/support/memory-store.ts';

test('a million insertions of random sizes stay inside the bound, and fill it', () => {
  const store = openStore({ capacityBytes: 16 * MIB, entriesMax: 16_384, eviction: 'sieve' });
  equal(insertMany(store, 1_000_000, 13, 1), 1_000_000);
  const { bytes, arenaBytes, insertions, entries } = store.stats();
  ok(bytes > 0.99 * arenaBytes, `${bytes} of ${arenaBytes} bytes are in use`);
  equal(insertions, 1_000_000);
  ok(entries > 5_000, `${entries} entries`);
  store.verify();
});

test('where only small pieces are free a large body is laid into them', () => {
  const store = openStore({ capacityBytes: 4 * MIB, entriesMax: 4_096, objectBytesMax: 4 * MIB });
  let count = 0;
  for (; store.stats().bytes < store.stats().arenaBytes - 10_000; count++) put(store, `small ${count}`, Buffer.alloc(700));
  for (let index = 0; index < count; index += 2) store.remove(`small ${index}`);
  const free = store.stats().arenaBytes - store.stats().bytes;
  const body = Buffer.alloc(free - 4_096, 'abcdefgh');
  ok(put(store, 'large', body));
  equal(store.stats().evictions, 0, 'nothing had to go');
  const entry = store.find('large')!;
  const pieces = entry.pieces(0, Infinity);
  ok(pieces.length > 100, `${pieces.length} pieces`);
  ok(Buffer.concat(pieces).equals(body));
  ok(Buffer.concat(entry.pieces(100_001, 200_002)).equals(body.subarray(100_001, 200_002)));
  entry.release();
  store.verify();
  store.purgePrefix('', false);
  equal(store.stats().bytes, 0);
  ok(put(store, 'large', body));
  const again = store.find('large')!;
  ok(again.pieces(0, Infinity).length <= 2, 'what was scattered has grown together');
  again.release();
  store.verify();
});
