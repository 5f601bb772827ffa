/** Files that are whole replies: bodies of `fixed`, pages of `errorPage`. Read with the configuration, and sent from memory. */
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { FilterPlan } from '../config/filter-plan.ts';
import type { FilterReader } from './filter-reader.ts';

type Options<Kind extends FilterPlan['kind']> = Extract<FilterPlan, { kind: Kind }>['options'];

const BYTES_MAX = 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.pdf': 'application/pdf',
};

export async function readFixed(options: Options<'fixed'>, path: Path, reader: FilterReader): Promise<Options<'fixed'>> {
  if (options.file === '') return options;
  const found = await readBody(options.file, [...path, 'fixed', 'file'], reader);
  if (found === null) return options;
  const isTyped = options.headers.some(([name]) => name.toLowerCase() === 'content-type');
  const type = TYPES[extname(found.file).toLowerCase()] ?? 'application/octet-stream';
  return {
    ...options,
    file: found.file,
    body: found.body,
    headers: isTyped ? options.headers : [...options.headers, ['Content-Type', type]],
  };
}

export async function readErrorPage(options: Options<'errorPage'>, path: Path, reader: FilterReader): Promise<Options<'errorPage'>> {
  if (options.file === '') return options;
  const found = await readBody(options.file, [...path, 'errorPage', 'file'], reader);
  return found === null ? options : { ...options, file: found.file, html: found.body };
}

/** The file's bytes, one character each; null: they cannot be had, which is a fault. */
async function readBody(given: string, at: Path, reader: FilterReader): Promise<{ readonly file: string; readonly body: string } | null> {
  const file = resolve(reader.directory, given);
  try {
    await reader.watch(file);
    const { size } = await stat(file);
    if (size <= BYTES_MAX) return { file, body: await readFile(file, 'latin1') };
    reader.fault(at, `is a file of ${size} bytes: at most ${BYTES_MAX} are sent from memory`, 'serve it with the static filter');
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    reader.fault(
      at,
      isAbsent ? `${JSON.stringify(given)} does not exist; check the path` : `${JSON.stringify(given)} cannot be read: ${firstLine(error)}`,
    );
  }
  return null;
}
