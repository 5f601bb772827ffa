import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watchFile } from './file-watch.ts';

async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-watch-'));
  const file = join(folder, 'config');
  await writeFile(file, 'one');
  let changes = 0;
  let waiting = Promise.withResolvers<void>();
  const watch = watchFile(
    file,
    () => {
      changes++;
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
    assert.fail,
  );
  t.after(async () => {
    watch.stop();
    await rm(folder, { recursive: true });
  });
  return { file, watch, changes: () => changes, changed: () => waiting.promise };
}

test('tells of a file that was written, and of one that was replaced', { timeout: 10_000 }, async (t) => {
  const { file, watch, changed } = await setUp(t);
  watch.start();
  let next = changed();
  await writeFile(file, 'two');
  await next;
  next = changed();
  await writeFile(`${file}.new`, 'three');
  await rename(`${file}.new`, file);
  await next;
});

test('a change between the first look and the start is not missed', { timeout: 10_000 }, async (t) => {
  const { file, watch, changed } = await setUp(t);
  const next = changed();
  await writeFile(file, 'two');
  watch.start();
  await next;
});

test('other files of the directory, and the same bytes again, are no change', { timeout: 10_000 }, async (t) => {
  const { file, watch, changes, changed } = await setUp(t);
  watch.start();
  await writeFile(`${file}.other`, 'x');
  await writeFile(file, 'one');
  const next = changed();
  // The one real change comes after all that was none, and is the only one told of.
  setTimeout(() => void writeFile(file, 'two'), 250);
  await next;
  assert.equal(changes(), 1);
});
