/** The disk tier with its keeper, in one process: what purges do to what is there and to what is on its way, and what crashes leave. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '../../test/support/waiting.ts';
import { DiskKeeper } from '../control/caching/disk-keeper.ts';
import { SOFT_PURGED } from '../core/caching/http/stored-reply.ts';
import { CONTROL, createMemoryStore, type EntryMeta, MemoryStore } from '../core/caching/memory/memory-store.ts';
import type { PurgeTarget } from '../core/caching/purge-order.ts';
import { DiskTier } from '../gateway/caching/disk-tier.ts';
import type { WorkerContext } from '../gateway/worker-context.ts';
import { nodeRuntime } from '../io/node-runtime.ts';

const MIB = 2 ** 20;

interface World extends AsyncDisposable {
  readonly keeper: DiskKeeper;
  readonly tier: DiskTier;
  readonly folder: string;
  put(key: string, tags?: readonly string[], bytes?: number, freshForMs?: number): void;
  /** What is found: its first byte and how many; null: nothing. A soft purge shows as `~`. */
  get(key: string): Promise<string | null>;
  written(count: number): Promise<void>;
}

const root = mkdtempSync(join(tmpdir(), 'sluice-tier-'));
after(() => rmSync(root, { recursive: true, force: true }));

async function world(folder = mkdtempSync(join(root, 'w'))): Promise<World> {
  const options = { capacityBytes: 16 * MIB, entriesMax: 4_096, objectBytesMax: 4 * MIB, eviction: 's3-fifo', seed: 1 } as const;
  const memory = new MemoryStore(createMemoryStore(options), CONTROL);
  const keeper = new DiskKeeper({ name: 'c', directory: folder, bytes: 64 * MIB, runtime: nodeRuntime, say: () => {} });
  keeper.start();
  await eventually(10_000, 'the directory is taken', () => keeper.board.isWritable);
  const worker = { index: 3, clock: nodeRuntime.clock, event: () => {} } as unknown as WorkerContext;
  const tier = new DiskTier({ worker, name: 'c', directory: folder, bytes: 64 * MIB, board: keeper.board });
  return {
    keeper,
    tier,
    folder,
    put(key, tags = [], bytes = 100, freshForMs = 600_000) {
      const times = { receivedAt: 1e12, initialAgeMs: 0, freshForMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
      const meta: EntryMeta = { kind: 0, status: 200, flags: 0, ...times, head: 'A: b\r\n', tags, bodyBytes: bytes };
      const writer = memory.begin(key, meta)!;
      writer.append(Buffer.alloc(bytes, key), 0, bytes);
      writer.finish();
      tier.store(key, meta, memory.find(key)!);
    },
    async get(key) {
      const found = await tier.find(key);
      if (found === null) return null;
      let bytes = 0;
      let first = 0;
      for await (const piece of found.body) {
        first ||= piece[0]!;
        bytes += piece.length;
      }
      return `${(found.meta.flags & SOFT_PURGED) === 0 ? '' : '~'}${String.fromCharCode(first)}${bytes}`;
    },
    written: (count) => eventually(10_000, `${count} are written`, () => keeper.status().writes >= count),
    async [Symbol.asyncDispose]() {
      tier.close();
      await keeper.close();
    },
  };
}

const order = (target: PurgeTarget, soft = false): { cache: null; target: PurgeTarget; soft: boolean } => ({ cache: null, target, soft });

test('what is on its way to the disk when a purge comes is not there afterwards', async () => {
  await using it = await world();
  for (let index = 0; index < 60; index++) it.put(`a${index}`, ['red'], 200_000);
  it.keeper.announce(order({ kind: 'tag', tag: 'red' }));
  await it.keeper.purge(order({ kind: 'tag', tag: 'red' }));
  it.put('b', ['red']);
  await eventually(10_000, 'the new one is there', async () => (await it.get('b')) !== null);
  for (let index = 0; index < 60; index++) assert.equal(await it.get(`a${index}`), null, `a${index}`);
});

test('thousands of purges by tag are looked through and forgotten, and what they do not mean stays', async () => {
  await using it = await world();
  for (let index = 0; index < 40; index++) it.put(`k${index}`, [`t${index}`]);
  await it.written(40);
  for (let index = 20; index < 3_000; index++) it.keeper.announce(order({ kind: 'tag', tag: `t${index}` }));
  await it.keeper.purge(order({ kind: 'tag', tag: 'last' }, true));
  await eventually(10_000, 'they are forgotten', () => !it.keeper.board.journal.isCrowded);
  assert.equal(it.keeper.status().entries, 20);
  for (let index = 0; index < 40; index++) assert.equal(await it.get(`k${index}`), index < 20 ? 'k100' : null, `k${index}`);
});

test('purges outlive a process that ends at once after they were confirmed, soft ones too', async () => {
  const folder = mkdtempSync(join(root, 'w'));
  {
    await using it = await world(folder);
    for (const key of ['a', 'b', 'c', 'd']) it.put(key, [key], 300_000);
    await it.written(4);
    await it.keeper.purge(order({ kind: 'tag', tag: 'a' }));
    await it.keeper.purge(order({ kind: 'tag', tag: 'b' }, true));
    it.tier.remove('c', 'd');
    await it.keeper.purge(order({ kind: 'tag', tag: 'other' })); // with which what a worker has noted is written down, too
  }
  await using it = await world(folder);
  assert.deepEqual([await it.get('a'), await it.get('b'), await it.get('c'), await it.get('d')], [null, '~b300000', null, null]);
});

test('what a worker had under way when it died is taken back', async () => {
  await using it = await world();
  const { index } = it.keeper.board;
  assert.equal(index.reserve(7, 50, 1_000_000), true);
  const slot = index.claim({ first: 1, second: 2 }, 7);
  writeFileSync(join(it.folder, 'new', '7-1'), 'half');
  writeFileSync(join(it.folder, 'new', '70-1'), 'another one');
  it.keeper.workerGone(7);
  assert.deepEqual([index.blocks, index.isChanging(slot)], [0, false]);
  await eventually(5_000, 'its file is gone', () => readdirSync(join(it.folder, 'new')).join() === '70-1');
});

test('a file that vanished is a miss, and counts no more', async () => {
  await using it = await world();
  it.put('a');
  await it.written(1);
  for (const each of readdirSync(it.folder)) if (/^[0-9a-f]{2}$/.test(each)) rmSync(join(it.folder, each), { recursive: true });
  assert.deepEqual([await it.get('a'), it.keeper.status().entries, it.keeper.status().bytes], [null, 0, 0]);
  it.put('a');
  await it.written(2);
  assert.equal(await it.get('a'), 'a100');
});

test('a reply that came after one that is on disk, or on its way there, is not followed by the older one', async () => {
  await using it = await world();
  it.put('a', [], 100);
  await it.written(1);
  it.put('a', [], 200, 1_000); // lives too briefly for a file
  await eventually(5_000, 'the older one is gone', async () => (await it.get('a')) === null);
  it.put('b', [], 2 * MIB);
  it.put('b', [], 50);
  it.put('c', [], 2 * MIB);
  it.put('c', [], 50, 1_000);
  await it.written(3);
  await eventually(5_000, 'the newer one alone is there', async () => (await it.get('b')) === 'b50' && it.keeper.status().entries === 1);
  assert.equal(await it.get('c'), null);
});
