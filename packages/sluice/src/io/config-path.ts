/** Where a configuration is looked for, and which files are code. Apart from what reads them, so that asking loads no parser. */
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Looked for in this order, when no file is named. */
export const CONFIG_FILES = ['ts', 'mts', 'js', 'mjs', 'yaml', 'yml', 'json'].map((extension) => `sluice.config.${extension}`);

const MODULES: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']);

/** The configuration file of a directory; null when there is none. */
export function findConfigFile(directory: string): string | null {
  return CONFIG_FILES.map((name) => join(directory, name)).find((candidate) => existsSync(candidate)) ?? null;
}

/** Whether loading the file runs it. */
export function isConfigModule(path: string): boolean {
  return MODULES.has(extname(path).toLowerCase());
}
