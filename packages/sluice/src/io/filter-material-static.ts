/** The directory of `static`: made absolute and looked at, so that one that is not there is a fault of the configuration and not a 404 for everything. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { StaticPlan } from '../config/filters/static-plan.ts';
import type { FilterReader } from './filter-reader.ts';

/** @param path Of the filter. */
export async function readStatic(options: StaticPlan, path: Path, reader: FilterReader): Promise<StaticPlan> {
  const root = resolve(reader.directory, options.root);
  const named = [...path, 'static', 'root'];
  if (parse(root).root === root) reader.fault(named, 'is the whole file system', 'name the directory that is to be public');
  else {
    const trouble = await troubleWith(root, 'directory');
    if (trouble !== null) reader.fault(named, `${JSON.stringify(root)} ${trouble}`);
    else if (options.fallback !== null) {
      const file = join(root, options.fallback);
      const missing = await troubleWith(file, 'file');
      if (missing !== null) reader.fault([...path, 'static', 'fallback'], `${JSON.stringify(file)} ${missing}`);
    }
  }
  return { ...options, root };
}

/** What is wrong with it; null: nothing. */
async function troubleWith(path: string, kind: 'directory' | 'file'): Promise<string | null> {
  try {
    const state = await stat(path);
    if (kind === 'directory' ? !state.isDirectory() : !state.isFile()) return `is not a ${kind}`;
    await access(path, kind === 'directory' ? constants.R_OK | constants.X_OK : constants.R_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist; check the path';
    if (code === 'EACCES') return 'may not be read by this user';
    return `cannot be read: ${firstLine(error)}`;
  }
}
