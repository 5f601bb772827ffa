/**
 * What a directory of the disk tier holds, a file at a time, in the background. Only what is named as we name things is looked at, and only that is ever removed: a directory that is somebody
 * else's by mistake loses nothing.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskName } from '../core/caching/tier/disk-index.ts';
import { readDiskHeader, removeDiskFile } from './cache-disk-file.ts';
import { diskPath, NEW_DIRECTORY, readName } from './cache-disk-place.ts';
import type { DiskRecord } from './cache-disk-record.ts';

export interface ScannedFile {
  readonly name: DiskName;
  readonly record: DiskRecord;
  readonly bytes: number;
  /** Wall milliseconds of its last change. */
  readonly changedAt: number;
}

const FOLDER = /^[0-9a-f]{2}$/;
const NEW_FILE = /^\d+-\d+$/;

/**
 * Calls `found` for each file that is whole as far as its header and length show; others are removed.
 * @param epoch Files of another are removed, too. @returns How many were removed. @throws what the file system says.
 */
export async function scanDisk(directory: string, epoch: number, found: (file: ScannedFile) => void, signal: AbortSignal): Promise<number> {
  let removed = 0;
  for (const first of await foldersOf(directory))
    for (const second of await foldersOf(join(directory, first)))
      for (const rest of await readdir(join(directory, first, second))) {
        if (signal.aborted) return removed;
        const name = readName(first, second, rest);
        if (name === null) continue;
        const file = await look(directory, name, epoch);
        if (file !== null) found(file);
        else removed++;
      }
  return removed;
}

/** Removes what was being written. @param owner Of one worker; null: of all. */
export async function removeNewFiles(directory: string, owner: number | null): Promise<void> {
  const all = await readdir(join(directory, NEW_DIRECTORY)).catch(() => []);
  for (const file of all) {
    const isMeant = NEW_FILE.test(file) && (owner === null || file.startsWith(`${owner}-`));
    if (isMeant) await rm(join(directory, NEW_DIRECTORY, file), { force: true });
  }
}

async function look(directory: string, name: DiskName, epoch: number): Promise<ScannedFile | null> {
  const path = diskPath(directory, name);
  const header = await readDiskHeader(path);
  const state = header === null ? null : await stat(path).catch(() => null);
  if (header !== null && state !== null && header.record.epoch === epoch && header.bytes === state.size)
    return { name, record: header.record, bytes: state.size, changedAt: state.mtimeMs };
  await removeDiskFile(path);
  return null;
}

async function foldersOf(directory: string): Promise<readonly string[]> {
  const all = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return all.filter((name) => FOLDER.test(name)).sort();
}
