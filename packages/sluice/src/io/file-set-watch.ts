/**
 * Says when one of several files holds other bytes than it did when it was read: certificates and keys, which are replaced by tools that tell nobody. Directories
 * are watched, as in `file-watch.ts`, and looked into once they have been quiet for a moment: a certificate and its key are two files.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { type FileState, fileState } from './file-state.ts';

/** Tools that renew write certificate and key within milliseconds of each other. */
const QUIET_MS = 500;

export interface FileSetWatchOptions {
  /** A file's bytes are others than before. */
  readonly changed: () => void;
  readonly failed: (directory: string, error: Error) => void;
  readonly quietMs?: number;
}

export class FileSetWatch {
  readonly #options: FileSetWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Directories in which something has happened. */
  readonly #stirred = new Set<string>();
  #digests = new Map<string, string>();
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: FileSetWatchOptions) {
    this.#options = options;
  }

  /** Watches these files from now on, and no others. What changed since their state was taken counts. */
  follow(files: readonly FileState[]): void {
    if (this.#isStopped) return;
    this.#digests = new Map(files.map(({ path, digest }) => [path, digest]));
    const directories = new Set(files.map(({ path }) => dirname(path)));
    for (const [directory, watcher] of this.#watchers) {
      if (directories.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of directories) {
      if (!this.#watchers.has(directory)) this.#open(directory);
      this.#stir(directory);
    }
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #open(directory: string): void {
    try {
      const watcher = watch(directory, () => this.#stir(directory));
      watcher.on('error', (error) => this.#options.failed(directory, error));
      this.#watchers.set(directory, watcher);
    } catch (error) {
      this.#options.failed(directory, error as Error);
    }
  }

  #stir(directory: string): void {
    this.#stirred.add(directory);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), this.#options.quietMs ?? QUIET_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const digests = this.#digests;
    const paths = [...digests.keys()].filter((path) => this.#stirred.has(dirname(path)));
    this.#stirred.clear();
    const states = await Promise.all(paths.map(fileState));
    if (this.#isStopped || digests !== this.#digests) return;
    let isChanged = false;
    for (const { path, digest } of states) {
      // A file that is not there is in the middle of its replacement.
      if (digest === '' || digest === digests.get(path)) continue;
      digests.set(path, digest);
      isChanged = true;
    }
    if (isChanged) this.#options.changed();
  }
}
