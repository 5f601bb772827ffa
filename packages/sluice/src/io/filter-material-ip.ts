/** The database of `ip`: there, of the right form, and the library that reads it. Workers read it themselves: it is too large to be sent to each. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { IpPlan } from '../config/filters/ip-plan.ts';
import type { FilterReader } from './filter-reader.ts';

/** Stands before the metadata, which is in the last 128 KiB (MaxMind DB format 2.0). */
const MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const METADATA_BYTES_MAX = 128 * 1024;
const DATABASE_BYTES_MAX = 512 * 1024 * 1024;

/** @param path Of the filter. */
export async function readIp(options: IpPlan, path: Path, reader: FilterReader): Promise<IpPlan> {
  if (options.database === null) return options;
  const file = resolve(reader.directory, options.database.path);
  const at = [...path, 'ip', 'database'];
  try {
    await reader.watch(file);
    const version = await versionOf(file);
    await import('maxmind').catch(() => reader.fault(at, "needs the package 'maxmind', which is not installed", 'npm install maxmind'));
    return { ...options, database: { path: file, version } };
  } catch (error) {
    reader.fault(at, `${JSON.stringify(options.database.path)} ${firstLine(error)}`);
    return options;
  }
}

async function versionOf(file: string): Promise<string> {
  await using handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? 'does not exist; check the path' : `cannot be read: ${error.code ?? ''}`, { cause: error });
  });
  const state = await handle.stat();
  if (!state.isFile()) throw new Error('is not a file');
  if (state.size > DATABASE_BYTES_MAX) throw new Error(`is larger than ${DATABASE_BYTES_MAX} bytes`);
  const tail = Buffer.alloc(Math.min(state.size, METADATA_BYTES_MAX));
  await handle.read(tail, 0, tail.length, state.size - tail.length);
  if (tail.lastIndexOf(MARK) < 0) throw new Error('is not a MaxMind database (.mmdb)');
  return `${state.size} ${state.mtimeMs} ${state.ino}`;
}
