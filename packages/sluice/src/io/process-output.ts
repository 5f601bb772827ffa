/**
 * What an instance writes, from its pipes to its log file and to who wants its lines. A program that writes a gigabyte fills no memory and
 * stalls nobody: the file gets everything, and its pipe is not read further while more than 1 MiB waits for the disk, so that the program goes at
 * the disk's pace; lines are for people, so what is beyond 1 MiB per second of them is left out, counted and said once for each flood. Nothing
 * waits for the lines: who reads them must not be able to hold up the program.
 */
import type { Readable } from 'node:stream';
import type { InstanceLog } from './instance-logs.ts';

export type OutputStream = 'stdout' | 'stderr';

export interface OutputOptions {
  readonly line: (stream: OutputStream, text: string) => void;
  /** Null: no file. */
  readonly log: InstanceLog | null;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A line without end is given in pieces of this size. */
const LINE_BYTES_MAX = 16_384;
/** Lines that people are given; a short one counts for its handling. */
const BYTES_PER_SECOND = 1_048_576;
const LINE_COST_MIN = 64;
const LINE_FEED = 10;

/** The lines of an instance within their bound, over all its streams. */
export class LineBudget {
  readonly #options: Pick<OutputOptions, 'line' | 'now'>;
  #tokens = BYTES_PER_SECOND;
  #filledAt: number;
  #leftOut = 0;

  constructor(options: Pick<OutputOptions, 'line' | 'now'>) {
    this.#options = options;
    this.#filledAt = options.now();
  }

  /** Gives on the lines of a piece that ends at the end of a line; what is beyond the bound is counted. */
  take(stream: OutputStream, bytes: Buffer): void {
    this.#fill();
    let start = 0;
    while (start < bytes.length) {
      if (this.#tokens <= 0) return this.leaveOut(bytes.length - start);
      if (this.#leftOut > 0) this.#tellLeftOut();
      const end = lineEnd(bytes, start);
      this.#tokens -= Math.max(LINE_COST_MIN, end.next - start);
      this.#options.line(stream, bytes.toString('utf8', start, end.last));
      start = end.next;
    }
  }

  /** So many bytes were not even looked at. */
  leaveOut(bytes: number): void {
    this.#leftOut += bytes;
  }

  /** The output has ended. */
  end(): void {
    if (this.#leftOut > 0) this.#tellLeftOut();
  }

  #fill(): void {
    const now = this.#options.now();
    const earned = ((now - this.#filledAt) / 1_000) * BYTES_PER_SECOND;
    // After a flood a quarter of a second's worth must have come together first: else each line would bring a word about it.
    if (this.#tokens <= 0 && this.#tokens + earned < BYTES_PER_SECOND / 4) return;
    this.#tokens = Math.min(BYTES_PER_SECOND, this.#tokens + earned);
    this.#filledAt = now;
  }

  #tellLeftOut(): void {
    const bytes = this.#leftOut;
    this.#leftOut = 0;
    this.#options.line('stderr', `sluice: ${bytes} bytes of output are not shown: more than 1 MiB per second`);
  }
}

/** Where the text of the line from `start` ends, and where the next begins. */
function lineEnd(bytes: Buffer, start: number): { readonly last: number; readonly next: number } {
  const feed = bytes.indexOf(LINE_FEED, start);
  const end = feed === -1 ? bytes.length : feed;
  if (end - start > LINE_BYTES_MAX) {
    const cut = pieceEnd(bytes, start);
    return { last: cut, next: cut };
  }
  const hasReturn = end > start && bytes[end - 1] === 13;
  return { last: hasReturn ? end - 1 : end, next: feed === -1 ? end : feed + 1 };
}

/** The end of a piece of a line that is too long: between two characters. */
function pieceEnd(bytes: Buffer, start: number): number {
  let cut = start + LINE_BYTES_MAX;
  // UTF-8's continuation bytes are 10xxxxxx; a character has at most three.
  for (let back = 0; back < 3 && (bytes[cut]! & 0xc0) === 0x80; back++) cut--;
  return cut;
}

/** Cuts chunks where lines end, and holds at most one unfinished line, up to the bound. */
export class LineChunks {
  #rest: Buffer = Buffer.alloc(0);

  /** Everything up to the last line feed, with what was held, and whole pieces of a line that is too long. Empty when there is neither. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let cut = bytes.lastIndexOf(LINE_FEED) + 1;
    while (bytes.length - cut > LINE_BYTES_MAX) cut = pieceEnd(bytes, cut);
    // A copy: the pool's chunk must not be kept alive by its last few bytes.
    this.#rest = Buffer.from(bytes.subarray(cut));
    return bytes.subarray(0, cut);
  }

  rest(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

/** Reads both pipes of an instance. Resolves when both have ended. */
export async function readOutput(streams: Readonly<Record<OutputStream, Readable>>, options: OutputOptions): Promise<void> {
  const budget = new LineBudget(options);
  await Promise.all([readStream('stdout', streams.stdout, budget, options.log), readStream('stderr', streams.stderr, budget, options.log)]);
  budget.end();
}

function readStream(name: OutputStream, stream: Readable, budget: LineBudget, log: InstanceLog | null): Promise<void> {
  const chunks = new LineChunks();
  const give = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    budget.take(name, bytes);
    if (log === null || log.write(bytes)) return;
    stream.pause();
    void log.drained().then(() => stream.resume());
  };
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => give(chunks.push(chunk)));
    stream.on('error', () => {});
    stream.on('close', () => {
      give(chunks.rest());
      resolve();
    });
  });
}
