/** Small files that the configuration names, read whole: never a pipe, never more than a bound. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Larger files hold something else. */
const SMALL_FILE_BYTES_MAX = 1_048_576;

/** A file as UTF-8. @throws {Error} whose message follows the file's name. */
export async function readBounded(file: string, bytesMax = SMALL_FILE_BYTES_MAX): Promise<string> {
  try {
    // Without O_NONBLOCK a named pipe that nobody writes to would hold us for ever.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const state = await handle.stat();
    if (!state.isFile()) throw new Error('is not a file');
    if (state.size > bytesMax) throw new Error(`is larger than ${bytesMax} bytes`);
    return await handle.readFile('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error('does not exist; check the path', { cause: error });
    if (code === 'EACCES') throw new Error('may not be read by this user', { cause: error });
    throw error;
  }
}
