/**
 * Follows a log file that an instance writes by itself, for its lines and for its rotation. The program holds the file open for appending, so it is
 * rotated by copy and truncation: what it writes between the two is lost (microseconds). While nobody follows, the file grows.
 * Looked at twice a second (an `fstat`, 1 µs); what was written in between beyond 1 MiB is left out of the lines, not out of the file.
 */
import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { shiftLogs } from './instance-logs.ts';
import { LineChunks, type LineBudget } from './process-output.ts';

export interface LogTailOptions {
  readonly path: string;
  /** Opened for reading and appending; the tail closes it. */
  readonly file: FileHandle;
  readonly fileBytes: number;
  readonly files: number;
  readonly budget: LineBudget;
  /** Told once. */
  readonly trouble: (reason: string) => void;
}

const PIECE_BYTES = 65_536;
const READ_BYTES_MAX = 1_048_576;
/** While a program writes faster than we read, the truncation must come all the same. */
const CUT_PIECES_MAX = 16;

export class LogTail {
  readonly #options: LogTailOptions;
  readonly #chunks = new LineChunks();
  #offset: number;
  #looking: Promise<void> | null = null;
  #isClosed = false;
  #hasTrouble = false;

  /** Follows from the end of the file on. */
  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#offset = fstatSync(options.file.fd).size;
  }

  /** Looks for what is new; harmless while it is still at it. */
  look(): void {
    if (this.#looking !== null || this.#isClosed || this.#isAsItWas()) return;
    this.#looking = this.#follow().finally(() => (this.#looking = null));
  }

  #isAsItWas(): boolean {
    try {
      const { size } = fstatSync(this.#options.file.fd);
      return size === this.#offset && size < this.#options.fileBytes;
    } catch {
      return false; // why, the next reading says
    }
  }

  /** Gives what is left, and closes the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#looking;
    await this.#follow();
    this.#options.budget.take('stdout', this.#chunks.rest());
    this.#options.budget.end();
    await this.#options.file.close();
  }

  async #follow(): Promise<void> {
    const { file, fileBytes, budget, trouble } = this.#options;
    try {
      const { size } = await file.stat();
      if (size < this.#offset) this.#offset = 0; // somebody else truncated it
      if (size - this.#offset > READ_BYTES_MAX) {
        budget.leaveOut(size - READ_BYTES_MAX - this.#offset);
        this.#offset = size - READ_BYTES_MAX;
      }
      while (await this.#readPiece());
      if (this.#offset >= fileBytes) await this.#rotate();
    } catch (error) {
      if (!this.#hasTrouble)
        trouble(`log ${this.#options.path}: ${(error as Error).message}; its rotation waits until it can be read and written`);
      this.#hasTrouble = true;
    }
  }

  /** @returns Whether there may be more. */
  async #readPiece(): Promise<boolean> {
    const { bytesRead, buffer } = await this.#options.file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, this.#offset);
    if (bytesRead === 0) return false;
    this.#offset += bytesRead;
    this.#options.budget.take('stdout', this.#chunks.push(buffer.subarray(0, bytesRead)));
    return bytesRead === PIECE_BYTES;
  }

  /** Copies at most twice the bound: a flood between two looks must not be copied as a whole. */
  async #rotate(): Promise<void> {
    const { path, file, fileBytes, files } = this.#options;
    if (files === 0) return this.#cut(null);
    await shiftLogs(path, files, { keepsFirst: true });
    // Anew, so that nobody's link is followed.
    await rm(`${path}.1`, { force: true });
    const copy = await open(`${path}.1`, 'wx', 0o600);
    try {
      await copyPart(file, copy, Math.max(0, this.#offset - 2 * fileBytes), this.#offset);
      this.#cut(copy);
    } finally {
      await copy.close();
    }
  }

  /** What came meanwhile, and the truncation, without giving way in between: what is written in those few microseconds is lost. */
  #cut(copy: FileHandle | null): void {
    const { file, budget } = this.#options;
    for (let pieces = 0; pieces < CUT_PIECES_MAX; pieces++) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const bytes = readSync(file.fd, piece, 0, PIECE_BYTES, this.#offset);
      if (bytes === 0) break;
      this.#offset += bytes;
      if (copy !== null) writeSync(copy.fd, piece, 0, bytes);
      budget.take('stdout', this.#chunks.push(piece.subarray(0, bytes)));
    }
    ftruncateSync(file.fd, 0);
    this.#offset = 0;
  }
}

async function copyPart(from: FileHandle, to: FileHandle, start: number, end: number): Promise<void> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (let offset = start; offset < end;) {
    const { bytesRead } = await from.read(piece, 0, Math.min(PIECE_BYTES, end - offset), offset);
    if (bytesRead === 0) return;
    await to.write(piece, 0, bytesRead);
    offset += bytesRead;
  }
}
