/** Every configuration in the README and the guide is one that Sluice accepts, and every link to a file leads somewhere. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { expandValue } from '../packages/sluice/src/config/environment.ts';
import { compile } from '../packages/sluice/src/config/compile.ts';
import { validate } from '../packages/sluice/src/config/validate.ts';
import { checkLinearRegex } from '../packages/sluice/src/io/regex.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: ROOT }).sort();

const ENVIRONMENT = Object.fromEntries(['KEY', 'KEY_BEFORE', 'ADMIN_TOKEN'].map((name) => [name, randomBytes(32).toString('base64')]));

/** The fenced blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);
}

/** What a `sluice.config.ts` exports. */
async function evaluate(source: string): Promise<unknown> {
  const library = pathToFileURL(join(ROOT, 'packages/sluice/src/index.ts')).href;
  const code = stripTypeScriptTypes(source).replace("from 'sluice';", `from '${library}';`);
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: unknown };
  return module.default;
}

function accepts(config: unknown, place: string): void {
  // Without the files that it names: they are the reader's.
  const result = validate(expandValue(config, ENVIRONMENT).value, checkLinearRegex);
  assert.ok(result.ok, `${place}: ${result.ok ? '' : result.faults.map((fault) => fault.message).join('\n')}`);
  assert.deepEqual(result.warnings, [], place);
  compile(result.config, { generation: 1, cores: 2 });
}

for (const page of PAGES) {
  test(`${page}: configurations are valid`, async () => {
    for (const block of blocks(page, 'yaml')) accepts(parse(block), `${page}: ${block}`);
    for (const block of blocks(page, 'ts')) if (block.includes('defineConfig')) accepts(await evaluate(block), `${page}: ${block}`);
  });

  test(`${page}: links to files lead somewhere`, () => {
    for (const [, target] of readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(ROOT, dirname(page), target!)), `${page} links to ${target}`);
    }
  });
}

const SERVICE_KEYS = 'balance|affinity|health|outlier|pool|retry|hedge|limits|slowStart|panicThreshold';
const ROUTE_KEYS = 'path|redirect|rewrite|respond';

/** Settings in running text, such as `outlier: { consecutiveGatewayErrors: 3 }`. */
function settings(page: string, keys: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll('[…]', '[process.env.KEY]');
  return [...text.matchAll(new RegExp(`\`((?:${keys}): [^\`]+)\``, 'g'))].map((match) => match[1]!);
}

test('settings in the text of the guide are valid', async () => {
  process.env['KEY'] = ENVIRONMENT['KEY'];
  for (const page of PAGES.filter((path) => path.startsWith('docs/guide'))) {
    for (const setting of settings(page, SERVICE_KEYS)) {
      const config = `{ listeners: { web: { http: ':1' } }, services: { u: { endpoints: ['127.0.0.1:2'], ${setting} } }, routes: [{ to: 'u' }] }`;
      accepts(await evaluate(`export default ${config};`), `${page}: ${setting}`);
    }
    for (const setting of settings(page, ROUTE_KEYS)) {
      const isOwnAction = /\b(redirect|respond): /.test(setting);
      const services = isOwnAction ? '' : "u: { endpoints: ['127.0.0.1:2'] }";
      const to = isOwnAction || setting.includes('to: ') ? '' : "to: 'u',";
      const config = `{ listeners: { web: { http: ':1' } }, services: { ${services} }, routes: [{ ${to} ${setting} }] }`;
      accepts(await evaluate(`export default ${config};`), `${page}: ${setting}`);
    }
  }
});
