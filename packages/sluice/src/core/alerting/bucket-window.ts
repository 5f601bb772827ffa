/** A histogram within a window: at most 32 readings of all buckets, a 30th of the window apart. 8 KiB each. */
import { BUCKET_COUNT, percentile } from '../../base/histogram.ts';

const STEPS_PER_WINDOW = 30;

export class BucketWindow {
  readonly #windowMs: number;
  readonly #readings: { readonly at: number; readonly counts: Float64Array }[] = [];

  constructor(windowMs: number, counts: ArrayLike<number>, now: number) {
    this.#windowMs = windowMs;
    this.#readings.push({ at: now, counts: Float64Array.from(counts) });
  }

  /** @returns The quantile in seconds of what came within the window; null: nothing did. */
  add(counts: ArrayLike<number>, now: number, quantile: number): number | null {
    const readings = this.#readings;
    if (isReset(readings[0]!.counts, counts)) {
      readings.length = 0;
      readings.push({ at: now, counts: new Float64Array(BUCKET_COUNT) });
    }
    while (readings.length > 1 && readings[1]!.at <= now - this.#windowMs) readings.shift();
    const before = readings[0]!.counts;
    const risen = new Float64Array(BUCKET_COUNT);
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) risen[bucket] = counts[bucket]! - before[bucket]!;
    if (now - readings.at(-1)!.at >= this.#windowMs / STEPS_PER_WINDOW) readings.push({ at: now, counts: Float64Array.from(counts) });
    const ms = percentile(risen, quantile);
    return ms === null ? null : ms / 1_000;
  }
}

function isReset(before: ArrayLike<number>, counts: ArrayLike<number>): boolean {
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) if (counts[bucket]! < before[bucket]!) return true;
  return false;
}
