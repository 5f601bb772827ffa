import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FileSetWatch } from './file-set-watch.ts';
import { fileState } from './file-state.ts';

async function setUp(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  const paths = ['cert', 'key'].map((name) => join(folder, name));
  for (const path of paths) await writeFile(path, 'one');
  let changes = 0;
  let waiting = Promise.withResolvers<void>();
  const watch = new FileSetWatch({
    changed: () => {
      changes++;
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
    failed: (directory, error) => assert.fail(`${directory}: ${error.message}`),
    quietMs: 50,
  });
  t.after(async () => {
    watch.stop();
    await rm(folder, { recursive: true });
  });
  const follow = async (): Promise<void> => watch.follow(await Promise.all(paths.map(fileState)));
  return { folder, cert: paths[0]!, key: paths[1]!, watch, follow, changes: () => changes, changed: () => waiting.promise };
}

test('two files that change together are one change; a replaced file is one, too', { timeout: 10_000 }, async (t) => {
  const { cert, key, follow, changes, changed } = await setUp(t);
  await follow();
  let next = changed();
  await writeFile(cert, 'two');
  await writeFile(key, 'two');
  await next;
  assert.equal(changes(), 1);
  next = changed();
  await writeFile(`${cert}.new`, 'three');
  await rename(`${cert}.new`, cert);
  await next;
  assert.equal(changes(), 2);
});

test('a file in whose place there is something else is a change: it is to be told of', { timeout: 10_000 }, async (t) => {
  const { cert, key, follow, changed } = await setUp(t);
  await follow();
  let next = changed();
  await unlink(cert);
  await mkdir(cert);
  await next;
  next = changed();
  await truncate(key, 3_000_000_000); // holes: nothing is written
  await next;
});

test('what changed between the reading and the watching counts', { timeout: 10_000 }, async (t) => {
  const { cert, key, watch, changed } = await setUp(t);
  const states = await Promise.all([cert, key].map(fileState));
  await writeFile(key, 'two');
  const next = changed();
  watch.follow(states);
  await next;
});

test('a file that is gone, the same bytes again, and other files are no change', { timeout: 10_000 }, async (t) => {
  const { folder, cert, key, follow, changes, changed } = await setUp(t);
  await follow();
  await unlink(cert);
  await writeFile(key, 'one');
  await writeFile(join(folder, 'other'), 'x');
  const next = changed();
  setTimeout(() => void writeFile(cert, 'two'), 200);
  await next;
  assert.equal(changes(), 1);
});
