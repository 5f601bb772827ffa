/**
 * When to send a second copy: at a percentile of the service's recent latency (Dean and Barroso, "The Tail at Scale", 2013), taken from what
 * the latency histogram gained since the last look. With too few samples the previous delay stays; unknown (0) means no hedging.
 */
import { BUCKET_COUNT, percentile, sampleCount } from '../../base/histogram.ts';

/** The tail of fewer samples than this is noise. */
export const HEDGE_SAMPLES_MIN = 100;

export class HedgeDelay {
  readonly #previous = new Float64Array(BUCKET_COUNT);
  readonly #gained = new Float64Array(BUCKET_COUNT);
  #isFirst = true;
  #delayMs = 0;

  /**
   * Reads the histogram again.
   * @param counts Totals per bucket of base/histogram.ts; may wrap at 32 bits.
   * @param share Which percentile, 0..1.
   * @returns The delay in milliseconds; 0 = not known yet.
   */
  update(counts: ArrayLike<number>, share: number, delayMinMs: number): number {
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      const count = counts[bucket] ?? 0;
      this.#gained[bucket]! += this.#isFirst ? 0 : (count - this.#previous[bucket]!) >>> 0;
      this.#previous[bucket] = count;
    }
    this.#isFirst = false;
    if (sampleCount(this.#gained) < HEDGE_SAMPLES_MIN) return this.#delayMs;
    this.#delayMs = Math.max(percentile(this.#gained, share) ?? 0, delayMinMs);
    this.#gained.fill(0);
    return this.#delayMs;
  }
}
