/** What a file held when it was looked at: how a change is noticed. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { PEM_BYTES_MAX } from './pem.ts';

/** A file that the plan depends on, as it was just before it was read. */
export interface FileState {
  /** Absolute. */
  readonly path: string;
  /** SHA-256, hex; a word on why it cannot be read; empty when it is not there. */
  readonly digest: string;
}

/** A file's state now. What is in one that is too large to be read does not matter. */
export async function fileState(path: string): Promise<FileState> {
  try {
    const file = await stat(path);
    if (!file.isFile()) return { path, digest: 'no file' }; // a named pipe would hold us for ever
    if (file.size > PEM_BYTES_MAX) return { path, digest: `too large: ${file.size} bytes of ${file.mtimeMs}` }; // tables are replaced as a whole
    const hash = createHash('sha256').update(await readFile(path));
    return { path, digest: hash.digest('hex') };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { path, digest: code === 'ENOENT' ? '' : code };
  }
}
