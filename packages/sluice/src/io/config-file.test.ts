import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type LoadedFile, loadConfigFile } from './config-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-config-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a file (in a directory that has no Sluice installed) and loads it. */
async function load(name: string, text: string, environment: Record<string, string> = {}): Promise<LoadedFile> {
  writeFileSync(join(directory, name), text);
  return await loadConfigFile(name, { directory, environment });
}

async function valueOf(name: string, text: string, environment: Record<string, string> = {}): Promise<unknown> {
  const loaded = await load(name, text, environment);
  assert.ok(loaded.ok, loaded.ok ? '' : String(loaded.faults[0]?.message));
  return loaded.value;
}

async function faultOf(name: string, text: string): Promise<string> {
  const loaded = await load(name, text);
  return loaded.ok ? 'loaded' : loaded.faults.map((fault) => fault.message).join('; ');
}

test("a TypeScript configuration imports 'sluice' without having it installed", async () => {
  const text =
    "import { defineConfig, env } from 'sluice';\nconst a: number = 1;\nexport default { a, kind: typeof defineConfig, port: env('SLUICE_NONE', 80) };";
  assert.deepEqual(await valueOf('own.ts', text), { a: 1, kind: 'function', port: 80 });
});

test('a reload sees the changes of the file and of the modules that it imports', async () => {
  for (const [name, extension] of [
    ['reload', 'ts'],
    ['reload', 'mjs'],
  ] as const) {
    for (const round of [1, 2]) {
      writeFileSync(join(directory, `part.${extension}`), `export const part = ${round};`);
      const text = `import { part } from './part.${extension}';\nexport default { part, whole: ${round} };`;
      assert.deepEqual(await valueOf(`${name}.${extension}`, text), { part: round, whole: round });
    }
  }
});

test('a CommonJS configuration is read anew, too', async () => {
  for (const round of [1, 2]) assert.deepEqual(await valueOf('old.cjs', `module.exports = { round: ${round} };`), { round });
});

test('in a project whose package.json says "commonjs", TypeScript has imports and exports all the same', async () => {
  writeFileSync(join(directory, 'package.json'), '{ "type": "commonjs" }');
  try {
    writeFileSync(join(directory, 'piece.ts'), 'export const piece: number = 1;');
    const text = "import { env } from 'sluice';\nimport { piece } from './piece.ts';\nexport default { piece, env: typeof env };";
    assert.deepEqual(await valueOf('commonjs.ts', text), { piece: 1, env: 'function' });
  } finally {
    rmSync(join(directory, 'package.json'));
  }
});

test('TypeScript that is not erasable is loaded all the same', async () => {
  for (const round of [5, 6]) {
    const text = `import { env } from 'sluice';\nenum Port { Web = ${round} }\nexport default { port: Port.Web, env: typeof env };`;
    assert.deepEqual(await valueOf('enum.ts', text), { port: round, env: 'function' });
  }
});

test('YAML and JSON read variables of the environment', async () => {
  assert.deepEqual(await valueOf('a.yaml', 'workers: ${N}\n', { N: '3' }), { workers: 3 });
  assert.deepEqual(await valueOf('a.json', '{"a": "${N:-x}"}'), { a: 'x' });
});

test('what keeps a file from being read is a fault with its place', async () => {
  assert.match(
    await faultOf('throws.ts', "import { env } from 'sluice';\n\nexport default { a: env('SLUICE_NONE') };"),
    /SLUICE_NONE is not set.*\(line 3, column \d+\)/,
  );
  assert.match(await faultOf('syntax.ts', "const token = 'hunter2' x;"), /could not be loaded: .*\(line 1/);
  assert.ok(!(await faultOf('syntax2.ts', "const token = 'hunter2' x;")).includes('hunter2'));
  assert.match(await faultOf('empty.ts', 'export const a = 1;'), /has no default export; write export default defineConfig/);
  assert.match(await faultOf('missing.mjs', "import 'no-such-package';"), /Cannot find package 'no-such-package'/);
  assert.match(await faultOf('bad.yml', 'a: [1'), /is not YAML at line 1/);
  assert.match(await faultOf('variable.yml', 'a: 1\nb: ${SLUICE_NONE}\n'), /^b needs the environment variable SLUICE_NONE.*\(line 2\)$/);
  assert.match(await faultOf('a.toml', ''), /extension that is not known \(.toml\)/);
});

test('a file that is not there is a fault that says where it was looked for', async () => {
  const named = await loadConfigFile('none.ts', { directory });
  assert.match(named.ok ? '' : (named.faults[0]?.message ?? ''), /was not found: .*none\.ts/);
  const unnamed = await loadConfigFile(undefined, { directory });
  assert.match(
    unnamed.ok ? '' : (unnamed.faults[0]?.message ?? ''),
    /there is no sluice\.config\.ts, .*sluice\.config\.json in .*--config FILE/,
  );
  const folder = await loadConfigFile('.', { directory });
  assert.match(folder.ok ? '' : (folder.faults[0]?.message ?? ''), /is not a file/);
});

test('without a name, TypeScript goes before YAML and YAML before JSON', async () => {
  for (const [name, text] of [
    ['sluice.config.json', '{"from": "json"}'],
    ['sluice.config.yaml', 'from: yaml'],
    ['sluice.config.ts', "export default { from: 'ts' };"],
  ] as const) {
    writeFileSync(join(directory, name), text);
    const loaded = await loadConfigFile(undefined, { directory });
    assert.deepEqual(loaded.ok && loaded.value, { from: name.split('.')[2] });
    assert.equal(loaded.path, join(directory, name));
  }
});
