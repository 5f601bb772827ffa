import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ensurePrivateDirectory, writeWhole } from './private-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-private-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('a directory is made for this user alone, with those above it', async () => {
  await ensurePrivateDirectory(join(directory, 'a/b'));
  assert.deepEqual([modeOf(join(directory, 'a')), modeOf(join(directory, 'a/b'))], [0o700, 0o700]);
});

test('a directory that others may write to is refused', async () => {
  const open = join(directory, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  await assert.rejects(ensurePrivateDirectory(open), /may be written to by other users: chmod 700/);
  chmodSync(open, 0o755);
  await ensurePrivateDirectory(open);
});

test('a file is replaced whole, for this user alone, and leaves nothing behind', async () => {
  const folder = join(directory, 'files');
  mkdirSync(folder);
  const path = join(folder, 'key.pem');
  await Promise.all(Array.from({ length: 20 }, (_, index) => writeWhole(path, `${index}`.repeat(10_000))));
  const text = readFileSync(path, 'latin1');
  assert.ok(text === text.slice(0, text.length / 10_000).repeat(10_000));
  assert.equal(modeOf(path), 0o600);
  await writeWhole(path, 'public', 0o644);
  assert.equal(modeOf(path), 0o644);
  assert.deepEqual(readdirSync(folder), ['key.pem']);
});

test('a file that cannot be written leaves nothing behind', async () => {
  const folder = join(directory, 'failing');
  mkdirSync(join(folder, 'taken'), { recursive: true });
  await assert.rejects(writeWhole(join(folder, 'taken'), 'text'));
  assert.deepEqual(readdirSync(folder), ['taken']);
});
