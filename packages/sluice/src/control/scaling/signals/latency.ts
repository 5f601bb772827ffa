/**
 * A percentile of the service's latency, from what its histogram gained within a window. The window is as short as its samples allow: 10 s where
 * enough requests ended, else up to a minute. With fewer than that in a minute a tail is one slow request, and the median is taken.
 * 61 readings of 31 buckets are kept: 15 kB per signal.
 */
import { BUCKET_COUNT, percentile, sampleCount } from '../../../base/histogram.ts';
import type { Instant } from '../../../base/time.ts';
import type { Figure } from '../../../core/scaling/sample.ts';
import { BUCKETS } from '../../../observe/metric-layout.ts';
import type { Glance, SignalReader } from './glance.ts';

const WINDOW_MS = 10_000;
const WINDOW_MAX_MS = 60_000;
/** One in twenty is the 95th percentile. */
const SAMPLES_MIN = 20;
/** Between two readings that are kept; a little less than the loop's second, which is never exact. */
const SPACING_MS = 950;
const KEPT_MAX = 61;

export class LatencySignal implements SignalReader {
  readonly #share: number;
  /** A ring of readings: totals per bucket, and when. */
  readonly #counts = new Float64Array(KEPT_MAX * BUCKET_COUNT);
  readonly #at = new Float64Array(KEPT_MAX);
  #kept = 0;
  #youngest = -1;
  readonly #gained = new Float64Array(BUCKET_COUNT);

  /** @param share 0..1, which percentile. */
  constructor(share: number) {
    this.#share = share;
  }

  read({ now, row, concurrency }: Glance): Figure | null {
    const samples = this.#gain(now, row);
    this.#keep(now, row);
    // Nothing ended: what is in flight may be slow beyond all bounds; without anything in flight nothing is.
    if (samples === 0) return concurrency > 0 ? null : { value: 0, per: 'instance' };
    const share = samples < SAMPLES_MIN ? Math.min(this.#share, 0.5) : this.#share;
    return { value: percentile(this.#gained, share) ?? 0, per: 'instance' };
  }

  /** Puts into `gained` what ended within the window. @returns How many. */
  #gain(now: Instant, row: Float64Array): number {
    let samples = 0;
    for (let back = 0; back < this.#kept && samples < SAMPLES_MIN; back++) {
      const index = (this.#youngest - back + KEPT_MAX) % KEPT_MAX;
      const ageMs = now - this.#at[index]!;
      if (ageMs > WINDOW_MAX_MS) break;
      if (ageMs < WINDOW_MS - SPACING_MS && back < this.#kept - 1) continue;
      samples = this.#gainSince(index, row);
    }
    return samples;
  }

  #gainSince(index: number, row: Float64Array): number {
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      this.#gained[bucket] = Math.max(0, row[BUCKETS + bucket]! - this.#counts[index * BUCKET_COUNT + bucket]!);
    }
    return sampleCount(this.#gained);
  }

  #keep(now: Instant, row: Float64Array): void {
    if (this.#kept > 0 && now - this.#at[this.#youngest]! < SPACING_MS) return;
    this.#youngest = (this.#youngest + 1) % KEPT_MAX;
    this.#kept = Math.min(this.#kept + 1, KEPT_MAX);
    this.#at[this.#youngest] = now;
    this.#counts.set(row.subarray(BUCKETS, BUCKETS + BUCKET_COUNT), this.#youngest * BUCKET_COUNT);
  }
}
