import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { cacheDirectory } from './compile-cache.ts';

function home(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-home-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('lies below the home directory, for its user alone', (t) => {
  const own = home(t);
  const directory = cacheDirectory(own);
  assert.equal(directory, join(own, '.cache/sluice/compile'));
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(cacheDirectory(own), directory, 'the second time, too');
});

test('security: nowhere that somebody else could write to', (t) => {
  const open = home(t);
  chmodSync(open, 0o777);
  assert.equal(cacheDirectory(open), null);
  const linked = home(t);
  symlinkSync(home(t), join(linked, '.cache'));
  assert.equal(cacheDirectory(linked), null);
  const shared = home(t);
  mkdirSync(join(shared, '.cache/sluice'), { recursive: true });
  chmodSync(join(shared, '.cache/sluice'), 0o775);
  assert.equal(cacheDirectory(shared), null);
});

test("security: not in another user's home", { skip: process.getuid?.() === 0 ? false : 'only root can give files away' }, (t) => {
  const theirs = home(t);
  chownSync(theirs, 65_534, 65_534);
  assert.equal(cacheDirectory(theirs), null);
});

test('without a home there is none', (t) => {
  const own = home(t);
  writeFileSync(join(own, '.cache'), '');
  assert.equal(cacheDirectory(own), null);
  assert.equal(cacheDirectory(join(own, 'gone')), null);
});
