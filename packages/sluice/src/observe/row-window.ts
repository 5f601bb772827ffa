/**
 * Rates over the last seconds out of counters that only rise: the difference of the first and the last sample of a ring, percentiles from the differences of the
 * buckets. What stands still costs one sample (320 bytes); the ring (3.5 KiB) comes with the first change and goes after a quiet window. A counter that fell belongs to
 * somebody else: the window begins anew, so that no rate is ever negative.
 */
import { BUCKET_COUNT, percentiles } from '../base/histogram.ts';
import { CACHE_VERDICTS } from './cache-verdict.ts';
import { endedOf } from './metric-board.ts';
import { BUCKETS, BYTES_IN, BYTES_OUT, CACHED, CUT, FILTER_ANSWERED, RETRIES, SHED } from './metric-layout.ts';
import { FILTER_KINDS } from '../core/filters/filter-kinds.ts';
import type { Rate } from './traffic.ts';

/** Seconds that rates go over. */
export const WINDOW_STEPS = 10;

// Columns of a sample.
const ENDED = 0;
const ERRORS = 1;
const IN = 2;
const OUT = 3;
export const SAMPLE_SHED = 4;
export const SAMPLE_RETRIES = 5;
/** Of a route: requests that the cache looked at, those that it answered, and those that a filter did. */
export const SAMPLE_LOOKED_UP = 6;
export const SAMPLE_HITS = 7;
export const SAMPLE_FILTERED = 8;
const LATENCIES = 9;
export const SAMPLE_LENGTH: number = LATENCIES + BUCKET_COUNT;

/** Columns of the board's row that a sample is made of. */
const ROW_COLUMNS = SHED + 1;
const ROUTE_COLUMNS = FILTER_ANSWERED + FILTER_KINDS.length;

const SERVER_ERROR = 5;
const SLOTS = WINDOW_STEPS + 1;
const MISS = CACHE_VERDICTS.indexOf('miss');
const PASS = CACHE_VERDICTS.indexOf('pass');

/** So many columns of the board's row must be read for a sample. */
export function columnsOf(isRoute: boolean): number {
  return isRoute ? ROUTE_COLUMNS : ROW_COLUMNS;
}

/** What is kept of a row of the metric board. @param isRoute Whether its columns of cache and filters are such. */
export function sampleOf(row: Float64Array, into: Float64Array, isRoute: boolean): Float64Array {
  into[ENDED] = endedOf(row);
  into[ERRORS] = row[SERVER_ERROR]! + row[CUT]!;
  into[IN] = row[BYTES_IN]!;
  into[OUT] = row[BYTES_OUT]!;
  into[SAMPLE_SHED] = row[SHED]!;
  into[SAMPLE_RETRIES] = row[RETRIES]!;
  // `hit-*`, stale, revalidated and collapsed come before `miss`; what the cache only passed on is no miss of it.
  const hits = isRoute ? sum(row, CACHED, MISS) : 0;
  into[SAMPLE_HITS] = hits;
  into[SAMPLE_LOOKED_UP] = isRoute ? hits + row[CACHED + MISS]! + row[CACHED + PASS]! : 0;
  into[SAMPLE_FILTERED] = isRoute ? sum(row, FILTER_ANSWERED, FILTER_KINDS.length) : 0;
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) into[LATENCIES + bucket] = row[BUCKETS + bucket]!;
  return into;
}

function sum(row: Float64Array, start: number, length: number): number {
  let total = 0;
  for (let column = start; column < start + length; column++) total += row[column]!;
  return total;
}

export class RowWindow {
  readonly #base = new Float64Array(SAMPLE_LENGTH);
  #ring: Float64Array | null = null;
  /** Place of the last sample. */
  #at = 0;
  /** Steps since the first sample, up to WINDOW_STEPS. */
  #steps = -1;
  /** Steps in a row without a change. */
  #still = 0;

  /** Whether it has a sample, so that `stand` will do while there is no progress. */
  get isBegun(): boolean {
    return this.#steps >= 0;
  }

  /** Whether nothing changed in the window: all rises are 0. */
  get isStill(): boolean {
    return this.#ring === null;
  }

  /** Steps that it knows of, up to WINDOW_STEPS. */
  get span(): number {
    return Math.max(0, this.#steps);
  }

  /** The row's `progress` at the last sample. */
  get progress(): number {
    return this.#last(ENDED) + this.#last(IN) + this.#last(OUT);
  }

  /** A step in which nothing changed. */
  stand(): void {
    this.#steps = Math.min(WINDOW_STEPS, this.#steps + 1);
    const ring = this.#ring;
    if (ring === null) return;
    const start = this.#at * SAMPLE_LENGTH;
    if (++this.#still <= WINDOW_STEPS) {
      this.#at = (this.#at + 1) % SLOTS;
      ring.copyWithin(this.#at * SAMPLE_LENGTH, start, start + SAMPLE_LENGTH);
      return;
    }
    for (let column = 0; column < SAMPLE_LENGTH; column++) this.#base[column] = ring[start + column]!;
    this.#ring = null;
    this.#at = 0;
  }

  push(sample: Float64Array): void {
    if (this.#steps < 0 || sample[ENDED]! < this.#last(ENDED) || sample[IN]! < this.#last(IN)) return this.#begin(sample);
    if (this.#isLast(sample)) return this.stand();
    this.#steps = Math.min(WINDOW_STEPS, this.#steps + 1);
    this.#still = 0;
    this.#ring ??= this.#filled();
    this.#at = (this.#at + 1) % SLOTS;
    this.#ring.set(sample, this.#at * SAMPLE_LENGTH);
  }

  /** How much a column rose in the last steps. */
  rise(column: number, steps = WINDOW_STEPS): number {
    if (this.#ring === null) return 0;
    return this.#last(column) - this.#ring[this.#back(steps) * SAMPLE_LENGTH + column]!;
  }

  /** Whether anything ended in the window. */
  get isBusy(): boolean {
    return this.rise(ENDED) > 0;
  }

  /** Adds the differences of the last steps to those of others, for a sum. */
  addTo(into: Float64Array, steps = WINDOW_STEPS): void {
    const ring = this.#ring;
    if (ring === null) return;
    const first = this.#back(steps) * SAMPLE_LENGTH;
    const last = this.#at * SAMPLE_LENGTH;
    for (let column = 0; column < SAMPLE_LENGTH; column++) into[column]! += ring[last + column]! - ring[first + column]!;
  }

  #last(column: number): number {
    return this.#ring === null ? this.#base[column]! : this.#ring[this.#at * SAMPLE_LENGTH + column]!;
  }

  #isLast(sample: Float64Array): boolean {
    for (let column = 0; column < SAMPLE_LENGTH; column++) if (sample[column] !== this.#last(column)) return false;
    return true;
  }

  #back(steps: number): number {
    return (this.#at - Math.min(steps, this.#steps) + SLOTS) % SLOTS;
  }

  #begin(sample: Float64Array): void {
    this.#ring = null;
    this.#base.set(sample);
    this.#at = 0;
    this.#steps = 0;
    this.#still = 0;
  }

  /** It stood still until now: every earlier sample is the same. */
  #filled(): Float64Array {
    const ring = new Float64Array(SLOTS * SAMPLE_LENGTH);
    for (let place = 0; place < SLOTS; place++) ring.set(this.#base, place * SAMPLE_LENGTH);
    return ring;
  }
}

const SHARES = [0.5, 0.95, 0.99];
const FOUND = new Float64Array(SHARES.length);

/** Rates out of differences over so many seconds. */
export function rateOf(differences: Float64Array, seconds: number, inflight: number): Rate {
  const per = seconds > 0 ? 1 / seconds : 0;
  const isKnown = percentiles(differences, SHARES, FOUND, LATENCIES);
  return {
    rps: tenths(differences[ENDED]! * per),
    errorRps: tenths(differences[ERRORS]! * per),
    p50Ms: isKnown ? hundredths(FOUND[0]!) : null,
    p95Ms: isKnown ? hundredths(FOUND[1]!) : null,
    p99Ms: isKnown ? hundredths(FOUND[2]!) : null,
    inflight,
    bytesInPerSecond: Math.round(differences[IN]! * per),
    bytesOutPerSecond: Math.round(differences[OUT]! * per),
  };
}

/** Of what stands still. */
export function stillRate(inflight: number): Rate {
  return { rps: 0, errorRps: 0, p50Ms: null, p95Ms: null, p99Ms: null, inflight, bytesInPerSecond: 0, bytesOutPerSecond: 0 };
}

/** Per second: one exchange in a window is a tenth. More digits are noise, and bytes in every snapshot. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Of milliseconds: the finest bucket is ten of them. */
function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Of shares. */
export function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
