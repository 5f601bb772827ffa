/**
 * How long an exchange must take to be among the slowest share of its kind. Stochastic approximation of a quantile (Robbins and Monro, 1951) on the logarithm: whoever is slower
 * raises the threshold by a factor, whoever is not lowers it by a smaller one, and the two balance where just the share is above. It follows a load that changes, needs one number, and
 * bounds what it lets pass whatever comes: among n exchanges `share · n + ln(end / start) / GAIN` (a test holds it). About 5 ns.
 */

/** Size of a step. At 1 % a single slow one raises the threshold by a tenth, and takes 100 others to be forgotten. */
const GAIN = 0.1;
/** Less is noise of the clock. */
const LEAST_MS = 0.05;
const MOST_MS = 3_600_000;

export class SlowThreshold {
  /** 0: nothing was seen yet. */
  private thresholdMs = 0;
  /** So many are watched before any is called slow: what is usual is not known yet. */
  private unsettled: number;
  private readonly rise: number;
  private readonly fall: number;

  /** @param share 0..1, more than 0. */
  constructor(share: number) {
    this.rise = Math.exp(GAIN * (1 - share));
    this.fall = Math.exp(-GAIN * share);
    this.unsettled = Math.ceil(2 / share);
  }

  /** Milliseconds above which an exchange is slow now. */
  get ms(): number {
    return this.thresholdMs;
  }

  /** Takes an exchange into account. @returns Whether it is among the slowest. */
  isSlow(durationMs: number): boolean {
    if (this.unsettled > 0) {
      this.unsettled--;
      this.thresholdMs = Math.min(MOST_MS, Math.max(this.thresholdMs, durationMs, LEAST_MS)); // the slowest of the first 2 / share stands a little above where it should, and comes down
      return false;
    }
    const isAbove = durationMs > this.thresholdMs;
    this.thresholdMs = isAbove ? Math.min(MOST_MS, this.thresholdMs * this.rise) : Math.max(LEAST_MS, this.thresholdMs * this.fall);
    return isAbove;
  }
}
