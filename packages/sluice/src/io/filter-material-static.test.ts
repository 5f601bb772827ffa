import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StaticPlan } from '../config/filters/static-plan.ts';
import { fileState } from './file-state.ts';
import { readStatic } from './filter-material-static.ts';

const PLAN: StaticPlan = {
  root: '.',
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

test('a directory is made absolute; one that is none is a fault with its place', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-root-'));
  await writeFile(join(directory, 'file'), '');
  const read = async (plan: Partial<StaticPlan>): Promise<[root: string, ...faults: string[]]> => {
    const faults: string[] = [];
    const fault = (path: readonly (string | number)[], what: string): void => void faults.push(`${path.join('.')} ${what}`);
    const reader = { directory, configPath: null, fault, watch: fileState };
    return [(await readStatic({ ...PLAN, ...plan }, ['routes', 0], reader)).root, ...faults];
  };
  assert.deepEqual(await read({}), [directory]);
  assert.deepEqual(await read({ fallback: '/file' }), [directory]);
  const missing = join(directory, 'none');
  assert.deepEqual(await read({ root: 'none' }), [
    missing,
    `routes.0.static.root ${JSON.stringify(missing)} does not exist; check the path`,
  ]);
  assert.match((await read({ root: 'file' }))[1]!, /root ".*file" is not a directory$/);
  assert.match((await read({ root: '/' }))[1]!, /root is the whole file system$/);
  assert.match((await read({ fallback: '/none.html' }))[1]!, /fallback ".*none\.html" does not exist; check the path$/);
  await rm(directory, { recursive: true });
});
