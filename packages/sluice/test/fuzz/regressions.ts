/** Inputs that once failed, one JSON file each, rerun by the tests for ever. The text is latin1, so that it can be read. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('regressions/', import.meta.url));

export interface Regression {
  /** What differed when it was found. */
  readonly found: string;
  readonly seed: number;
  readonly cuts: readonly number[];
  /** latin1. */
  readonly text: string;
}

/** Writes a failure down, named by its bytes. @returns The file's path. */
export function saveRegression(regression: Regression, where = folder): string {
  mkdirSync(where, { recursive: true });
  const name = createHash('sha256').update(regression.text, 'latin1').digest('hex').slice(0, 12);
  const file = join(where, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(regression, null, 2)}\n`);
  return file;
}

/** All that was ever written down. */
export function loadRegressions(): readonly (Regression & { readonly name: string })[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => ({ ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Regression), name }));
}
