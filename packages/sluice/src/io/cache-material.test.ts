import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Path } from '../config/fault.ts';
import type { CacheStorePlan, MemoryPlan, Plan } from '../config/plan.ts';
import { directoryFault, readCaches } from './cache-material.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-material-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a directory that is there, or that could be made, is right; nothing is made', async () => {
  assert.equal(await directoryFault(folder), null);
  assert.equal(await directoryFault(join(folder, 'a/b/c')), null);
  assert.equal(await directoryFault(join(folder, 'a')), null);
});

test('what is no directory, or lies below a file, cannot be had', async () => {
  writeFileSync(join(folder, 'file'), '');
  assert.match((await directoryFault(join(folder, 'file')))!, /is no directory/);
  assert.match((await directoryFault(join(folder, 'file/cache')))!, /cannot be (?:made|used)/);
});

test('paths are relative to the configuration, and two caches have two directories', async () => {
  mkdirSync(join(folder, 'x'));
  const cache = (name: string, directory: string): CacheStorePlan => ({
    name,
    memoryBytes: 1,
    objectBytesMax: 1,
    disk: { directory, bytes: 1 },
    shared: null,
  });
  const memories: MemoryPlan[] = [{ kind: 'disk', name: 'a', directory: 'x', bytes: 1 }];
  const faults: [Path, string][] = [];
  const plan = { caches: [cache('a', 'x'), cache('b', join(folder, 'x'))], memories } as unknown as Plan;
  const read = await readCaches(plan, { directory: folder, fault: (path, what) => void faults.push([path, what]) });
  assert.deepEqual(
    read.caches.map(({ disk }) => disk?.directory),
    [join(folder, 'x'), join(folder, 'x')],
  );
  assert.deepEqual(read.memories, [{ kind: 'disk', name: 'a', directory: join(folder, 'x'), bytes: 1 }]);
  assert.deepEqual(faults, [[['caches', 'b', 'disk', 'path'], `is the directory of the cache "a", too: ${join(folder, 'x')}`]]);
});
