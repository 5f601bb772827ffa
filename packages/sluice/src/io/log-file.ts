/**
 * A log that many lines go into and that never holds up who writes them: lines are gathered and appended by one asynchronous write at a
 * time, each at most `batchBytes` and soon after the first line. When the disk (or the reader of a pipe) is slower than that,
 * up to `bufferBytesMax` wait, and what comes after is dropped and counted. Files are opened for appending, so several workers may
 * share one and a rotated file is let go by `reopen`. To a pipe whole lines are written in pieces of PIPE_BUF, which POSIX keeps whole.
 * A line becomes bytes when it comes, in memory that is used again: kept as strings, lines and what they were made of outlive collections of garbage.
 */
import { close, fstat, open, write } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);

export interface LogFileOptions {
  /** `stdout`, `stderr` or a file's path. */
  readonly target: string;
  /** Told of a failure once, and again only after something was written in between. */
  readonly onError: (error: Error) => void;
  /** Told how many lines were dropped since the last call, at most once per batch. */
  readonly onDropped?: (lines: number) => void;
  /** Longest wait of a line. Default 50 ms. */
  readonly delayMs?: number;
  /** Default 64 KiB. */
  readonly batchBytes?: number;
  /** Bytes that may wait. Default 4 MiB. */
  readonly bufferBytesMax?: number;
}

const STANDARD: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };
/** Linux's PIPE_BUF. */
const PIPE_BATCH_BYTES = 4_096;
const RETRY_MS = 20;

/** Whole lines that go out by one write. */
interface Batch {
  readonly bytes: Buffer;
  length: number;
  lines: number;
}

/** Batches that are kept for the next lines. */
const SPARE_MAX = 4;

/** An open log. Make one with `openLogFile`. */
export class LogFile {
  readonly #options: LogFileOptions;
  readonly #delayMs: number;
  readonly #bufferBytesMax: number;
  #descriptor: number;
  #batchBytes: number;
  /** What waits, oldest first; lines are added to the last. */
  #batches: Batch[] = [];
  readonly #spare: Batch[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #droppedTotal = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #failing = false;
  #closed = false;
  #abandoned = false;

  constructor(options: LogFileOptions, descriptor: number, batchBytes: number) {
    this.#options = options;
    this.#descriptor = descriptor;
    this.#batchBytes = batchBytes;
    this.#delayMs = options.delayMs ?? 50;
    this.#bufferBytesMax = options.bufferBytesMax ?? 4 * 1_024 * 1_024;
  }

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#droppedTotal;
  }

  /** Takes a line (with its line feed; ASCII, so that its length is its size) and returns at once; false when it was dropped. */
  write(line: string): boolean {
    if (this.#closed || this.#waitingBytes + line.length > this.#bufferBytesMax) {
      this.#drop(1);
      return false;
    }
    const batch = this.#batchFor(line.length);
    batch.length += batch.bytes.write(line, batch.length, 'latin1');
    batch.lines++;
    this.#waitingBytes += line.length;
    if (this.#waitingBytes >= this.#batchBytes) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#delayMs);
    return true;
  }

  /** Opens the path anew (after a rotation). On failure the old file stays in use and `onError` is told. */
  async reopen(): Promise<void> {
    if (this.#closed || this.#options.target in STANDARD) return;
    try {
      const opened = await openFile(this.#options.target, 'a', 0o640);
      // Nothing may be in the middle of a write to the old descriptor when it is closed.
      while (this.#writing !== null) await this.#writing;
      const old = this.#descriptor;
      this.#descriptor = opened;
      await closeFile(old);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Writes what waits and closes; what cannot be written within `deadlineMs` is dropped. */
  async close(deadlineMs = 2_000): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    let overdue: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      overdue = setTimeout(() => {
        this.#abandon();
        resolve();
      }, deadlineMs);
    });
    this.#start();
    await Promise.race([this.#writing, deadline]);
    clearTimeout(overdue);
    if (!this.#abandoned && !(this.#options.target in STANDARD)) await closeFile(this.#descriptor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
      // A line that came between the last look and now: whoever brought it saw a writer at work.
      if (this.#waitingBytes > 0) this.#timer ??= setTimeout(() => this.#start(), this.#delayMs);
    });
  }

  async #writeAll(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      await this.#append(batch.bytes.subarray(0, batch.length), batch.lines);
      this.#waitingBytes -= batch.length;
      this.#giveBack(batch);
      if (this.#dropped > 0) {
        this.#options.onDropped?.(this.#dropped);
        this.#dropped = 0;
      }
      if (!this.#closed && this.#waitingBytes < this.#batchBytes) break;
    }
  }

  /** The last batch, or another one where it has no room. One line may be longer than a batch: it is one by itself. */
  #batchFor(length: number): Batch {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.length + length <= this.#batchBytes) return last;
    const isLong = length > this.#batchBytes;
    const bytes = (): Buffer => Buffer.allocUnsafeSlow(isLong ? length : this.#batchBytes);
    const batch = (isLong ? undefined : this.#spare.pop()) ?? { bytes: bytes(), length: 0, lines: 0 };
    this.#batches.push(batch);
    return batch;
  }

  #giveBack(batch: Batch): void {
    batch.length = 0;
    batch.lines = 0;
    if (this.#spare.length < SPARE_MAX && batch.bytes.length === this.#batchBytes) this.#spare.push(batch);
  }

  async #append(bytes: Buffer, lines: number): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      const { error, written } = await writeOnce(this.#descriptor, bytes, offset);
      offset += written;
      if (error === null) continue;
      if (error.code !== 'EAGAIN' && error.code !== 'EINTR') {
        this.#fail(error);
        this.#drop(lines);
        return;
      }
      if (this.#abandoned) return this.#drop(lines);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.#failing = false;
  }

  /** Lets go of everything; a write that hangs in the kernel keeps its descriptor. */
  #abandon(): void {
    this.#abandoned = true;
    this.#drop(this.#batches.reduce((sum, { lines }) => sum + lines, 0));
    this.#batches = [];
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#droppedTotal += lines;
  }

  #fail(error: Error): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#options.onError(
      new Error(`log "${this.#options.target}": ${error.message}; lines are dropped until it can be written`, { cause: error }),
    );
  }
}

/** Opens a log for appending. @throws when the file cannot be opened. */
export async function openLogFile(options: LogFileOptions): Promise<LogFile> {
  const descriptor = STANDARD[options.target] ?? (await openFile(options.target, 'a', 0o640));
  const isRegular = (await statFile(descriptor)).isFile();
  return new LogFile(options, descriptor, Math.min(options.batchBytes ?? 65_536, isRegular ? 65_536 : PIPE_BATCH_BYTES));
}

function writeOnce(descriptor: number, bytes: Buffer, offset: number): Promise<{ error: NodeJS.ErrnoException | null; written: number }> {
  return new Promise((resolve) => {
    write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) => resolve({ error, written: written ?? 0 }));
  });
}
