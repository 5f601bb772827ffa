import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryMeta, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import { type TierWrite, TierWrites } from './tier-writes.ts';

/** Writes that end when the test says so, of entries that count their pins. */
function world(): { writes: TierWrites; begun: string[]; pins(): number; add(key: string, bytes: number): boolean; end(): Promise<void> } {
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  let pins = 0;
  const write = ({ key }: TierWrite): Promise<void> => {
    begun.push(key);
    return new Promise((resolve) => ends.push(resolve));
  };
  const writes = new TierWrites({ bytesMax: 1_000, countMax: 10, write });
  return {
    writes,
    begun,
    pins: () => pins,
    add(key, available) {
      pins++;
      const entry = { available, release: () => void pins-- } as unknown as MemoryEntry;
      return writes.add({ key, meta: {} as EntryMeta, entry, born: 0n });
    },
    async end() {
      ends.shift()!();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('some are under way, the others wait, and each lets its entry go', async () => {
  const it = world();
  for (let index = 0; index < 6; index++) assert.equal(it.add(`${index}`, 100), true);
  assert.deepEqual([it.begun, it.pins()], [['0', '1', '2', '3'], 6]);
  await it.end();
  assert.deepEqual([it.begun.at(-1), it.pins()], ['4', 5]);
});

test('what is beyond the bounds is not taken, and not held', async () => {
  const it = world();
  assert.deepEqual([it.add('a', 900), it.add('b', 200)], [true, false]);
  assert.equal(it.pins(), 1);
  await it.end();
  assert.deepEqual([it.add('b', 200), it.pins()], [true, 1]);
  const many = world();
  for (let index = 0; index < 20; index++) many.add(`${index}`, 1);
  assert.equal(many.pins(), 10);
});

test('at the end, what waits is given up', () => {
  const it = world();
  for (let index = 0; index < 6; index++) it.add(`${index}`, 1);
  it.writes.close();
  assert.equal(it.pins(), 4);
});

test('what comes after one of its key is written after it, and only the last of several', async () => {
  const it = world();
  for (let times = 0; times < 4; times++) assert.equal(it.add('a', 10), true);
  assert.deepEqual([it.begun, it.pins()], [['a'], 2]);
  await it.end();
  assert.deepEqual([it.begun, it.pins()], [['a', 'a'], 1]);
  await it.end();
  assert.deepEqual([it.begun.length, it.pins(), it.writes.forget('a')], [2, 0, false]);
});
