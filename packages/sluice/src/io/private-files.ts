/**
 * Files that hold secrets, in directories of their own: directories are made with mode 0700, files written with 0600 and whole or not at all
 * (a new file, synced, renamed over the old one, the directory synced), so that neither a crash nor a reader ever meets half a key.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes a directory, and those above it. One that is there is left as it is.
 * @throws {Error} when others may write to it: they could put keys of their own there.
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY });
  assertPrivate(path, (await stat(path)).mode);
}

/** @throws {Error} when others may write to the directory. */
export function assertPrivate(path: string, mode: number): void {
  if ((mode & WRITABLE_BY_OTHERS) === 0) return;
  throw new Error(`directory ${JSON.stringify(path)} may be written to by other users: chmod 700 it, or choose another directory`);
}

/** Writes a file in one step. @param mode Default 0600. */
export async function writeWhole(path: string, text: string, mode = PRIVATE_FILE): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(unfinished, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** After this the new name survives a power cut. Some file systems do not offer it. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await directory.close();
  }
}
