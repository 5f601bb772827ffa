import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { MIB, bodyOf, decode, metaOf, openStore, put, read, storeBuffer } from '../../../../test/support/memory-store.ts';
import { EVICTION_NAMES } from '../eviction/policy.ts';
import { decodeLatin1 } from './extent-chain.ts';
import { LOCK } from './memory-layout.ts';
import { CONTROL, MemoryStore, createMemoryStore, defaultEntriesMax } from './memory-store.ts';

test('what was put under a key is found with all that was said of it', () => {
  const store = openStore();
  const meta = { kind: 1, status: 404, flags: -5, receivedAt: 1e12 + 0.5, head: 'a: é\r\n', tags: ['one', 'two'] } as const;
  ok(put(store, 'key', 'body', meta));
  const entry = store.find('key')!;
  const { kind, status, flags, receivedAt, initialAgeMs, freshForMs, staleWhileRevalidateMs, staleIfErrorMs, head } = entry;
  deepEqual([kind, status, flags, receivedAt, initialAgeMs, freshForMs], [1, 404, -5, 1e12 + 0.5, 5, 60_000]);
  deepEqual([staleWhileRevalidateMs, staleIfErrorMs, head], [1_000, 2_000, 'a: é\r\n']);
  deepEqual([entry.state, entry.available, entry.bodyBytes, entry.isStale, entry.text()], ['whole', 4, 4, false, 'body']);
  entry.release();
  equal(store.find('kex'), null);
  store.verify();
});

test('keys of any characters and of 16 Ki of them are told apart, longer ones are refused', () => {
  const store = openStore();
  const keys = ['', 'ÿ', '\u0100', 'Ā\u{1f600}', 'x'.repeat(16_384), `${'x'.repeat(16_383)}y`, '\u{1f600}'.repeat(8_192)];
  for (const [index, key] of keys.entries()) ok(put(store, key, `body ${index}`), `key ${index}`);
  for (const [index, key] of keys.entries()) equal(read(store, key), `body ${index}`);
  equal(store.begin('x'.repeat(16_385), metaOf()), null);
  store.verify();
});

test('heads and bodies of every size come back, announced or not', () => {
  const store = openStore({ capacityBytes: 16 * MIB, objectBytesMax: 4 * MIB });
  for (const bytes of [0, 1, 255, 256, 257, 1_000, 4_096, 100 * 1_024, MIB, MIB + 1, 3 * MIB + 77]) {
    const body = Buffer.alloc(bytes, 'abcdefg');
    for (const bodyBytes of [bytes, -1]) {
      const writer = store.begin('key', metaOf({ bodyBytes, head: 'h'.repeat(bytes % 5_000) }))!;
      for (let at = 0; at < bytes; at += 60_000) ok(writer.append(body, at, Math.min(bytes, at + 60_000)));
      writer.finish();
      const entry = store.find('key')!;
      equal(entry.head.length, bytes % 5_000);
      equal(entry.bodyBytes, bytes);
      ok(bodyOf(entry).equals(body), `${bytes} bytes`);
      const middle = entry.pieces(bytes >> 1, bytes - 1);
      ok(Buffer.concat(middle).equals(body.subarray(bytes >> 1, Math.max(bytes >> 1, bytes - 1))));
      entry.release();
      store.verify();
    }
  }
});

test('a body takes as many blocks as it needs, whether its length was announced or not', () => {
  for (const bodyBytes of [100 * 1_024, -1]) {
    const store = openStore();
    ok(put(store, 'key', Buffer.alloc(100 * 1_024), { bodyBytes }));
    equal(store.stats().bytes, 256 + 100 * 1_024);
    const entry = store.find('key')!;
    if (bodyBytes >= 0) equal(entry.pieces(0, Infinity).length, 1, 'what was announced lies in one piece');
    entry.release();
  }
});

test('an older entry stays until the new one is published, and readers keep what they have', () => {
  const store = openStore();
  put(store, 'key', 'old');
  const old = store.find('key')!;
  const writer = store.begin('key', metaOf({ bodyBytes: 3 }))!;
  writer.append(Buffer.from('new'), 0, 3);
  equal(read(store, 'key'), 'old');
  writer.publish();
  equal(read(store, 'key'), 'new');
  equal(old.text(), 'old');
  writer.finish();
  equal(store.stats().entries, 1);
  const before = store.stats().bytes;
  old.release();
  equal(store.stats().bytes, before - 512, 'its head and body are free now');
  store.verify();
});

test('an entry is found while its body still grows, and says when there is more', async () => {
  const buffer = storeBuffer();
  const writing = new MemoryStore(buffer, 0, decode);
  const reading = new MemoryStore(buffer, 1, decode);
  const writer = writing.begin('key', metaOf())!;
  equal(reading.find('key'), null);
  writer.publish();
  const entry = reading.find('key')!;
  deepEqual([entry.state, entry.available, entry.bodyBytes], ['filling', 0, -1]);
  const more = entry.whenMore();
  writer.append(Buffer.from('abc'), 0, 3);
  await more;
  equal(entry.available, 3);
  const end = entry.whenMore();
  writer.finish();
  await end;
  deepEqual([entry.state, entry.bodyBytes, entry.text()], ['whole', 3, 'abc']);
  await entry.whenMore();
  entry.release();
  writing.verify();
});

test('who reads an entry that is given up is told so, and nobody finds it again', async () => {
  const store = openStore();
  const writer = store.begin('key', metaOf({ bodyBytes: 10 }))!;
  writer.publish();
  const entry = store.find('key')!;
  writer.append(Buffer.from('abc'), 0, 3);
  const more = entry.whenMore();
  writer.finish();
  await more;
  equal(entry.state, 'aborted', 'three bytes are not the ten that were announced');
  equal(store.find('key'), null);
  equal(entry.text(), 'abc');
  entry.release();
  equal(store.stats().bytes, 0);
  store.verify();
});

test('a body longer than announced or allowed makes the entry go', () => {
  const store = openStore({ objectBytesMax: 1_000 });
  equal(store.begin('key', metaOf({ bodyBytes: 1_001 })), null);
  for (const bodyBytes of [-1, 500]) {
    const writer = store.begin('key', metaOf({ bodyBytes }))!;
    ok(writer.append(Buffer.alloc(500), 0, 500));
    equal(writer.append(Buffer.alloc(501), 0, 501), false);
    equal(writer.append(Buffer.alloc(1), 0, 1), false);
    writer.finish();
  }
  equal(store.find('key'), null);
  equal(store.stats().bytes, 0);
});

test('nothing is stored, and nothing harmed, while all memory is pinned', () => {
  const store = openStore();
  const held = [];
  for (let index = 0; put(store, `key ${index}`, Buffer.alloc(200_000)); index++) held.push(store.find(`key ${index}`)!);
  ok(held.length > 3);
  equal(store.begin('more', metaOf({ bodyBytes: 300_000 })), null);
  const writer = store.begin('more', metaOf());
  if (writer !== null) equal(writer.append(Buffer.alloc(300_000), 0, 300_000), false);
  for (const entry of held) {
    equal(entry.available, 200_000);
    entry.release();
  }
  ok(put(store, 'more', Buffer.alloc(300_000)));
  store.verify();
});

test('hits and misses are counted, by find and not by peek', () => {
  const store = openStore();
  put(store, 'key', 'body');
  store.find('key')!.release();
  store.peek('key')!.release();
  equal(store.find('none'), null);
  const { hits, misses, entries, insertions } = store.stats();
  deepEqual({ hits, misses, entries, insertions }, { hits: 1, misses: 1, entries: 1, insertions: 1 });
});

test('the uses of an entry are summed over the workers', () => {
  const buffer = storeBuffer();
  const stores = [0, 1].map((owner) => new MemoryStore(buffer, owner, decode));
  put(stores[0]!, 'key', 'body');
  for (let use = 0; use < 50; use++) stores[use & 1]!.find('key')!.release();
  const entry = stores[1]!.peek('key')!;
  equal(entry.hits, 50);
  for (let use = 50; use < 10_000; use++) stores[use & 1]!.find('key')!.release();
  ok(entry.hits > 9_900 && entry.hits <= 10_000, `${entry.hits} of 10000`);
  entry.release();
});

test('a refreshed entry has the new head and numbers and the same body, and its readers lose nothing', () => {
  const store = openStore();
  put(store, 'key', 'body', { tags: ['old'] });
  const old = store.find('key')!;
  store.purgeKey('key', true);
  equal(old.isStale, true);
  ok(store.refresh('key', old, metaOf({ head: 'new head', status: 203, tags: ['new'], bodyBytes: 4 })));
  equal(store.refresh('key', old, metaOf()), false, 'it is no longer what is under the key');
  const fresh = store.find('key')!;
  deepEqual([fresh.head, fresh.status, fresh.text(), fresh.isStale], ['new head', 203, 'body', false]);
  ok(fresh.sequence !== old.sequence);
  deepEqual([old.head, old.text()], ['content-type: text/plain\r\n', 'body']);
  old.release();
  fresh.release();
  store.purgeTag('old', false);
  equal(read(store, 'key'), 'body');
  store.purgeTag('new', false);
  equal(read(store, 'key'), null);
  store.verify();
});

test('a claim has one leader over all workers, and its followers are told of its end', async () => {
  const buffer = storeBuffer();
  const one = new MemoryStore(buffer, 0, decode);
  const two = new MemoryStore(buffer, 1, decode);
  const leader = one.claim('key');
  const follower = two.claim('key');
  const second = one.claim('key');
  ok(leader.isLeader && !follower.isLeader && !second.isLeader);
  ok(two.claim('other').isLeader);
  leader.done();
  leader.done();
  await Promise.all([follower.whenDone, second.whenDone]);
  const next = two.claim('key');
  ok(next.isLeader);
  leader.done();
  equal(one.claim('key').isLeader, false, 'a leader ends its own claim only');
});

test('more claims than there is room for are all leaders', () => {
  const store = openStore();
  for (let index = 0; index < 20_000; index++) ok(store.claim(`key ${index}`).isLeader);
});

for (const eviction of EVICTION_NAMES) {
  test(`${eviction}: room is made for what is new, and all that is found is right`, () => {
    const store = openStore({ eviction });
    for (let index = 0; index < 5_000; index++) {
      ok(put(store, `key ${index}`, `body ${index}`.repeat(1 + (index % 90))));
      const text = read(store, `key ${index % 17}`);
      ok(text === null || text === `body ${index % 17}`.repeat(1 + (index % 17)));
    }
    const { entries, evictions, bytes, arenaBytes } = store.stats();
    equal(entries + evictions, 5_000);
    ok(entries > 500 && bytes <= arenaBytes, `${entries} entries, ${bytes} bytes`);
    store.verify();
  });
}

test('the plain decoder does what the fast one does', () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index & 0xff);
  equal(decodeLatin1(bytes, 3, 9_999), decode(bytes, 3, 9_999));
  const store = new MemoryStore(storeBuffer(), CONTROL);
  put(store, 'key', bytes);
  equal(read(store, 'key'), decode(bytes, 0, 10_000));
});

test('numbers out of range are refused by name', () => {
  const options = { capacityBytes: MIB, entriesMax: 1_024, objectBytesMax: 1_000, eviction: 'fifo', seed: 1 } as const;
  throws(() => createMemoryStore({ ...options, capacityBytes: MIB - 8 }), /capacityBytes is 1048576/);
  throws(() => createMemoryStore({ ...options, entriesMax: 1_000 }), /entriesMax is 1024/);
  throws(() => createMemoryStore({ ...options, entriesMax: 2 ** 20 }), /fewer entries or more bytes/);
  throws(() => createMemoryStore({ ...options, objectBytesMax: 2 ** 31 }), /objectBytesMax is 1/);
  throws(() => new MemoryStore(new SharedArrayBuffer(MIB), 0), /createMemoryStore/);
  deepEqual([defaultEntriesMax(MIB), defaultEntriesMax(64 * MIB), defaultEntriesMax(2 ** 36)], [1_024, 16_384, 2 ** 22]);
  for (const eviction of EVICTION_NAMES) equal(createMemoryStore({ ...options, eviction }).byteLength, MIB);
});

test('two owners that die together, one with the lock, are released in either order', () => {
  for (const order of [
    [1, 2],
    [2, 1],
  ]) {
    const buffer = storeBuffer();
    const control = new MemoryStore(buffer, CONTROL, decode);
    const dead = [1, 2].map((owner) => new MemoryStore(buffer, owner, decode));
    for (const [index, store] of dead.entries()) {
      put(store, `whole ${index}`, 'body');
      store.find(`whole ${index}`);
      store.begin(`half ${index}`, metaOf({ bodyBytes: 1_000 }))!.publish();
      ok(store.claim(`half ${index}`).isLeader);
    }
    const half = control.find('half 0')!;
    Atomics.store(new Int32Array(buffer), LOCK, 3);
    for (const owner of order) control.releaseOwner(owner);
    control.verify();
    equal(half.state, 'aborted');
    half.release();
    deepEqual([read(control, 'whole 0'), read(control, 'whole 1'), control.find('half 1')], ['body', 'body', null]);
    ok(control.claim('half 0').isLeader && control.claim('half 1').isLeader);
    control.purgePrefix('', false);
    equal(control.stats().bytes, 0);
    control.verify();
  }
});
