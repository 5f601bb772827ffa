/**
 * Requests and failures of an objective over days in bounded memory: three rings of running totals, coarser the longer they reach back.
 * For a period of 30 days 15 s × 1 h, 90 s × 6 h, 15 min × 3 d; other periods scale all of it. 4 KiB a ring; the last one is only made
 * where somebody asks for its windows.
 */
const DAY_MS = 86_400_000;

/** The period for which the workbook gives its figures. */
export const BASE_PERIOD_MS: number = 30 * DAY_MS;

const TIERS: readonly (readonly [stepMs: number, points: number])[] = [
  [15_000, 242],
  [90_000, 242],
  [900_000, 290],
];

/** What came within a window. */
export interface BurnWindow {
  readonly total: number;
  readonly bad: number;
  /** How much of it is known. */
  readonly coveredMs: number;
}

export class BurnHistory {
  readonly #tiers: readonly Tier[];
  #total = 0;
  #bad = 0;
  #lastTotal: number;
  #lastBad: number;
  #now: number;

  /** @param total,bad What the counters say at `now`: the history begins here. @param isPageOnly Without the tier of days. */
  constructor(options: { readonly periodMs: number; readonly isPageOnly: boolean }, total: number, bad: number, now: number) {
    const scale = options.periodMs / BASE_PERIOD_MS;
    this.#tiers = TIERS.slice(0, options.isPageOnly ? 2 : 3).map(([stepMs, points]) => new Tier(stepMs * scale, points));
    this.#lastTotal = total;
    this.#lastBad = bad;
    this.#now = now;
    for (const tier of this.#tiers) tier.push(now, 0, 0);
  }

  /** Counters as they are now. A total that falls has begun anew. */
  add(total: number, bad: number, now: number): void {
    const isReset = total < this.#lastTotal || bad < this.#lastBad;
    this.#total += isReset ? total : total - this.#lastTotal;
    this.#bad += isReset ? bad : bad - this.#lastBad;
    this.#lastTotal = total;
    this.#lastBad = bad;
    this.#now = now;
    for (const tier of this.#tiers) tier.add(now, this.#total, this.#bad);
  }

  window(windowMs: number): BurnWindow {
    const start = this.#now - windowMs;
    const tier = this.#tiers.find((one) => one.oldestMs <= start) ?? this.#tiers.at(-1)!;
    return tier.since(start, { total: this.#total, bad: this.#bad, now: this.#now });
  }
}

class Tier {
  readonly #stepMs: number;
  readonly #times: Float64Array;
  readonly #totals: Float64Array;
  readonly #bads: Float64Array;
  #first = 0;
  #count = 0;

  constructor(stepMs: number, points: number) {
    this.#stepMs = stepMs;
    this.#times = new Float64Array(points);
    this.#totals = new Float64Array(points);
    this.#bads = new Float64Array(points);
  }

  get oldestMs(): number {
    return this.#times[this.#first]!;
  }

  add(now: number, total: number, bad: number): void {
    const newest = this.#times[(this.#first + this.#count - 1) % this.#times.length]!;
    if (now - newest >= this.#stepMs) this.push(now, total, bad);
  }

  push(now: number, total: number, bad: number): void {
    const points = this.#times.length;
    if (this.#count === points) {
      this.#first = (this.#first + 1) % points;
      this.#count--;
    }
    const at = (this.#first + this.#count++) % points;
    this.#times[at] = now;
    this.#totals[at] = total;
    this.#bads[at] = bad;
  }

  /** From the newest reading at or before `start`; the oldest one where none is. Binary search. */
  since(start: number, last: { readonly total: number; readonly bad: number; readonly now: number }): BurnWindow {
    const points = this.#times.length;
    let [low, high] = [0, this.#count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#times[(this.#first + middle) % points]! <= start) low = middle;
      else high = middle - 1;
    }
    const at = (this.#first + low) % points;
    return { total: last.total - this.#totals[at]!, bad: last.bad - this.#bads[at]!, coveredMs: last.now - this.#times[at]! };
  }
}
