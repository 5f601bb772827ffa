/**
 * The configuration file: found, read and turned into a value, in whichever form it is written. What the value means is for
 * `config/validate.ts`; here only what keeps it from being read is a fault.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { type Fault, firstLine, makeFault } from '../config/fault.ts';
import type { ParsedText } from '../config/parse-text.ts';
import { importConfigModule } from './config-module.ts';
import { CONFIG_FILES, findConfigFile, isConfigModule } from './config-path.ts';

const TEXT_FORMS: Readonly<Record<string, 'json' | 'yaml'>> = { '.json': 'json', '.yaml': 'yaml', '.yml': 'yaml' };
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** A module may await; it may not hang. Less than the deadline of the process that loads it (`plan-process.ts`), whose message can say less. */
const MODULE_DEADLINE_MS = 8_000;

/** The value in the file, or what kept it from being read. */
export type LoadedFile =
  | {
      readonly ok: true;
      readonly path: string;
      readonly value: unknown;
      /** What was read, when it was read as text; null for a module. Says where faults stand. */
      readonly text: string | null;
    }
  | { readonly ok: false; readonly path: string | null; readonly faults: readonly Fault[] };

/** Where to look, and what `${NAME}` stands for. */
export interface LoadFileOptions {
  /** Default: the working directory. */
  readonly directory?: string;
  /** Default: this process's. TypeScript configurations always read this process's. */
  readonly environment?: Environment;
}

/**
 * Loads a configuration file.
 * @param path Without it, the first of `CONFIG_FILES` in the directory.
 */
export async function loadConfigFile(path?: string, options: LoadFileOptions = {}): Promise<LoadedFile> {
  const directory = options.directory ?? process.cwd();
  const found = path === undefined ? findConfigFile(directory) : resolve(directory, path);
  if (found === null)
    return refuse(null, `was not found: there is no ${CONFIG_FILES.join(', ')} in ${directory}`, 'name one with --config FILE');
  const problem = fileProblem(found);
  if (problem !== null) return refuse(found, problem);
  const extension = extname(found).toLowerCase();
  try {
    if (isConfigModule(found)) return await loadModule(found);
    const form = TEXT_FORMS[extension];
    if (form !== undefined) return await loadText(found, form, options.environment ?? process.env);
  } catch (error) {
    return refuse(found, `could not be loaded: ${describeError(error, found)}`);
  }
  return refuse(found, `has an extension that is not known (${extension || 'none'})`, 'use .ts, .mts, .js, .mjs, .yaml, .yml or .json');
}

function fileProblem(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `was not found: ${path}`;
  if (!stat.isFile()) return `is not a file: ${path}`;
  return stat.size > FILE_BYTES_MAX ? `is larger than ${FILE_BYTES_MAX / 1024 / 1024} MiB: ${path}` : null;
}

async function loadModule(path: string): Promise<LoadedFile> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Error(`not loaded within ${MODULE_DEADLINE_MS / 1000} s`)), MODULE_DEADLINE_MS);
  try {
    const value = await Promise.race([importConfigModule(path), deadline.promise]);
    if (value === undefined) return refuse(path, 'has no default export', 'write export default defineConfig({ … })');
    return { ok: true, path, value, text: null };
  } finally {
    clearTimeout(timer);
  }
}

/** The parsers are loaded here, because a module and a value from the command line need none: 20 ms of a start. */
async function loadText(path: string, form: 'json' | 'yaml', environment: Environment): Promise<LoadedFile> {
  const { parseJson, parseYaml } = await import('../config/parse-text.ts');
  const text = await readFile(path, 'utf8');
  const parsed: ParsedText = form === 'json' ? parseJson(text, environment) : parseYaml(text, environment);
  if (parsed.ok) return { ok: true, path, value: parsed.value, text };
  const { withLines } = await import('../config/locate.ts');
  return { ok: false, path, faults: withLines(parsed.faults, text) };
}

function refuse(path: string | null, what: string, hint: string | null = null): LoadedFile {
  return { ok: false, path, faults: [makeFault(null, { path: [], what, hint })] };
}

/** Message and place; never the source line that Node quotes, because it may hold a secret. */
function describeError(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const place = new RegExp(`${RegExp.escape(path)}[^:\\s]*:(\\d+)(?::(\\d+))?`).exec(error.stack ?? '');
  const message = firstLine(error);
  if (place === null) return message;
  return `${message} (line ${place[1]}${place[2] === undefined ? '' : `, column ${place[2]}`})`;
}
