/**
 * How good the forecast has been over the last day: for each minute, the peak that was forecast `lead` minutes before it, against the peak that came. Beside it stands the
 * naïve forecast ("as now"); while that has been better, or too little has been seen, forecasts are not used. From the same errors comes how much more than the
 * forecast to plan for.
 */
import { forecastPeak, type Shape } from './forecast.ts';
import type { MinuteHistory } from './minute-history.ts';

/** Minutes that are looked back on. */
const MINUTES = 1_440;
/** Minutes below which nothing is said: two hours. */
const MINUTES_MIN = 120;

export class Backtest {
  readonly shape: Shape;
  readonly #lead: number;
  /** Per minute, in a ring: absolute error of the forecast and of the naïve one, and actual over forecast. */
  readonly #errors = new Float32Array(MINUTES);
  readonly #naive = new Float32Array(MINUTES);
  readonly #ratios = new Float32Array(MINUTES);
  #next = 0;
  #size = 0;

  /** @param lead Minutes ahead, 1..720. */
  constructor(shape: Shape, lead: number) {
    this.shape = shape;
    this.#lead = lead;
  }

  get isEnough(): boolean {
    return this.#size >= MINUTES_MIN;
  }

  /** Mean absolute errors, in requests at once. */
  get errors(): { readonly own: number; readonly naive: number } {
    return { own: mean(this.#errors, this.#size), naive: mean(this.#naive, this.#size) };
  }

  /** Looks at one more minute, the last complete one or an earlier. */
  judge(history: MinuteHistory, minute: number): void {
    const origin = minute - this.#lead;
    const [actual, before] = [this.#peak(history, origin), history.at(origin)];
    const said = forecastPeak(history, this.shape, origin, this.#lead);
    if (Number.isNaN(actual) || Number.isNaN(before) || said === null) return;
    const expected = said.usual * said.level;
    this.#errors[this.#next] = Math.abs(actual - expected);
    this.#naive[this.#next] = Math.abs(actual - before);
    this.#ratios[this.#next] = expected > 0 ? actual / expected : 1;
    this.#next = (this.#next + 1) % MINUTES;
    this.#size = Math.min(MINUTES, this.#size + 1);
  }

  /** What came, at its highest; NaN when nothing is known of it. */
  #peak(history: MinuteHistory, origin: number): number {
    let peak = Number.NaN;
    for (let minute = origin + 1; minute <= origin + this.#lead; minute++) {
      const value = history.at(minute);
      if (!Number.isNaN(value) && !(value <= peak)) peak = value;
    }
    return peak;
  }

  /** The factor by which what came was at most above the forecast in `quantile` of the minutes; at least 1. */
  margin(quantile: number): number {
    const sorted = this.#ratios.slice(0, this.#size).toSorted();
    return Math.max(1, sorted[Math.min(this.#size - 1, Math.ceil(quantile * this.#size) - 1)] ?? 1);
  }

  /** Goes through the last day again, after a history was put in. */
  replay(history: MinuteHistory): void {
    for (let minute = history.last - MINUTES + 1; minute <= history.last; minute++) this.judge(history, minute);
  }
}

function mean(values: Float32Array, size: number): number {
  let sum = 0;
  for (let index = 0; index < size; index++) sum += values[index]!;
  return size === 0 ? 0 : sum / size;
}
