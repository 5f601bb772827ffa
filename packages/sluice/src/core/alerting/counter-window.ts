/**
 * How much a counter has risen within a window: a ring of at most 64 readings, a 60th of the window apart, so that memory does not
 * depend on how often it is read. A counter that falls has begun anew (Prometheus' rule): what it shows is its rise. 1 KiB each.
 */
const POINTS = 64;
const STEPS_PER_WINDOW = 60;

export class CounterWindow {
  readonly #windowMs: number;
  readonly #times = new Float64Array(POINTS);
  readonly #rises = new Float64Array(POINTS);
  #first = 0;
  #count = 0;
  #last: number;
  #rise = 0;
  #lastMs: number;

  /** @param value At `now`; the rise begins here. */
  constructor(windowMs: number, value: number, now: number) {
    this.#windowMs = windowMs;
    this.#last = value;
    this.#lastMs = now;
    this.#push(now);
  }

  add(value: number, now: number): void {
    this.#rise += value < this.#last ? value : value - this.#last;
    this.#last = value;
    this.#lastMs = now;
    const newest = this.#times[(this.#first + this.#count - 1) % POINTS]!;
    if (now - newest >= this.#windowMs / STEPS_PER_WINDOW) this.#push(now);
    while (this.#count > 1 && this.#times[(this.#first + 1) % POINTS]! <= now - this.#windowMs) {
      this.#first = (this.#first + 1) % POINTS;
      this.#count--;
    }
  }

  /** The rise within the window, or since the first reading where that is later. */
  get rise(): number {
    return this.#rise - this.#rises[this.#first]!;
  }

  /** How long the rise took: the window, give or take a 60th, once so much time has passed. */
  get coveredMs(): number {
    return this.#lastMs - this.#times[this.#first]!;
  }

  /** Per second; null after a single reading. */
  get rate(): number | null {
    return this.coveredMs > 0 ? (this.rise * 1_000) / this.coveredMs : null;
  }

  #push(now: number): void {
    if (this.#count === POINTS) {
      this.#first = (this.#first + 1) % POINTS;
      this.#count--;
    }
    const at = (this.#first + this.#count++) % POINTS;
    this.#times[at] = now;
    this.#rises[at] = this.#rise;
  }
}
