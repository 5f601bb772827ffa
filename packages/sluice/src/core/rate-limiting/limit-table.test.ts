import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import { createLimitTable, type KeyHash, LimitTable, limitTableBytes } from './limit-table.ts';

const SECRET = { k0: 1, k1: 2 };

const NOW = instant(1_000_000);

function newTable(keysMax: number): LimitTable {
  return new LimitTable(createLimitTable(keysMax, SECRET));
}

function keys(count: number, seed = 1): readonly KeyHash[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({ high: (random() * 2 ** 32) | 0, low: (random() * 2 ** 32) | 0 }));
}

/** Finds a place, and makes it busy until then. */
function use(table: LimitTable, key: KeyHash, idleAtMs: number): number {
  const index = table.find(key, false, NOW);
  if (index >= 0) {
    table.states[index] = BigInt(idleAtMs);
    table.setIdleAt(index, idleAtMs);
  }
  return index;
}

test('a million keys take less than 32 MiB', () => {
  assert(limitTableBytes(1_000_000) < 32 * 2 ** 20);
});

test('a key is found again where it was put, and no two keys share a place', () => {
  const table = newTable(20_000);
  const all = keys(20_000);
  const places = all.map((key) => use(table, key, NOW + 1_000_000));
  assert.equal(new Set(places).size, all.length);
  assert.deepEqual(
    all.map((key) => table.find(key, false, NOW)),
    places,
  );
  assert.equal(table.forgotten, 0, 'at the number of keys that it is meant for, none makes way');
});

test('keys that differ in either half of their hash, or in their kind, are different keys', () => {
  const table = newTable(1_000);
  const places = [
    table.find({ high: 5, low: 7 }, false, NOW),
    table.find({ high: 6, low: 7 }, false, NOW),
    table.find({ high: 5, low: 8 }, false, NOW),
    table.find({ high: 5, low: 7 }, true, NOW),
    table.find({ high: 0, low: 0 }, false, NOW),
  ];
  assert.equal(new Set(places).size, places.length);
  assert(table.isPinned(places[3]!) && !table.isPinned(places[0]!));
});

test('in full buckets an idle key makes way first, and nothing is forgotten by that', () => {
  const table = newTable(4); // one bucket: both choices are the same eight places
  assert.equal(table.places, 8);
  const old = keys(8);
  const places = old.map((key, order) => use(table, key, NOW + (order === 5 ? -1_000 : 1_000_000)));
  const [newcomer] = keys(1, 2);
  assert.equal(use(table, newcomer!, NOW + 1_000_000), places[5]);
  assert.equal(table.forgotten, 0);
});

test('where none is idle the nearest to it makes way, starts anew, and is counted', () => {
  const table = newTable(4);
  const old = keys(8);
  const places = old.map((key, order) => use(table, key, NOW + 10_000 - order * 1_000));
  const [newcomer] = keys(1, 2);
  const index = table.find(newcomer!, false, NOW);
  assert.equal(index, places[7]);
  assert(table.states[index]! < 10n, 'the newcomer inherits nothing');
  assert.equal(table.forgotten, 1);
  assert(table.states[table.find(old[7]!, false, NOW)]! < 10n, 'and whoever made way starts anew');
});

test('a count of what is in flight never makes way', () => {
  const table = newTable(4);
  for (const key of keys(8)) table.states[table.find(key, true, NOW)] = -1n;
  const [newcomer] = keys(1, 2);
  assert.equal(table.find(newcomer!, false, NOW), -1);
  assert.equal(table.unplaced, 1);
  table.states[table.find(keys(8)[3]!, true, NOW)] = 0n;
  assert.equal(table.find(newcomer!, false, NOW), table.find(newcomer!, false, NOW));
  assert.equal(table.unplaced, 1, 'one that is down to zero does');
});

test('a key that was let go is idle at once, whatever the key before it owed', () => {
  const table = newTable(4);
  for (const key of keys(8)) use(table, key, NOW + 1_000_000);
  const [first, second] = keys(2, 2);
  const place = table.find(first!, true, NOW);
  assert.equal(table.forgotten, 1);
  assert.equal(table.find(second!, false, NOW), place);
  assert.equal(table.forgotten, 1, 'nothing was lost by that');
});
