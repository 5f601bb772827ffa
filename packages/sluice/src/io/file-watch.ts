/**
 * Says when a file has changed. Watches its directory, since editors and deployments replace files instead of writing into them (and
 * Kubernetes replaces a link beside it), and waits until it has been quiet for a moment.
 */
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const QUIET_MS = 100;

/**
 * Watches until the result is called.
 * @param changed Called when the file's bytes are others than before.
 */
export function watchFile(path: string, changed: () => void, failed: (error: Error) => void): () => void {
  let before: Promise<Buffer | null> = readFile(path).catch(() => null);
  let timer: NodeJS.Timeout | null = null;
  const look = async (): Promise<void> => {
    const old = await before;
    const now = await readFile(path).catch(() => null);
    if (now === null || (old !== null && now.equals(old))) return;
    before = Promise.resolve(now);
    changed();
  };
  const watcher = watch(dirname(path), () => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => void look(), QUIET_MS);
  });
  watcher.on('error', failed);
  return () => {
    if (timer !== null) clearTimeout(timer);
    watcher.close();
  };
}
