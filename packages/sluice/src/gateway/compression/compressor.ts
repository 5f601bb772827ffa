/**
 * One reply's content on its way through zlib, brotli or zstd, on the thread pool: pieces go in, coded pieces come out, one call at a time. What has come while a call was under way goes in together with
 * the next. After each call everything that went in can be read by the client (a flush of the coder): with an origin that pauses the client has all it said, and one that does not pause is
 * faster than the coder, so that pieces are large and flushes cost nothing. Memory: what waits (the caller holds the origin back at `waitingBytes`), and the coder's own (256 KiB for gzip,
 * 1 MiB for brotli, up to 3 MiB for zstd), given back at the end.
 */
import { brotliCompressSync, constants, createBrotliCompress, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Coding } from '../../core/compression/accept-encoding.ts';

type CoderStream = ReturnType<typeof createGzip> | ReturnType<typeof createBrotliCompress> | ReturnType<typeof createZstdCompress>;

/** Coded pieces are at most this long; of short content shorter, for what is not filled is memory all the same. */
const PIECE_BYTES_MAX = 64 * 1024;
const PIECE_BYTES_MIN = 1024;

export interface CompressorOptions {
  readonly coding: Coding;
  readonly level: number;
  /** Of the content; -1: not known. */
  readonly length: number;
}

/** Who takes what comes out. `compress-client.ts` is it. */
export interface CompressorSink {
  /** Memory of its own. */
  onCoded(bytes: Buffer): void;
  /** A call is over; what went in has come out. */
  onTaken(): void;
  /** That was all. */
  onWhole(): void;
  onFailure(error: Error): void;
}

export class Compressor {
  /** What waits to go in. */
  waitingBytes = 0;
  private readonly stream: CoderStream;
  private readonly sink: CompressorSink;
  private waiting: Buffer[] = [];
  private isBusy = false;
  private isEnding = false;
  private isOver = false;

  constructor(options: CompressorOptions, sink: CompressorSink) {
    this.sink = sink;
    this.stream = coderFor(options);
    this.stream.on('data', (bytes: Buffer) => this.isOver || this.sink.onCoded(bytes));
    this.stream.on('end', () => this.whole());
    this.stream.on('error', (error: Error) => this.failed(error));
  }

  /** Takes a piece; a copy is made. It goes in with `go` or `finish`. */
  push(bytes: Buffer, start: number, end: number): void {
    if (start === end || this.isOver) return;
    this.waiting.push(Buffer.from(bytes.subarray(start, end)));
    this.waitingBytes += end - start;
  }

  /** Has what waits go in, now or after the call that is under way. */
  go(): void {
    if (this.isBusy || this.isOver || this.waitingBytes === 0) return;
    this.isBusy = true;
    const { waiting, waitingBytes } = this;
    this.waiting = [];
    this.waitingBytes = 0;
    const batch = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, waitingBytes);
    if (this.isEnding) this.stream.end(batch);
    else this.stream.write(batch, () => this.taken());
  }

  /** No more will come. */
  finish(): void {
    if (this.isEnding || this.isOver) return;
    this.isEnding = true;
    if (this.isBusy) return;
    if (this.waitingBytes > 0) this.go();
    else this.stream.end();
  }

  /** Nobody wants the rest. */
  destroy(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.waiting = [];
    this.waitingBytes = 0;
    this.stream.destroy();
  }

  private taken(): void {
    if (this.isOver) return;
    this.isBusy = false;
    if (this.isEnding && this.waitingBytes === 0) this.stream.end();
    else this.go();
    this.sink.onTaken();
  }

  private whole(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sink.onWhole();
  }

  private failed(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sink.onFailure(error);
  }
}

/** Codes short content at once: up to 16 KiB this takes less (some 5 µs for each KiB) than to have a thread do it (60 µs). `isQuick` says whether it may be done. */
export function compressNow(bytes: Buffer, { coding, level }: CompressorOptions): Buffer {
  const chunkSize = Math.max(PIECE_BYTES_MIN, bytes.length >> 1);
  switch (coding) {
    case 'gzip':
      return gzipSync(bytes, { level, chunkSize });
    case 'br':
      return brotliCompressSync(bytes, { chunkSize, params: brotliParams(level, bytes.length) });
    case 'zstd':
      return zstdCompressSync(bytes, { chunkSize, pledgedSrcSize: bytes.length, params: zstdParams(level) });
  }
}

const QUICK_BYTES_MAX = 16 * 1024;
/** Levels above these take milliseconds even for little. */
const QUICK_LEVELS: Readonly<Record<Coding, number>> = { gzip: 9, br: 5, zstd: 9 };

/** Content of this length, coded so, holds the event loop up for no longer than 0.1 ms. */
export function isQuick({ coding, level, length }: CompressorOptions): boolean {
  return length >= 0 && length <= QUICK_BYTES_MAX && level <= QUICK_LEVELS[coding];
}

function brotliParams(level: number, length: number): Record<number, number> {
  return {
    [constants.BROTLI_PARAM_QUALITY]: level,
    [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: Math.max(0, length),
  };
}

function zstdParams(level: number): Record<number, number> {
  return { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_BITS };
}

function coderFor({ coding, level, length }: CompressorOptions): CoderStream {
  const chunkSize = length < 0 ? PIECE_BYTES_MAX : Math.min(PIECE_BYTES_MAX, Math.max(PIECE_BYTES_MIN, length >> 1));
  switch (coding) {
    case 'gzip':
      return createGzip({ level, chunkSize, flush: constants.Z_SYNC_FLUSH });
    case 'br':
      return createBrotliCompress({ chunkSize, flush: constants.BROTLI_OPERATION_FLUSH, params: brotliParams(level, length) });
    case 'zstd': {
      const pledged = length < 0 ? {} : { pledgedSrcSize: length };
      return createZstdCompress({ chunkSize, flush: constants.ZSTD_e_flush, params: zstdParams(level), ...pledged });
    }
  }
}

/** 512 KiB; larger windows cost memory per reply, and win only on content that repeats itself from further away. */
const BROTLI_WINDOW_BITS = 19;
/** 1 MiB: far within the 8 MiB that clients have to have (RFC 9659 §3). */
const ZSTD_WINDOW_BITS = 20;
