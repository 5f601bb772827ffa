/**
 * Golden files: a configuration in, its Plan out, and its FleetPlan where it has one. `golden/NAME.yaml` compiles to `golden/NAME.plan.json`. To accept a
 * change of the compiler, run this file with UPDATE_GOLDEN=1 and read the difference.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { compile, controlSettings } from './compile.ts';
import { parseYaml } from './parse-text.ts';
import { validate } from './validate.ts';

const directory = join(import.meta.dirname, 'golden');
const files = globSync(join(directory, '*.yaml')).sort();

function planOf(file: string): unknown {
  const parsed = parseYaml(readFileSync(file, 'utf8'), { COOKIE_KEY: 'kW3vQ8zL1mN5bX7cT2yR6uP9sD4fG0hJ' });
  assert.ok(parsed.ok, file);
  const validation = validate(parsed.value, () => null);
  assert.deepEqual(validation.ok ? [] : validation.faults, []);
  assert.ok(validation.ok);
  assert.deepEqual(validation.warnings, []);
  const plan = compile(validation.config, { generation: 1, cores: 4 });
  const { fleet } = controlSettings(validation.config);
  return fleet.services.length === 0 ? plan : { ...plan, fleet };
}

for (const file of files) {
  test(`${basename(file)} compiles to its plan`, () => {
    const plan = planOf(file);
    const golden = file.replace(/\.yaml$/, '.plan.json');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, `${JSON.stringify(plan, null, 2)}\n`);
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), JSON.parse(readFileSync(golden, 'utf8')));
  });
}

test('there are golden files', () => {
  assert.ok(files.length >= 4);
});
