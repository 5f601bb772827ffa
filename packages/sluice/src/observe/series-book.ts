/**
 * Figures over time for charts: rings of equal steps, for all together and for each name. Steps share one ring of times; what was not known then is NaN.
 * Cost: 4 bytes per figure and step. Bounded by names: those beyond it have none.
 */
import type { TrafficSeries } from './traffic.ts';

export interface SeriesBookOptions {
  readonly stepSeconds: number;
  /** Steps that are kept. */
  readonly steps: number;
  readonly columns: readonly string[];
  readonly namesMax: number;
}

export class SeriesBook {
  readonly #options: SeriesBookOptions;
  /** Unix seconds. */
  readonly #at: Float64Array;
  readonly #values = new Map<string, Float32Array>();
  /** Steps that were ever begun. */
  #count = 0;

  constructor(options: SeriesBookOptions) {
    this.#options = options;
    this.#at = new Float64Array(options.steps);
  }

  /** Begins a step. A clock that was set back by more than a minute begins all anew; by less, time goes on in seconds. @param at Unix seconds. */
  advance(at: number): void {
    const { steps, columns } = this.#options;
    const last = this.#count === 0 ? -Infinity : this.#at[(this.#count - 1) % steps]!;
    if (at < last - 60) {
      this.#count = 0;
      this.#values.clear();
    }
    const place = this.#count++ % steps;
    this.#at[place] = this.#count === 1 ? at : Math.max(at, last + 1);
    for (const values of this.#values.values()) values.fill(NaN, place * columns.length, (place + 1) * columns.length);
  }

  /** Figures of the step that was begun last, in the order of the columns; null is unknown. */
  put(name: string, figures: readonly (number | null)[]): void {
    const { steps, columns, namesMax } = this.#options;
    let values = this.#values.get(name);
    if (values === undefined) {
      if (this.#values.size >= namesMax) return;
      values = new Float32Array(steps * columns.length).fill(NaN);
      this.#values.set(name, values);
    }
    const start = ((this.#count - 1) % steps) * columns.length;
    figures.forEach((figure, column) => (values[start + column] = figure ?? NaN));
  }

  /** Forgets all other names. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#values.keys()) if (!names.has(name)) this.#values.delete(name);
  }

  /** The last `seconds`. Columns that nothing was ever known of are left out, unless they are among `always`. */
  read(name: string, seconds: number, always: readonly string[]): TrafficSeries {
    const { steps, columns, stepSeconds } = this.#options;
    const places = this.#places(seconds, steps);
    const values = this.#values.get(name);
    const read = (column: number): (number | null)[] => places.map((place) => figureOf(values?.[place * columns.length + column]));
    const known = columns.map((column, index) => [column, read(index)] as const);
    const shown = known.filter(([column, figures]) => always.includes(column) || figures.some((figure) => figure !== null));
    return { at: places.map((place) => this.#at[place]!), stepSeconds, values: Object.fromEntries(shown) };
  }

  #places(seconds: number, steps: number): number[] {
    if (this.#count === 0) return [];
    const least = this.#at[(this.#count - 1) % steps]! - seconds;
    const places = Array.from({ length: Math.min(steps, this.#count) }, (_, index) => (Math.max(0, this.#count - steps) + index) % steps);
    return places.filter((place) => this.#at[place]! > least);
  }
}

/** Float32 has seven digits: more would be its own noise. */
function figureOf(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}
