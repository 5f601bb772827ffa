/**
 * Exemplars: for each bucket of a listener's and a service's durations the last trace that was sampled, so that a slow bucket leads to a
 * request that was slow. One SharedArrayBuffer: a region per worker, which alone writes to it. A seqlock guards each cell: its version is
 * odd while it is written, and all its words are read and written atomically, so that a torn one is seen and left out. Memory that nobody
 * touches stays unmapped: a region is 6 MiB of addresses, a noted row costs 1.5 KiB. A note takes about 0.3 µs, and only for sampled traces.
 */
import { assert } from '../base/assert.ts';
import { BUCKET_COUNT, bucketOf } from '../base/histogram.ts';
import { SERVICES_MAX } from '../core/balancing/endpoint-table.ts';
import { LISTENERS_MAX } from './metric-layout.ts';

/** Whose durations have exemplars. */
export type ExemplarKind = 'listener' | 'service';

/** A sampled trace, as a bucket shows it. */
export interface Exemplar {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly durationMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

// Words of a cell, 32 bits each: version, trace (4), span (2), duration (2), wall time (2).
const TRACE = 1;
const SPAN = 5;
const NUMBERS = 7;
const CELL_LENGTH = 11;
const ROW_LENGTH = BUCKET_COUNT * CELL_LENGTH;
const ROWS = LISTENERS_MAX + SERVICES_MAX;
/** A region begins with a word for each row, not 0 once it holds something: empty rows are not walked. */
const REGION_LENGTH = ROWS + ROWS * ROW_LENGTH;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** A writer needs well below a microsecond: one that is met twice has crashed within a cell. */
const TRIES = 3;
const HEX = 16;
const WORD_DIGITS = 8;

/** The reading side; the control plane's. */
export class ExemplarBoard {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #regions: number;
  readonly #cell = new Int32Array(CELL_LENGTH);

  /** @param workers Data-plane workers at most. */
  constructor(workers: number) {
    assert(Number.isInteger(workers) && workers >= 1 && workers <= 1_024, `workers must be 1..1024, got ${workers}`);
    this.#regions = workers;
    this.buffer = new SharedArrayBuffer(workers * REGION_LENGTH * WORD_BYTES);
    this.#words = new Int32Array(this.buffer);
  }

  /** The youngest over all workers, by bucket; null: the row has none at all. */
  row(kind: ExemplarKind, slot: number): readonly (Exemplar | null)[] | null {
    const index = rowIndex(kind, slot);
    let found: (Exemplar | null)[] | null = null;
    for (let region = 0; region < this.#regions; region++) {
      const start = region * REGION_LENGTH;
      if (Atomics.load(this.#words, start + index) === 0) continue;
      found ??= Array.from({ length: BUCKET_COUNT }, () => null);
      for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        const exemplar = this.#read(start + ROWS + index * ROW_LENGTH + bucket * CELL_LENGTH);
        if (exemplar !== null && exemplar.wallMs > (found[bucket]?.wallMs ?? -Infinity)) found[bucket] = exemplar;
      }
    }
    return found;
  }

  /** Empties a row before its slot is handed to another name. Only after the drain: no worker may still write to it. */
  reset(kind: ExemplarKind, slot: number): void {
    const index = rowIndex(kind, slot);
    for (let region = 0; region < this.#regions; region++) {
      const start = region * REGION_LENGTH;
      if (Atomics.load(this.#words, start + index) === 0) continue;
      for (let bucket = 0; bucket < BUCKET_COUNT; bucket++)
        Atomics.store(this.#words, start + ROWS + index * ROW_LENGTH + bucket * CELL_LENGTH, 0);
      Atomics.store(this.#words, start + index, 0);
    }
  }

  /** Null: empty, or never whole while we looked. */
  #read(at: number): Exemplar | null {
    const cell = this.#cell;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const version = Atomics.load(this.#words, at);
      if (version === 0) return null;
      if ((version & 1) === 1) continue;
      for (let word = TRACE; word < CELL_LENGTH; word++) cell[word] = Atomics.load(this.#words, at + word);
      if (Atomics.load(this.#words, at) === version) return exemplarOf(cell);
    }
    return null;
  }
}

/** The writing side; one worker's. */
export class ExemplarWriter {
  readonly #words: Int32Array;
  readonly #numbers = new Float64Array(2);
  readonly #numberWords = new Int32Array(this.#numbers.buffer);

  /**
   * @param buffer Of the ExemplarBoard.
   * @param worker 0-based index of the worker.
   */
  constructor(buffer: SharedArrayBuffer, worker: number) {
    const regions = buffer.byteLength / WORD_BYTES / REGION_LENGTH;
    assert(worker >= 0 && worker < regions, `the exemplar board has a region for worker ${worker}`);
    this.#words = new Int32Array(buffer, worker * REGION_LENGTH * WORD_BYTES, REGION_LENGTH);
  }

  /**
   * A sampled trace of an exchange that took so long. Slot -1 means none.
   * @param traceId 32 hexadecimal digits. @param spanId 16 hexadecimal digits. @param wallMs Milliseconds since 1970, at its end.
   */
  // oxlint-disable-next-line max-params -- an options object would be an allocation per sampled request
  note(kind: ExemplarKind, slot: number, durationMs: number, traceId: string, spanId: string, wallMs: number): void {
    if (slot < 0) return;
    const words = this.#words;
    const index = rowIndex(kind, slot);
    const at = ROWS + index * ROW_LENGTH + bucketOf(durationMs) * CELL_LENGTH;
    this.#numbers[0] = durationMs;
    this.#numbers[1] = wallMs;
    const writing = words[at]! | 1;
    Atomics.store(words, at, writing);
    for (let word = TRACE; word < SPAN; word++) Atomics.store(words, at + word, hexWord(traceId, word - TRACE));
    for (let word = SPAN; word < NUMBERS; word++) Atomics.store(words, at + word, hexWord(spanId, word - SPAN));
    for (let word = NUMBERS; word < CELL_LENGTH; word++) Atomics.store(words, at + word, this.#numberWords[word - NUMBERS]!);
    // Never 0, which means empty.
    Atomics.store(words, at, writing === -1 ? 2 : writing + 1);
    if (words[index] === 0) Atomics.store(words, index, 1);
  }
}

function exemplarOf(cell: Int32Array): Exemplar {
  const numbers = new Float64Array(cell.slice(NUMBERS).buffer);
  let traceId = '';
  for (let word = TRACE; word < SPAN; word++) traceId += wordHex(cell[word]!);
  return { traceId, spanId: wordHex(cell[SPAN]!) + wordHex(cell[SPAN + 1]!), durationMs: numbers[0]!, wallMs: numbers[1]! };
}

function hexWord(text: string, word: number): number {
  return Number.parseInt(text.slice(word * WORD_DIGITS, (word + 1) * WORD_DIGITS), HEX) | 0;
}

function wordHex(word: number): string {
  return (word >>> 0).toString(HEX).padStart(WORD_DIGITS, '0');
}

function rowIndex(kind: ExemplarKind, slot: number): number {
  const rows = kind === 'listener' ? LISTENERS_MAX : SERVICES_MAX;
  assert(slot >= 0 && slot < rows, `a ${kind} slot is in 0..${rows - 1}, got ${slot}`);
  return kind === 'listener' ? slot : LISTENERS_MAX + slot;
}
