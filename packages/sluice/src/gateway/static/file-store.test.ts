/** What a worker knows of files, and how much of it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import type { StaticPlan } from '../../config/filters/static-plan.ts';
import type { WorkerContext } from '../worker-context.ts';
import { FileStore } from './file-store.ts';

interface World extends AsyncDisposable {
  readonly root: string;
  readonly store: FileStore;
  readonly clock: { nowMs: number };
}

async function world(): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  const clock = { nowMs: 0 };
  const worker = { clock: { now: () => instant(clock.nowMs), wall: () => timestamp(Date.now() + 10_000) } } as WorkerContext;
  const plan: StaticPlan = {
    root,
    prefix: '',
    index: [],
    fallback: null,
    isListed: false,
    dotfiles: false,
    symlinks: 'inside',
    precompressed: [],
    cacheControl: [],
    types: {},
  };
  return { root, clock, store: new FileStore(plan, worker), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

test('a file is known for a second; unchanged, its content is not read again', async () => {
  await using at = await world();
  await writeFile(join(at.root, 'a'), 'one');
  const first = await at.store.look('a');
  assert.equal(at.store.known('a', instant(999)), first);
  assert.equal(at.store.known('a', instant(1_000)), null);
  const second = await at.store.look('a');
  assert.equal(second.plain, first.plain);
  await writeFile(join(at.root, 'a'), 'two');
  assert.equal((await at.store.look('a')).plain?.content?.toString(), 'two');
});

test('who asks for what is being looked for waits for the same answer', async () => {
  await using at = await world();
  await writeFile(join(at.root, 'a'), 'one');
  assert.equal(at.store.look('a'), at.store.look('a'));
  await at.store.look('a');
});

test('names that are not there drive out no file, and are forgotten themselves', async () => {
  await using at = await world();
  await writeFile(join(at.root, 'a'), 'one');
  await at.store.look('a');
  for (let count = 0; count < 1_100; count++) assert.equal((await at.store.look(`none-${count}`)).kind, 'missing');
  assert.equal(at.store.known('a', instant(0))?.kind, 'file');
  assert.equal(at.store.known('none-1099', instant(0))?.kind, 'missing');
  assert.equal(at.store.known('none-0', instant(0)), null);
});

test('content beyond the bound drives out what was not asked for longest', async () => {
  await using at = await world();
  const content = Buffer.alloc(256 * 1024);
  for (let count = 0; count < 140; count++) await writeFile(join(at.root, String(count)), content);
  for (let count = 0; count < 140; count++) await at.store.look(String(count));
  assert.equal(at.store.known('0', instant(0)), null);
  assert.equal(at.store.known('139', instant(0))?.plain?.content?.length, content.length);
});

test('no more than 256 files are open; more are refused, and those given back make room', async () => {
  await using at = await world();
  await writeFile(join(at.root, 'a'), 'one');
  const opened = await Promise.all(Array.from({ length: 257 }, () => at.store.open('a')));
  assert.equal(opened.filter((each) => each === 'busy').length, 1);
  for (const each of opened) if (typeof each !== 'string') await at.store.giveBack(each);
  const again = await at.store.open('a');
  assert.ok(typeof again !== 'string');
  await at.store.giveBack(again);
});

test('a file that may not be read, and a name that is a file in its middle, are told apart', async () => {
  await using at = await world();
  await writeFile(join(at.root, 'a'), 'one');
  assert.equal((await at.store.look('a/b')).kind, 'missing');
  await writeFile(join(at.root, 'closed'), 'x', { mode: 0 });
  assert.equal((await at.store.look('closed')).kind, process.getuid?.() === 0 ? 'file' : 'denied');
});
