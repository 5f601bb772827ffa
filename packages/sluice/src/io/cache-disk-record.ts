/**
 * A reply of the cache as bytes: a file of the disk tier, a value of the store that nodes share. A header with everything about it, then the body in frames, each with its own checksum, so that
 * no byte is passed on before it has been checked.
 *
 *     u32 magic | u16 version | u16 kind | u32 header bytes | u32 epoch | i64 born | u32 status | i32 flags | 5 × f64 times | f64 body bytes | u32 key, head, tags bytes | texts | u32 CRC
 *     { up to 65,536 bytes of the body | u32 CRC } …
 *
 * Little-endian. Checksums are CRC-32, each begun with the one before it: frames that change places, or stand behind another header, are found out. They find faults of the medium, not forgeries:
 * who can write to the directory or the store is trusted.
 */
import { crc32 } from 'node:zlib';
import type { EntryKind, EntryMeta } from '../core/caching/memory/memory-store.ts';

const MAGIC = 0x43_4c_53_01;
const VERSION = 1;
const FIXED_BYTES = 96;
/** Key, head and tags at their bounds, twice over. */
const HEADER_BYTES_MAX = 1_048_576;
/** Body bytes of a frame. */
export const FRAME_BYTES = 65_536;
export const CRC_BYTES = 4;
/** Enough to learn how long a header is. */
export const PRELUDE_BYTES = 12;

export interface DiskRecord {
  readonly key: string;
  readonly meta: EntryMeta;
  /** The clock of purges when it was stored. */
  readonly born: bigint;
  readonly epoch: number;
  /** Where the body's frames begin. */
  readonly headerBytes: number;
  /** Of the header: the first frame's begins with it. */
  readonly crc: number;
}

/** The bytes before the body. @param meta Its `bodyBytes` are known. */
export function recordHeader(key: string, meta: EntryMeta, born: bigint, epoch: number): Buffer {
  const keyBytes = Buffer.from(key, 'utf8');
  const headBytes = Buffer.from(meta.head, 'utf8');
  const tagBytes = Buffer.from(meta.tags.join('\n'), 'utf8');
  const length = FIXED_BYTES + keyBytes.length + headBytes.length + tagBytes.length + CRC_BYTES;
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt16LE(VERSION, 4);
  bytes.writeUInt16LE(meta.kind, 6);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(epoch, 12);
  bytes.writeBigInt64LE(born, 16);
  bytes.writeUInt32LE(meta.status, 24);
  bytes.writeInt32LE(meta.flags, 28);
  bytes.writeDoubleLE(meta.receivedAt, 32);
  bytes.writeDoubleLE(meta.initialAgeMs, 40);
  bytes.writeDoubleLE(meta.freshForMs, 48);
  bytes.writeDoubleLE(meta.staleWhileRevalidateMs, 56);
  bytes.writeDoubleLE(meta.staleIfErrorMs, 64);
  bytes.writeDoubleLE(meta.bodyBytes, 72);
  bytes.writeUInt32LE(keyBytes.length, 80);
  bytes.writeUInt32LE(headBytes.length, 84);
  bytes.writeUInt32LE(tagBytes.length, 88);
  bytes.writeUInt32LE(0, 92);
  let at = FIXED_BYTES;
  for (const text of [keyBytes, headBytes, tagBytes]) at += text.copy(bytes, at);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at);
  return bytes;
}

/** How long the header is; -1 where this is none of ours. @param bytes At least `PRELUDE_BYTES`. */
export function headerLength(bytes: Buffer): number {
  if (bytes.length < PRELUDE_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt16LE(4) !== VERSION) return -1;
  const length = bytes.readUInt32LE(8);
  return length < FIXED_BYTES + CRC_BYTES || length > HEADER_BYTES_MAX ? -1 : length;
}

/** Reads a header that is there as a whole; null where it is not what was written. */
export function readRecord(bytes: Buffer): DiskRecord | null {
  const headerBytes = headerLength(bytes);
  if (headerBytes < 0 || bytes.length < headerBytes) return null;
  const end = headerBytes - CRC_BYTES;
  const crc = bytes.readUInt32LE(end);
  if (crc32(bytes.subarray(0, end)) !== crc) return null;
  const keyEnd = FIXED_BYTES + bytes.readUInt32LE(80);
  const headEnd = keyEnd + bytes.readUInt32LE(84);
  const tagEnd = headEnd + bytes.readUInt32LE(88);
  if (tagEnd !== end) return null;
  const meta: EntryMeta = {
    kind: bytes.readUInt16LE(6) as EntryKind,
    status: bytes.readUInt32LE(24),
    flags: bytes.readInt32LE(28),
    receivedAt: bytes.readDoubleLE(32),
    initialAgeMs: bytes.readDoubleLE(40),
    freshForMs: bytes.readDoubleLE(48),
    staleWhileRevalidateMs: bytes.readDoubleLE(56),
    staleIfErrorMs: bytes.readDoubleLE(64),
    bodyBytes: bytes.readDoubleLE(72),
    head: bytes.toString('utf8', keyEnd, headEnd),
    tags: headEnd === tagEnd ? [] : bytes.toString('utf8', headEnd, tagEnd).split('\n'),
  };
  return {
    key: bytes.toString('utf8', FIXED_BYTES, keyEnd),
    meta,
    born: bytes.readBigInt64LE(16),
    epoch: bytes.readUInt32LE(12),
    headerBytes,
    crc,
  };
}

/** Of the whole record. */
export function recordBytes(headerBytes: number, bodyBytes: number): number {
  return headerBytes + bodyBytes + Math.ceil(bodyBytes / FRAME_BYTES) * CRC_BYTES;
}

/** Turns a body, in pieces of any size, into frames. */
export class FrameWriter {
  readonly #frame = Buffer.allocUnsafe(FRAME_BYTES + CRC_BYTES);
  #at = 0;
  #crc: number;

  /** @param crc Of the header. */
  constructor(header: Buffer) {
    this.#crc = header.readUInt32LE(header.length - CRC_BYTES);
  }

  /** Takes of a piece what there is room for. @returns How much; when `isFull`, `take` comes first. */
  add(piece: Uint8Array, from: number): number {
    const count = Math.min(piece.length - from, FRAME_BYTES - this.#at);
    this.#frame.set(piece.subarray(from, from + count), this.#at);
    this.#at += count;
    return count;
  }

  get isFull(): boolean {
    return this.#at === FRAME_BYTES;
  }

  get isEmpty(): boolean {
    return this.#at === 0;
  }

  /** The frame, with its checksum; to be used up before the next `add`. */
  take(): Buffer {
    this.#crc = crc32(this.#frame.subarray(0, this.#at), this.#crc);
    this.#frame.writeUInt32LE(this.#crc, this.#at);
    const bytes = this.#frame.subarray(0, this.#at + CRC_BYTES);
    this.#at = 0;
    return bytes;
  }
}

/** Checks frames, one after the other. */
export class FrameReader {
  #crc: number;
  #left: number;

  constructor({ crc, meta }: DiskRecord) {
    this.#crc = crc;
    this.#left = meta.bodyBytes;
  }

  /** Bytes of the next frame with its checksum; 0 at the end. */
  get next(): number {
    return this.#left === 0 ? 0 : Math.min(FRAME_BYTES, this.#left) + CRC_BYTES;
  }

  /** The body's bytes of a frame; null where they are not what was written. @param frame `next` long. */
  check(frame: Buffer): Buffer | null {
    const end = frame.length - CRC_BYTES;
    const bytes = frame.subarray(0, end);
    this.#crc = crc32(bytes, this.#crc);
    if (this.#crc !== frame.readUInt32LE(end)) return null;
    this.#left -= end;
    return bytes;
  }
}

/** A whole record: one buffer. */
export function wholeRecord(header: Buffer, bodyBytes: number, body: Iterable<Uint8Array>): Buffer {
  const parts: Buffer[] = [header];
  const frames = new FrameWriter(header);
  for (const piece of body)
    for (let from = 0; from < piece.length;) {
      from += frames.add(piece, from);
      if (frames.isFull) parts.push(Buffer.from(frames.take()));
    }
  if (!frames.isEmpty) parts.push(frames.take());
  return Buffer.concat(parts, recordBytes(header.length, bodyBytes));
}

/** The checked body of a whole record; null where it is not what was written. */
export function wholeBody(bytes: Buffer, record: DiskRecord): readonly Buffer[] | null {
  if (bytes.length !== recordBytes(record.headerBytes, record.meta.bodyBytes)) return null;
  const frames = new FrameReader(record);
  const pieces: Buffer[] = [];
  for (let at = record.headerBytes; frames.next > 0;) {
    const length = frames.next;
    const piece = frames.check(bytes.subarray(at, at + length));
    if (piece === null) return null;
    pieces.push(piece);
    at += length;
  }
  return pieces;
}
