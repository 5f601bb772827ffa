import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withFileLock } from './file-lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const bounded = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(10_000) });

test('one at a time, and each gets its turn', async () => {
  const path = join(directory, 'turns');
  let inside = 0;
  const results = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      withFileLock(path, bounded(), async () => {
        assert.equal(++inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        return index;
      }),
    ),
  );
  assert.deepEqual(results, [0, 1, 2, 3, 4]);
  assert.ok(!existsSync(path));
});

test('work that fails gives the lock back', async () => {
  const path = join(directory, 'failing');
  await assert.rejects(
    withFileLock(path, bounded(), () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.ok(!existsSync(path));
});

test('a wait ends when it is told to', async () => {
  const path = join(directory, 'held');
  const held = Promise.withResolvers<void>();
  const first = withFileLock(path, bounded(), () => held.promise);
  await assert.rejects(
    withFileLock(path, { signal: AbortSignal.timeout(120) }, async () => {}),
    { name: 'TimeoutError' },
  );
  held.resolve();
  await first;
});

test('the lock of a process that crashed here is broken at once', async () => {
  const path = join(directory, 'crashed');
  const script = `const { withFileLock } = await import(${JSON.stringify(import.meta.resolve('./file-lock.ts'))});
    await withFileLock(${JSON.stringify(path)}, { signal: AbortSignal.timeout(5000) }, () => process.kill(process.pid, 'SIGKILL'));`;
  assert.equal(spawnSync(process.execPath, ['--input-type=module', '-e', script]).signal, 'SIGKILL');
  assert.ok(existsSync(path));
  assert.equal(await withFileLock(path, { signal: AbortSignal.timeout(2_000) }, async () => 'mine'), 'mine');
});

test('a lock from elsewhere is broken when nobody touches it, by one of those who wait', async () => {
  const path = join(directory, 'elsewhere');
  for (const text of [JSON.stringify({ token: 'x', place: 'another machine', pid: process.pid }), '']) {
    writeFileSync(path, text);
    let inside = 0;
    await Promise.all(
      Array.from({ length: 3 }, () =>
        withFileLock(path, { ...bounded(), staleMs: 200 }, async () => {
          assert.equal(++inside, 1);
          await new Promise((resolve) => setTimeout(resolve, 20));
          inside--;
        }),
      ),
    );
  }
});

test('a lock that is touched is not stale, however long the work takes', async () => {
  const path = join(directory, 'long');
  const held = Promise.withResolvers<void>();
  const first = withFileLock(path, { ...bounded(), staleMs: 100 }, () => held.promise);
  await assert.rejects(
    withFileLock(path, { signal: AbortSignal.timeout(400), staleMs: 100 }, async () => {}),
    { name: 'TimeoutError' },
  );
  held.resolve();
  await first;
});
