/** Every configuration in the README and the guide is one that Sluice accepts, and every link to a file leads somewhere. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configSchema } from '../packages/sluice/src/config/schema/config.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: ROOT }).sort();

/** The fenced blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);
}

/** What a `sluice.config.ts` exports. */
async function evaluate(source: string): Promise<unknown> {
  const code = stripTypeScriptTypes(source).replace("import { defineConfig } from 'sluice';", 'const defineConfig = (config) => config;');
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: unknown };
  return module.default;
}

function accepts(config: unknown, place: string): void {
  const result = configSchema.safeParse(config);
  assert.ok(result.success, `${place}: ${JSON.stringify(result.error?.issues)}`);
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
