/**
 * The windows of all rows that a plan has: listeners and services always, endpoints and routes while somebody looks. A row that another name was given, or a name that another
 * row was, begins anew. What stands still is not read: one sum of eight cells tells. Bounds: 4,096 endpoints and 4,096 routes have rates; the others none.
 */
import type { MetricBoard } from '../../observe/metric-board.ts';
import { ROW_LENGTH, type MetricKind } from '../../observe/metric-layout.ts';
import { RowWindow, SAMPLE_LENGTH, WINDOW_STEPS, columnsOf, rateOf, sampleOf, stillRate } from '../../observe/row-window.ts';
import type { Rate } from '../../observe/traffic.ts';

const METERS_MAX = 4_096;

/** Seconds that the last steps took. */
export type Pace = (steps: number) => number;

/** A name's row and its window. */
export interface Meter {
  readonly slot: number;
  readonly window: RowWindow;
}

export class TrafficMeters {
  readonly #board: MetricBoard;
  readonly #kind: MetricKind;
  readonly #row = new Float64Array(ROW_LENGTH);
  readonly #sample = new Float64Array(SAMPLE_LENGTH);
  readonly #differences = new Float64Array(SAMPLE_LENGTH);
  #meters = new Map<string, Meter>();

  constructor(board: MetricBoard, kind: MetricKind) {
    this.#board = board;
    this.#kind = kind;
  }

  get(name: string): Meter | undefined {
    return this.#meters.get(name);
  }

  entries(): IterableIterator<[string, Meter]> {
    return this.#meters.entries();
  }

  /** These names have these rows from now on. */
  follow(slots: Iterable<readonly [name: string, slot: number]>): void {
    const before = this.#meters;
    this.#meters = new Map();
    for (const [name, slot] of slots) {
      if (this.#meters.size >= METERS_MAX) return;
      const known = before.get(name);
      this.#meters.set(name, known?.slot === slot ? known : { slot, window: new RowWindow() });
    }
  }

  /** Nobody looks: what is read next has no past. */
  forget(): void {
    this.#meters.clear();
  }

  /** Takes a sample of each. */
  step(): void {
    const isRoute = this.#kind === 'route';
    const regions = this.#board.regions();
    const read = { into: this.#row, count: columnsOf(isRoute), regions };
    for (const { slot, window } of this.#meters.values()) {
      if (window.isBegun && this.#board.progress(this.#kind, slot, regions) === window.progress) window.stand();
      else window.push(sampleOf(this.#board.columns(this.#kind, slot, read), this.#sample, isRoute));
    }
  }

  rate({ window }: Meter, pace: Pace, inflight: number, steps = WINDOW_STEPS): Rate {
    if (window.isStill) return stillRate(inflight);
    this.#differences.fill(0);
    window.addTo(this.#differences, steps);
    return rateOf(this.#differences, pace(Math.min(steps, window.span)), inflight);
  }

  /** All together. */
  total(pace: Pace, inflight: number, steps = WINDOW_STEPS): Rate {
    this.#differences.fill(0);
    for (const { window } of this.#meters.values()) window.addTo(this.#differences, steps);
    return rateOf(this.#differences, pace(steps), inflight);
  }
}
