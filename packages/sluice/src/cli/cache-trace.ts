/** Reads a log for `sluice cache simulate` as a stream, line by line, gzip undone: a file, or standard input. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ReplayTrace } from '../core/caching/eviction/replay.ts';
import { LineSplitter } from '../io/lines.ts';
import { TraceBuilder } from './cache-trace-builder.ts';
import { type LineFormat, lineFormat, readLine } from './cache-trace-line.ts';
import { CommandFault, EXIT_FAILED } from './console.ts';

/** `u32be`: big-endian unsigned 32-bit integers, one for each request, as simulators of caches exchange them. */
export const TRACE_FORMATS = ['json', 'combined', 'keys', 'u32be'] as const;

export type TraceFormat = (typeof TRACE_FORMATS)[number];

export interface ReadTrace {
  readonly trace: ReplayTrace;
  readonly format: TraceFormat;
  /** Lines of requests that no cache answers. */
  readonly others: number;
  readonly unreadable: number;
}

const WORD_BYTES = 4;

/**
 * Reads the whole log.
 * @param path A file, unpacked when its name ends in `.gz`; `-` is standard input. @param format Null finds it out.
 * @throws {CommandFault}
 */
export async function readTrace(path: string, format: TraceFormat | null): Promise<ReadTrace> {
  if (path.endsWith('.xz') || path.endsWith('.zst'))
    throw fault(
      `${path}: only gzip is unpacked here; unpack it before: ${path.endsWith('.xz') ? 'xz' : 'zstd'} -dc ${path} | sluice cache simulate -`,
    );
  const reader = format === 'u32be' ? new WordReader() : new LineReader(format);
  const source = path === '-' ? process.stdin : createReadStream(path);
  const take = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) reader.take(chunk);
  };
  try {
    await (path.endsWith('.gz') ? pipeline(source, createGunzip(), take) : pipeline(source, take));
    return reader.end();
  } catch (error) {
    throw fault(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fault(line: string): CommandFault {
  return new CommandFault([line], EXIT_FAILED);
}

class LineReader {
  readonly #builder = new TraceBuilder();
  readonly #lines = new LineSplitter((line) => this.#read(line));
  #format: LineFormat | null;
  #isFirst = true;
  #others = 0;
  #unreadable = 0;

  constructor(format: LineFormat | null) {
    this.#format = format;
  }

  take(chunk: Buffer): void {
    if (this.#isFirst && this.#format === null && chunk.includes(0))
      throw new Error('is no text; for keys of 32 bits, big-endian, add --format u32be');
    this.#isFirst = false;
    // Keys are compared, not shown: whatever the encoding is, bytes that are the same are the same here.
    this.#lines.push(chunk.toString('latin1'));
  }

  end(): ReadTrace {
    this.#lines.end();
    return { trace: this.#builder.build(), format: this.#format ?? 'keys', others: this.#others, unreadable: this.#unreadable };
  }

  #read(line: string): void {
    if (line === '') return;
    this.#format ??= lineFormat(line);
    const request = readLine(line, this.#format);
    if (request === 'other') this.#others++;
    else if (request === 'unreadable') this.#unreadable++;
    else this.#builder.add(request.key, request.bytes);
  }
}

class WordReader {
  readonly #builder = new TraceBuilder();
  /** The beginning of a word that the last chunk ended in. */
  #rest = Buffer.alloc(0);

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % WORD_BYTES);
    for (let at = 0; at < whole; at += WORD_BYTES) this.#builder.addHash(bytes.readUInt32BE(at), -1);
    this.#rest = Buffer.from(bytes.subarray(whole));
  }

  end(): ReadTrace {
    if (this.#rest.length > 0) throw new Error(`ends within a key: ${WORD_BYTES} bytes each, and ${this.#rest.length} over`);
    return { trace: this.#builder.build(), format: 'u32be', others: 0, unreadable: 0 };
  }
}
