import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openProcessDirectory } from './process-directory.ts';

/** A directory whose lock names a process that runs, and was touched so many seconds ago. */
function locked(t: TestContext, touchedSecondsAgo: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'directory-'));
  const other = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  t.after(() => {
    other.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, 'lock');
  writeFileSync(path, JSON.stringify({ token: 'x', place: 'here', pid: other.pid }));
  const touched = Date.now() / 1_000 - touchedSecondsAgo;
  utimesSync(path, touched, touched);
  return directory;
}

test('a lock that its holder touches is kept', { timeout: 10_000 }, async (t) => {
  await assert.rejects(openProcessDirectory(locked(t, 0)), /is in use by another Sluice \(process \d+\)/);
});

test('a lock that was touched last before its process began is of an earlier one', { timeout: 10_000 }, async (t) => {
  await using directory = await openProcessDirectory(locked(t, 3_600));
  assert.ok(directory.path.length > 0);
});
