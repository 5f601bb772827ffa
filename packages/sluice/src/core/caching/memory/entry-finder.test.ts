import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { decode, metaOf, openStore, put, read, storeBuffer } from '../../../../test/support/memory-store.ts';
import { EntryBuilder } from './entry-builder.ts';
import { EntryFinder } from './entry-finder.ts';
import { StoredWriter } from './entry-writer.ts';
import { KeyHash } from './key-hash.ts';
import { CHAIN_MAX } from './slot-index.ts';
import { verifyStore } from './store-check.ts';
import { StoreParts } from './store-parts.ts';

const SEED = 7;
const BUCKETS = 1_024;

/** All keys have one hash. */
class SameHash extends KeyHash {
  override of(_text: string): void {
    this.first = 5;
    this.second = 6;
  }
}

function collidingParts(): StoreParts {
  const parts = new StoreParts(storeBuffer(), 0, decode);
  Object.assign(parts, { keyHash: new SameHash(SEED) });
  return parts;
}

test('keys of one hash are told apart by their text, each replacing only its own', () => {
  const parts = collidingParts();
  const finder = new EntryFinder(parts);
  const builder = new EntryBuilder(parts);
  const putBody = (key: string, text: string): void => {
    parts.keyHash.of(key);
    const slot = parts.locked(() => builder.build(key, metaOf({ bodyBytes: text.length }), null));
    const writer = new StoredWriter(parts, slot, key, text.length);
    ok(writer.append(Buffer.from(text), 0, text.length));
    writer.finish();
  };
  const expectBodies = (round: number): void => {
    // Twice: the second time what was read the first time is known.
    for (let again = 0; again < 2; again++) {
      for (let key = 0; key < CHAIN_MAX - 1; key++) {
        const entry = finder.find(`key ${key}`)!;
        equal(entry.text(), `body ${key}.${key % 2 === 0 ? round : 0}`);
        entry.release();
      }
    }
  };
  for (let key = 0; key < CHAIN_MAX - 1; key++) putBody(`key ${key}`, `body ${key}.0`);
  expectBodies(0);
  for (let key = 0; key < CHAIN_MAX - 1; key += 2) putBody(`key ${key}`, `body ${key}.1`);
  expectBodies(1);
  equal(finder.find('key none'), null);
  parts.locked(() => verifyStore(parts));
});

test('keys made for one bucket push out one another and nobody else', () => {
  const hash = new KeyHash(SEED);
  const keys: string[] = [];
  for (let number = 0; keys.length < CHAIN_MAX + 10; number++) {
    hash.of(`made ${number}`);
    if ((hash.first & (BUCKETS - 1)) === 3) keys.push(`made ${number}`);
  }
  const store = openStore({ seed: SEED, entriesMax: BUCKETS });
  for (let index = 0; index < 100; index++) put(store, `other ${index}`, `${index}`);
  for (const key of keys) ok(put(store, key, key));
  for (const [index, key] of keys.entries()) equal(read(store, key), index >= 10 ? key : null);
  for (let index = 0; index < 100; index++) equal(read(store, `other ${index}`), `${index}`);
  store.verify();
});
