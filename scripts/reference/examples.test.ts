/** Every whole configuration that the documentation or an example shows is a valid one. */
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { loadPlan } from '../../packages/sluice/src/io/load-plan.ts';

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'sluice-examples-'));
after(() => rmSync(directory, { recursive: true, force: true }));
// For examples with development certificates: no test writes to anybody's home.
process.env['SLUICE_DEV_DIR'] = join(directory, 'dev');

/** A value for each variable that the text needs. */
function environmentOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/\$\{(\w+)\}/g), ([, name = '']) => [name, `${name}-kW3vQ8zL1mN5bX7cT2yR6uP9sD4fG0hJ`]),
  );
}

async function assertValid(path: string, label: string): Promise<void> {
  const result = await loadPlan(path, { generation: 1, cores: 2, environment: environmentOf(readFileSync(path, 'utf8')) });
  const faults = result.ok ? [] : result.faults.map((fault) => fault.message);
  // Certificates, users, pages and filters are the reader's own.
  const isOwn = (fault: string): boolean => /[ .](?:file|module|fallback) ".*" does not exist; check the path/.test(fault);
  assert.deepEqual(
    faults.filter((fault) => !isOwn(fault)),
    [],
    label,
  );
}

const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
const blocks = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  return Array.from(text.matchAll(/^```(ts|js|yaml|json)\n([^]*?)^```/gm), ([, language = '', code = ''], index) => ({
    page,
    language,
    code,
    index,
  }));
});
const configurations = blocks.filter(({ code }) => /^\s*"?listeners"?:/m.test(code));

test('the documentation shows configurations', () => {
  assert.ok(configurations.length >= 4, String(configurations.length));
});

for (const { page, language, code, index } of configurations) {
  test(`${page}, block ${index + 1} is a valid configuration`, async () => {
    const path = join(directory, `${page.replaceAll('/', '-')}-${index}.${language}`);
    writeFileSync(path, code);
    await assertValid(path, code);
  });
}

for (const path of globSync('examples/**/sluice.config.{ts,yaml,json}', { cwd: root, exclude: ['**/node_modules/**'] })) {
  test(`${relative('.', path)} is a valid configuration`, () => assertValid(join(root, path), path));
}
