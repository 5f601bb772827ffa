/**
 * Mean concurrency of a service per minute over the last 14 days: 20,160 numbers, 80 KiB. Minutes are those of the wall clock (Unix minutes), because days repeat
 * on it; a minute that nothing was seen of is unknown. When the clock is set back, minutes already written stay as they are.
 */
import type { Timestamp } from '../../base/time.ts';

/** 14 days. */
const MINUTES = 20_160;
const VERSION = 1;

/** What is persisted: plain JSON. */
export interface HistoryExport {
  readonly version: typeof VERSION;
  /** Unix minute of the first value. */
  readonly firstMinute: number;
  /** null = unknown. */
  readonly values: readonly (number | null)[];
}

export class MinuteHistory {
  readonly #values = new Float32Array(MINUTES).fill(Number.NaN);
  /** The last complete minute; -1 = none yet. */
  #last = -1;
  #open = -1;
  #sum = 0;
  #count = 0;

  /** The last complete minute; -1 = none yet. */
  get last(): number {
    return this.#last;
  }

  /** Takes in a reading. @returns Whether that completed a minute. */
  add(wall: Timestamp, value: number): boolean {
    const minute = Math.floor(wall / 60_000);
    const isNext = minute > this.#open;
    const completes = isNext && this.#count > 0;
    if (completes) this.#put(this.#open, this.#sum / this.#count);
    if (isNext) [this.#open, this.#sum, this.#count] = [minute, 0, 0];
    if (minute !== this.#open) return completes;
    this.#sum += value;
    this.#count++;
    return completes;
  }

  /** NaN = unknown. */
  at(minute: number): number {
    return minute > this.#last || minute <= this.#last - MINUTES || minute < 0 ? Number.NaN : this.#values[minute % MINUTES]!;
  }

  export(): HistoryExport {
    const firstMinute = Math.max(0, this.#last - MINUTES + 1);
    const values = [];
    for (let minute = firstMinute; minute <= this.#last; minute++) {
      const value = this.at(minute);
      values.push(Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000);
    }
    return { version: VERSION, firstMinute, values };
  }

  /** Only into a history that is still empty. @returns false when it is not, or the export is none of ours. */
  import({ version, firstMinute, values }: HistoryExport): boolean {
    if (this.#last >= 0 || version !== VERSION || !Number.isInteger(firstMinute) || firstMinute < 0) return false;
    if (!Array.isArray(values) || values.length > MINUTES) return false;
    for (const [index, value] of values.entries()) if (isReading(value)) this.#put(firstMinute + index, value);
    this.#open = this.#last;
    return true;
  }

  #put(minute: number, value: number): void {
    if (this.#last >= 0) {
      const from = Math.max(this.#last + 1, minute - MINUTES);
      for (let gap = from; gap < minute; gap++) this.#values[gap % MINUTES] = Number.NaN;
    }
    this.#values[minute % MINUTES] = value;
    this.#last = minute;
  }
}

function isReading(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
