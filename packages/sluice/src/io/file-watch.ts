/**
 * Says when a file has changed. Watches its directory, since editors and deployments replace files instead of writing into them (and
 * Kubernetes replaces a link beside it), and waits until it has been quiet for a moment.
 */
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';

const QUIET_MS = 100;

export interface FileWatch {
  /** Begins to watch; a change since the watch was made counts. */
  start(): void;
  stop(): void;
}

/**
 * Remembers the file as it is now.
 * @param changed Called when the file's bytes are others than before.
 */
export function watchFile(path: string, changed: () => void, failed: (error: Error) => void): FileWatch {
  let before = readNow(path);
  let timer: NodeJS.Timeout | null = null;
  let watcher: FSWatcher | null = null;
  const look = (): void => {
    const now = readNow(path);
    if (now === null || (before !== null && now.equals(before))) return;
    before = now;
    changed();
  };
  const lookSoon = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(look, QUIET_MS);
  };
  return {
    start: () => {
      watcher = watch(dirname(path), lookSoon);
      watcher.on('error', failed);
      lookSoon();
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      watcher?.close();
    },
  };
}

/** Null while there is no such file, as in the middle of its replacement. */
function readNow(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
