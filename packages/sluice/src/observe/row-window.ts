/**
 * Rates over the last seconds out of counters that only rise: the difference of the first and the last sample of a ring, percentiles from the differences of the
 * buckets. What stands still costs one sample (320 bytes); the ring (3.5 KiB) comes with the first change and goes after a quiet window. A counter that fell belongs to
 * somebody else: the window begins anew, so that no rate is ever negative.
 */
import { BUCKET_COUNT, percentile } from '../base/histogram.ts';
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

const SERVER_ERROR = 5;
const SLOTS = WINDOW_STEPS + 1;
const MISS = CACHE_VERDICTS.indexOf('miss');
const PASS = CACHE_VERDICTS.indexOf('pass');

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

  /** Whether it must be given samples; else `stand` will do while nothing ended. */
  get isMoving(): boolean {
    return this.#ring !== null || this.#steps < 0;
  }

  /** Steps that it knows of, up to WINDOW_STEPS. */
  get span(): number {
    return Math.max(0, this.#steps);
  }

  /** Exchanges that had ended at the last sample. */
  get ended(): number {
    return this.#last[ENDED]!;
  }

  /** A step in which nothing changed. */
  stand(): void {
    this.#steps = Math.min(WINDOW_STEPS, this.#steps + 1);
  }

  push(sample: Float64Array): void {
    const last = this.#last;
    if (this.#steps < 0 || sample[ENDED]! < last[ENDED]! || sample[IN]! < last[IN]!) return this.#begin(sample);
    const isSame = sample.every((value, column) => value === last[column]);
    this.#still = isSame ? this.#still + 1 : 0;
    this.stand();
    if (this.#ring === null && isSame) return;
    this.#ring ??= this.#filled();
    this.#at = (this.#at + 1) % SLOTS;
    this.#ring.set(sample, this.#at * SAMPLE_LENGTH);
    if (this.#still <= WINDOW_STEPS) return;
    this.#base.set(sample);
    this.#ring = null;
    this.#at = 0;
  }

  /** How much a column rose in the last steps. */
  rise(column: number, steps = WINDOW_STEPS): number {
    if (this.#ring === null) return 0;
    return this.#last[column]! - this.#sample(this.#back(steps))[column]!;
  }

  /** Whether anything ended in the window. */
  get isBusy(): boolean {
    return this.rise(ENDED) > 0;
  }

  /** Adds the differences of the last steps to those of others, for a sum. */
  addTo(into: Float64Array, steps = WINDOW_STEPS): void {
    if (this.#ring === null) return;
    const first = this.#sample(this.#back(steps));
    const last = this.#last;
    for (let column = 0; column < SAMPLE_LENGTH; column++) into[column]! += last[column]! - first[column]!;
  }

  get #last(): Float64Array {
    return this.#ring === null ? this.#base : this.#sample(this.#at);
  }

  #back(steps: number): number {
    return (this.#at - Math.min(steps, this.#steps) + SLOTS) % SLOTS;
  }

  #sample(place: number): Float64Array {
    return this.#ring!.subarray(place * SAMPLE_LENGTH, (place + 1) * SAMPLE_LENGTH);
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

/** Rates out of differences over so many seconds. */
export function rateOf(differences: Float64Array, seconds: number, inflight: number): Rate {
  const per = seconds > 0 ? 1 / seconds : 0;
  return {
    rps: round(differences[ENDED]! * per),
    errorRps: round(differences[ERRORS]! * per),
    p50Ms: percentileOf(differences, 0.5),
    p95Ms: percentileOf(differences, 0.95),
    p99Ms: percentileOf(differences, 0.99),
    inflight,
    bytesInPerSecond: round(differences[IN]! * per),
    bytesOutPerSecond: round(differences[OUT]! * per),
  };
}

function percentileOf(differences: Float64Array, share: number): number | null {
  const value = percentile(differences, share, LATENCIES);
  return value === null ? null : round(value);
}

/** More digits are noise, and bytes in every snapshot. */
export function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
