/**
 * The readings of one signal over the last seconds, one slot per second: what Knative's autoscaler keeps its stable and its panic average in.
 * A second without a reading (the loop was late, the signal unknown) has no weight; two in one second count as their mean.
 * Memory: 24 bytes per second of the longest window. A mean costs one pass over its slots, about a nanosecond each.
 */
import type { Instant } from '../../base/time.ts';

/** Longest window that is kept, in seconds. */
const SECONDS_MAX = 3_600;

export class FigureWindow {
  #sums: Float64Array;
  #counts: Float64Array;
  /** Which second a slot holds; -1 = none. */
  #seconds: Float64Array;

  /** @param windowMs The longest window that will be asked for; up to an hour. */
  constructor(windowMs: number) {
    const size = slots(windowMs);
    this.#sums = new Float64Array(size);
    this.#counts = new Float64Array(size);
    this.#seconds = new Float64Array(size).fill(-1);
  }

  add(now: Instant, value: number): void {
    const second = Math.floor(now / 1_000);
    const slot = second % this.#seconds.length;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#sums[slot] = 0;
      this.#counts[slot] = 0;
    }
    this.#sums[slot]! += value;
    this.#counts[slot]!++;
  }

  /** The mean over the seconds that end now; null when there is no reading in them. */
  mean(now: Instant, windowMs: number): number | null {
    const last = Math.floor(now / 1_000);
    const size = Math.min(slots(windowMs), this.#seconds.length);
    let [sum, count] = [0, 0];
    for (let second = Math.max(0, last - size + 1); second <= last; second++) {
      const slot = second % this.#seconds.length;
      if (this.#seconds[slot] !== second) continue;
      sum += this.#sums[slot]! / this.#counts[slot]!;
      count++;
    }
    return count === 0 ? null : sum / count;
  }

  clear(): void {
    this.#seconds.fill(-1);
  }

  /** Another length; what fits stays. */
  resize(windowMs: number): void {
    const size = slots(windowMs);
    if (size === this.#seconds.length) return;
    const [sums, counts, seconds] = [this.#sums, this.#counts, this.#seconds];
    this.#sums = new Float64Array(size);
    this.#counts = new Float64Array(size);
    this.#seconds = new Float64Array(size).fill(-1);
    for (const [from, second] of seconds.entries()) {
      const to = second % size;
      if (second < 0 || this.#seconds[to]! > second) continue;
      this.#seconds[to] = second;
      this.#sums[to] = sums[from]!;
      this.#counts[to] = counts[from]!;
    }
  }
}

function slots(windowMs: number): number {
  return Math.min(SECONDS_MAX, Math.max(1, Math.ceil(windowMs / 1_000)));
}
