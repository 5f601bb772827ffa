/** What can be known to be wrong with an ACME section before anything is ordered: files and directories that cannot be used. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Timestamp } from '../base/time.ts';
import type { AcmeSettings } from '../config/compile.ts';
import { type Fault, firstLine, makeFault } from '../config/fault.ts';
import { assertPrivate } from './private-files.ts';
import { readCaBundle } from './trust-file.ts';

/** Every fault at once. @param root The configuration. */
export async function acmeFaults(acme: AcmeSettings | null, root: unknown, now: Timestamp): Promise<Fault[]> {
  if (acme === null) return [];
  const faults: Fault[] = [];
  const ca = acme.caFile === null ? null : await readCaBundle(acme.caFile, now);
  if (ca !== null && !ca.ok) faults.push(makeFault(root, { path: ['acme', 'ca'], what: ca.fault.what, hint: ca.fault.hint }));
  const problem = await storageProblem(acme.storage);
  if (problem !== null) {
    const hint = 'choose a directory that this user may write to, and nobody else';
    faults.push(makeFault(root, { path: ['acme', 'storage'], what: problem, hint }));
  }
  return faults;
}

/** Why certificates cannot be kept there; null when they can. */
async function storageProblem(storage: string): Promise<string | null> {
  try {
    const existing = await nearestExisting(storage);
    const state = await stat(existing);
    if (!state.isDirectory()) return `must be a directory: ${JSON.stringify(existing)} is a file`;
    if (existing === storage) assertPrivate(storage, state.mode);
    await access(existing, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EROFS'
      ? `cannot be written to: ${JSON.stringify(storage)} (${code})`
      : `cannot be used: ${firstLine(error)}`;
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return nearestExisting(dirname(path));
  }
}
