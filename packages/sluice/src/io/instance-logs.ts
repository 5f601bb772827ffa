/**
 * The log file of one instance: appended to, rotated by size (`web.1.log`, `web.1.log.1` the youngest of the old…), readable by its owner alone.
 * A disk that is full or cannot be written to is told once; what comes then is dropped, the instance goes on, and a new try is made each second.
 */
import { constants, mkdirSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface InstanceLogOptions {
  readonly path: string;
  /** Rotated from this size on, in bytes. */
  readonly fileBytes: number;
  /** Old ones that are kept. */
  readonly files: number;
  /** Told once, and again only after something was written in between. */
  readonly trouble: (reason: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Nobody follows a link that was put in the log's place. */
const OPEN_FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const WAITING_BYTES_MAX = 1_048_576;
const WAITING_BYTES_LOW = 262_144;
const RETRY_MS = 1_000;

/** Opens a log for appending, with the directories above it. */
export async function openLog(path: string): Promise<FileHandle> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, OPEN_FLAGS, 0o600);
}

/** For a program whose log cannot be opened. */
export function openNowhere(): Promise<FileHandle> {
  return open('/dev/null', 'r+');
}

/** Each old one gets the next number, the last one goes; `path` itself becomes the first of the old ones, unless it stays. */
export async function shiftLogs(path: string, files: number, { keepsFirst = false } = {}): Promise<void> {
  if (files === 0) return keepsFirst ? undefined : rm(path, { force: true });
  for (let number = files - 1; number >= (keepsFirst ? 1 : 0); number--) {
    await rename(number === 0 ? path : `${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing);
  }
}

export class InstanceLog {
  readonly #options: InstanceLogOptions;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #file: FileHandle | null = null;
  #fileBytes = 0;
  #writing: Promise<void> | null = null;
  #drained: (() => void)[] = [];
  #failedAt: number | null = null;

  constructor(options: InstanceLogOptions) {
    this.#options = options;
  }

  /** Takes the bytes and returns at once. @returns False when so much waits that the writer should wait for `drained`. */
  write(bytes: Buffer): boolean {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
    return this.#waitingBytes < WAITING_BYTES_MAX;
  }

  /** Resolves when there is room again. */
  drained(): Promise<void> {
    if (this.#waitingBytes <= WAITING_BYTES_LOW) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Writes what waits, and closes. */
  async close(): Promise<void> {
    await this.settled();
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  async #writeAll(): Promise<void> {
    // What one turn brings is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      const bytes = this.#waitingBytes;
      this.#waiting = [];
      await this.#append(batch, bytes);
      this.#waitingBytes -= bytes;
      if (this.#waitingBytes <= WAITING_BYTES_LOW) for (const resolve of this.#drained.splice(0)) resolve();
    }
  }

  async #append(batch: readonly Buffer[], bytes: number): Promise<void> {
    const { now } = this.#options;
    if (this.#failedAt !== null && this.#file === null && now() - this.#failedAt < RETRY_MS) return;
    try {
      const file = await this.#ready();
      const { bytesWritten } = await file.writev(batch);
      if (bytesWritten < bytes) throw new Error('ENOSPC: no space left on device');
      this.#fileBytes += bytes;
      this.#failedAt = null;
    } catch (error) {
      await this.#fail(error as Error);
    }
  }

  async #ready(): Promise<FileHandle> {
    const { path, fileBytes, files } = this.#options;
    if (this.#file !== null && this.#fileBytes >= fileBytes) {
      await this.#file.close();
      this.#file = null;
      await shiftLogs(path, files);
    }
    if (this.#file === null) {
      this.#file = await openLog(path);
      this.#fileBytes = (await this.#file.stat()).size;
    }
    return this.#file;
  }

  async #fail(error: Error): Promise<void> {
    if (this.#failedAt === null) {
      this.#options.trouble(
        `log ${this.#options.path}: ${error.message}; output is not kept until it can be written (make room, or set logs.directory)`,
      );
    }
    this.#failedAt = this.#options.now();
    await this.#file?.close().catch(() => {});
    this.#file = null;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
