/** Files that filters name are read again when they change, into a plan that has already been filled once. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { timestamp } from '../base/time.ts';
import { compile } from '../config/compile.ts';
import type { Plan } from '../config/plan.ts';
import { validate } from '../config/validate.ts';
import { readMaterial } from './plan-material.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-again-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const HASH = `sha256:${'0'.repeat(64)}`;
const SCRYPT = `$scrypt$ln=14,r=8,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

function planOf(filter: object): Plan {
  const config = { listeners: { web: { http: ':8080' } }, routes: [{ filters: [filter, { fixed: 204 }] }] };
  const result = validate(config, () => null);
  assert.ok(result.ok, result.ok ? '' : result.faults.map(({ message }) => message).join('\n'));
  return compile(result.config, { generation: 1, cores: 1 });
}

async function filled(plan: Plan): Promise<Plan> {
  const material = await readMaterial(plan, { directory, path: null, now: timestamp(0), root: null, acme: null });
  assert.deepEqual(
    material.faults.map(({ message }) => message),
    [],
  );
  return material.plan;
}

test('users of a file: who is added is in, who is taken out is out, and those of the configuration stay', async () => {
  const file = join(directory, 'users');
  const names = (plan: Plan): unknown => {
    const [filter] = plan.routes[0]!.filters;
    return filter?.kind === 'basic' ? filter.options.users.map(({ name }) => name) : null;
  };
  writeFileSync(file, `anna:${SCRYPT}\nbert:${SCRYPT}\n`);
  const first = await filled(planOf({ basic: { users: [{ name: 'root', password: SCRYPT }], file } }));
  assert.deepEqual(names(first), ['root', 'anna', 'bert']);
  writeFileSync(file, `anna:${SCRYPT}\ncarl:${SCRYPT}\n`);
  assert.deepEqual(names(await filled(first)), ['root', 'anna', 'carl']);
});

test('keys of a file likewise', async () => {
  const file = join(directory, 'keys');
  const names = (plan: Plan): unknown => {
    const [filter] = plan.routes[0]!.filters;
    return filter?.kind === 'apiKey' ? filter.options.keys.map(({ name }) => name) : null;
  };
  writeFileSync(file, `a:${HASH}\nb:${HASH}\n`);
  const first = await filled(planOf({ apiKey: { keys: [{ name: 'own', hash: HASH }], file } }));
  assert.deepEqual(names(first), ['own', 'a', 'b']);
  writeFileSync(file, `b:${HASH}\nc:${HASH}\n`);
  assert.deepEqual(names(await filled(first)), ['own', 'b', 'c']);
});
