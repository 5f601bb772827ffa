/** Totals as rates: what a counter gained, over the time that it took. */
import type { Instant } from '../../../base/time.ts';

/** Decisions between two ticks (a request is parked) must not make a rate out of a few milliseconds. */
const SPAN_MIN_MS = 500;

/** A rise of several totals over the last span. */
export class Rise {
  #since: Instant | null = null;
  #totals: readonly number[] = [];
  #gained: readonly number[] | null = null;
  #spanMs = 0;
  readonly #bits: 32 | 53;

  /** @param bits 32: the totals wrap as unsigned 32-bit numbers do. */
  constructor(bits: 32 | 53) {
    this.#bits = bits;
  }

  /** Looks at the totals again. @returns What each gained in the last whole span; null before there was one. */
  look(now: Instant, totals: readonly number[]): readonly number[] | null {
    if (this.#since !== null && now - this.#since < SPAN_MIN_MS) return this.#gained;
    if (this.#since !== null) {
      this.#gained = totals.map((total, index) => this.#gain(total, this.#totals[index] ?? 0));
      this.#spanMs = now - this.#since;
    }
    this.#since = now;
    this.#totals = totals;
    return this.#gained;
  }

  /** Length of the span that `look` tells of, in ms. */
  get spanMs(): number {
    return this.#spanMs;
  }

  #gain(total: number, before: number): number {
    return this.#bits === 32 ? (total - before) >>> 0 : Math.max(0, total - before);
  }
}
