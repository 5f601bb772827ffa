import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../base/random.ts';
import { DiskBoard } from './disk-board.ts';
import { blocksOf, type DiskIndex, type DiskName } from './disk-index.ts';

const MIB = 2 ** 20;

function index(bytes = 8 * MIB): DiskIndex {
  return DiskBoard.make(bytes).index;
}

function put(it: DiskIndex, name: DiskName, blocks = 1, owner = 0, tick = 0): number {
  assert.equal(it.reserve(owner, blocks, Infinity), true);
  const slot = it.claim(name, owner);
  it.publish(slot, name, blocks, tick, owner);
  return slot;
}

test('what was put there is found, until it is taken away', () => {
  const it = index();
  const name = { first: 7, second: -9 };
  assert.equal(it.find(name), -1);
  const slot = put(it, name, 3);
  assert.deepEqual([it.find(name), it.blocksAt(slot), it.entries, it.blocks], [slot, 3, 1, 3]);
  assert.equal(it.take(slot, { first: 7, second: 8 }), false, 'another has come there');
  assert.equal(it.take(slot, name), true);
  assert.deepEqual([it.find(name), it.take(slot, name)], [-1, false]);
  it.free(slot);
  assert.deepEqual([it.entries, it.blocks], [0, 0]);
});

test('an entry that is written anew keeps its slot, and counts once', () => {
  const it = index();
  const name = { first: 1, second: 2 };
  const slot = put(it, name, 3);
  assert.equal(put(it, name, 5), slot);
  assert.deepEqual([it.entries, it.blocks], [1, 5]);
});

test('while one puts a file in place, no other does under that name', () => {
  const it = index();
  const name = { first: 1, second: 2 };
  const slot = it.claim(name, 3);
  assert.deepEqual([it.claim(name, 4), it.find(name), it.isChanging(slot)], [-1, -1, true]);
});

test('in a full set the one whose use is longest ago makes room', () => {
  const it = index();
  const names = Array.from({ length: 8 }, (_, at) => ({ first: at, second: 0 }));
  const slots = names.map((name, at) => put(it, name, 1, 0, 100 + at));
  it.touch(slots[0]!, 200);
  const slot = it.claim({ first: 99, second: 0 }, 1);
  assert.deepEqual(it.nameAt(slot), names[1]);
  it.publish(slot, { first: 99, second: 0 }, 2, 300, 1);
  assert.deepEqual([it.find(names[1]!), it.find({ first: 99, second: 0 }), it.entries], [-1, slot, 8]);
});

test('room is taken before it is used, by all together, and never beyond the bound', () => {
  const it = index();
  assert.deepEqual([it.reserve(0, 6, 10), it.reserve(1, 5, 10), it.reserve(1, 4, 10), it.blocks], [true, false, true, 10]);
  it.unreserve(0, 6);
  assert.equal(it.blocks, 4);
});

test('what a worker leaves when it dies is taken back', () => {
  const it = index();
  const name = { first: 5, second: 6 };
  it.reserve(2, 4, 100);
  it.claim(name, 2);
  const other = { first: 5, second: 7 };
  it.claim(other, 3);
  assert.deepEqual(it.releaseOwner(2), [name]);
  assert.deepEqual([it.blocks, it.entries, it.claim(other, 2)], [0, 1, -1]);
});

test('any order of what threads do leaves the counts right', () => {
  const random = seededRandom(11);
  const it = index(MIB);
  const kept = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    const second = Math.floor(random() * 3_000);
    const name = { first: second, second };
    const slot = it.find(name);
    if (slot >= 0 && random() < 0.5) {
      assert.equal(it.take(slot, name), true);
      it.free(slot);
    } else put(it, name, 1 + Math.floor(random() * 5), Math.floor(random() * 4), step);
  }
  for (let slot = 0; slot < it.entriesMax; slot++) if (it.isLive(slot)) kept.set(slot, it.blocksAt(slot));
  assert.deepEqual([it.entries, it.blocks], [kept.size, [...kept.values()].reduce((sum, blocks) => sum + blocks, 0)]);
  assert.deepEqual([blocksOf(1), blocksOf(4_096), blocksOf(4_097)], [1, 1, 2]);
});
