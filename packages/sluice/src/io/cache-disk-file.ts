/**
 * Files of the disk tier, read and written. Small ones are read at once, with one read that brings header and body; of others the header is checked first and the body comes frame by frame.
 * Nothing is synced: what a crash of the machine tears is found by its checksums and dropped.
 */
import { close, closeSync, open, read, rename, unlink, writev, write, type PathLike } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { DiskName } from '../core/caching/tier/disk-index.ts';
import {
  CRC_BYTES,
  type DiskRecord,
  FRAME_BYTES,
  FrameReader,
  FrameWriter,
  headerLength,
  PRELUDE_BYTES,
  readRecord,
  recordBytes,
} from './cache-disk-record.ts';
import { diskFolder, diskPath } from './cache-disk-place.ts';

/** Read at once. */
const FIRST_BYTES_MAX = 160 * 1024;

export type DiskReading =
  | {
      readonly kind: 'found';
      readonly record: DiskRecord;
      readonly body: AsyncIterable<Uint8Array>;
      /** Where it is not read. */ discard(): void;
    }
  /** No such file. */
  | { readonly kind: 'absent' }
  /** Not what was written. */
  | { readonly kind: 'torn' };

/** Of a larger one, at a time: four frames. */
const READ_BYTES = 4 * (FRAME_BYTES + CRC_BYTES);

/** Says that a frame is not what was written. */
export class TornFile extends Error {
  override readonly name = 'TornFile';
}

/** Opens and checks a file. @param expected Its bytes, about. @throws what the file system says. */
export async function readDiskFile(path: string, expected: number): Promise<DiskReading> {
  const fd = await opened(path, 'r');
  if (fd < 0) return { kind: 'absent' };
  let isKept = false;
  try {
    const first = Buffer.allocUnsafe(Math.min(FIRST_BYTES_MAX, Math.max(expected, 4_096)));
    let bytes = first.subarray(0, await readAt(fd, first, 0, first.length, 0));
    const length = headerLength(bytes);
    if (length < 0) return { kind: 'torn' };
    if (length > bytes.length) {
      const longer = Buffer.allocUnsafe(length);
      bytes = longer.subarray(0, await readAt(fd, longer, 0, length, 0));
    }
    const record = readRecord(bytes);
    if (record === null) return { kind: 'torn' };
    const whole = recordBytes(record.headerBytes, record.meta.bodyBytes);
    if (bytes.length >= whole) return bytes.length > whole ? { kind: 'torn' } : smallReading(bytes, record);
    isKept = true;
    const body = new FileBody(fd, record, bytes);
    return { kind: 'found', record, body, discard: () => body.close() };
  } finally {
    if (!isKept) closed(fd);
  }
}

/** The header of a file alone; null where there is none, or it is not what was written. @returns With it, the bytes of the file that it speaks of. */
export async function readDiskHeader(path: string): Promise<{ readonly record: DiskRecord; readonly bytes: number } | null> {
  const fd = await opened(path, 'r');
  if (fd < 0) return null;
  try {
    let bytes = Buffer.allocUnsafe(4_096);
    bytes = bytes.subarray(0, await readAt(fd, bytes, 0, bytes.length, 0));
    const length = bytes.length < PRELUDE_BYTES ? -1 : headerLength(bytes);
    if (length > bytes.length) {
      bytes = Buffer.allocUnsafe(length);
      bytes = bytes.subarray(0, await readAt(fd, bytes, 0, length, 0));
    }
    const record = length < 0 ? null : readRecord(bytes);
    return record === null ? null : { record, bytes: recordBytes(record.headerBytes, record.meta.bodyBytes) };
  } finally {
    closed(fd);
  }
}

/** Writes a file under a name of its own. @throws what the file system says; then there is none. */
export async function writeDiskFile(path: string, header: Buffer, body: Iterable<Uint8Array>): Promise<void> {
  const fd = await opened(path, 'wx');
  let isWhole = false;
  try {
    const frames = new FrameWriter(header);
    let waiting: Buffer | null = header;
    let at = 0;
    const put = async (): Promise<void> => {
      const frame = frames.take();
      at += await writtenAt(fd, waiting === null ? [frame] : [waiting, frame], at);
      waiting = null;
    };
    for (const piece of body)
      for (let from = 0; from < piece.length;) {
        from += frames.add(piece, from);
        if (frames.isFull) await put();
      }
    if (!frames.isEmpty) await put();
    else if (waiting !== null) await writtenAt(fd, [waiting], at);
    isWhole = true;
  } finally {
    close(fd, () => {}); // what was written may have to go to the disk first
    if (!isWhole) unlink(path, () => {});
  }
}

/** Puts a file that was written in its place. @throws what the file system says. */
export async function placeDiskFile(from: string, directory: string, name: DiskName): Promise<void> {
  const to = diskPath(directory, name);
  if (await renamed(from, to)) return;
  await mkdir(diskFolder(directory, name), { recursive: true, mode: 0o700 });
  if (!(await renamed(from, to))) throw new Error(`${from} is gone`);
}

/** Removes a file; one that is not there is gone already. @throws what else the file system says. */
export function removeDiskFile(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    unlink(path, (error) => (error === null || error.code === 'ENOENT' ? resolve() : reject(error)));
  });
}

/** Checked before anything of it is passed on. */
function smallReading(bytes: Buffer, record: DiskRecord): DiskReading {
  const frames = new FrameReader(record);
  const pieces: Buffer[] = [];
  for (let at = record.headerBytes; frames.next > 0;) {
    const { next } = frames;
    const piece = frames.check(bytes.subarray(at, at + next));
    if (piece === null) return { kind: 'torn' };
    pieces.push(piece);
    at += next;
  }
  return { kind: 'found', record, body: piecesOf(pieces), discard() {} };
}

async function* piecesOf(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** The body of an open file, a frame at a time; closes the file at its end, whichever that is. */
class FileBody implements AsyncIterable<Uint8Array> {
  #fd: number;
  readonly #record: DiskRecord;
  readonly #first: Buffer;

  constructor(fd: number, record: DiskRecord, first: Buffer) {
    this.#fd = fd;
    this.#record = record;
    this.#first = first;
  }

  close(): void {
    if (this.#fd >= 0) closed(this.#fd);
    this.#fd = -1;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      const frames = new FrameReader(this.#record);
      let at = this.#record.headerBytes;
      const end = recordBytes(at, this.#record.meta.bodyBytes);
      let bytes = this.#first;
      let bytesAt = 0;
      while (frames.next > 0) {
        if (at + frames.next > bytesAt + bytes.length) {
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
          bytes = buffer.subarray(0, await readAt(this.#fd, buffer, 0, buffer.length, at));
          bytesAt = at;
          if (frames.next > bytes.length) throw new TornFile('it ends too early');
        }
        const frame = bytes.subarray(at - bytesAt, at - bytesAt + frames.next);
        const piece = frames.check(frame);
        if (piece === null) throw new TornFile('a checksum does not hold');
        yield piece;
        at += frame.length;
      }
    } finally {
      this.close();
    }
  }
}

/** -1: there is no such file. */
function opened(path: PathLike, flags: 'r' | 'wx'): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, flags, 0o600, (error, fd) => {
      if (error === null) resolve(fd);
      else if (error.code === 'ENOENT' && flags === 'r') resolve(-1);
      else reject(error);
    });
  });
}

/** At once: closing what was read does not wait for the disk, and the thread pool costs more. */
function closed(fd: number): void {
  closeSync(fd);
}

/** Reads until `length` bytes are there, or the file ends. */
function readAt(fd: number, into: Buffer, offset: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      read(fd, into, offset + done, length - done, position + done, (error, count) => {
        if (error !== null) reject(error);
        else if (count === 0 || done + count === length) resolve(done + count);
        else step(done + count);
      });
    };
    step(0);
  });
}

/** Writes all of it. */
function writtenAt(fd: number, parts: readonly Buffer[], position: number): Promise<number> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  return new Promise((resolve, reject) => {
    const rest = (bytes: Buffer, done: number): void => {
      write(fd, bytes, done, bytes.length - done, position + done, (error, count) => {
        if (error !== null) reject(error);
        else if (done + count === total) resolve(total);
        else if (count === 0) reject(new Error('the disk takes no more'));
        else rest(bytes, done + count);
      });
    };
    writev(fd, parts, position, (error, count) => {
      if (error !== null) reject(error);
      else if (count === total) resolve(total);
      else rest(Buffer.concat(parts), count);
    });
  });
}

/** False: there is no such file, or no such directory. */
function renamed(from: string, to: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    rename(from, to, (error) => {
      if (error === null) resolve(true);
      else if (error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}
