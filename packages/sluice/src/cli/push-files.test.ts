import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { listPushFiles } from './push-files.ts';

function folder(t: TestContext, names: readonly string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-files-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const name of names) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), name);
  }
  return path;
}

test('files have the paths that browsers ask for; an index is its directory, too', async (t) => {
  const { files, faults } = await listPushFiles(
    folder(t, ['index.html', 'a b/ü.png', 'a b/index.html', 'c%d?e#f[g].txt', "x@y:z!$&'()*+,;=.js"]),
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(
    files.map(({ path }) => path).toSorted(),
    ['', 'a%20b/', 'a%20b/%C3%BC.png', 'a%20b/index.html', 'c%25d%3Fe%23f%5Bg%5D.txt', 'index.html', "x@y:z!$&'()*+,;=.js"].toSorted(),
  );
});

test('what is hidden is left out, .well-known is not', async (t) => {
  const { files, hidden } = await listPushFiles(folder(t, ['.env', '.git/config', '.well-known/a', 'b/.htaccess']));
  assert.deepEqual([files.map(({ path }) => path), hidden], [['.well-known/a'], 3]);
});

test('links stay in the directory', async (t) => {
  const outside = folder(t, ['secret']);
  const inside = folder(t, ['a', 'd/b']);
  symlinkSync('a', join(inside, 'ok'));
  symlinkSync(join(outside, 'secret'), join(inside, 'out'));
  symlinkSync(`../${outside.split('/').at(-1)!}/secret`, join(inside, 'relative'));
  symlinkSync('d', join(inside, 'directory'));
  symlinkSync('loop', join(inside, 'loop'));
  const { files, faults } = await listPushFiles(inside);
  assert.deepEqual(files.map(({ path }) => path).toSorted(), ['a', 'd/b', 'ok']);
  assert.deepEqual(faults.map((fault) => fault.split(' ', 1).join()).toSorted(), ['directory', 'loop', 'out', 'relative']);
});

test('names that no path can have are faults', async (t) => {
  const { faults } = await listPushFiles(folder(t, ['a\\b']));
  assert.equal(faults.length, 1);
});
