/**
 * What the concurrency of a service will be some minutes from now: the same minute of earlier days or weeks (seasonal naïve), times how much more or less
 * there is today (a Holt-Winters-like level, multiplicative). Everything is worked out from the history alone, so a forecast of the past is made exactly as
 * it would have been made then: that is the backtest.
 */
import type { MinuteHistory } from './minute-history.ts';

const DAY = 1_440;
const WEEK = 7 * DAY;
/** Days, or weeks, that the shape is the mean of. */
const SEASONS = { daily: 3, weekly: 2 };
/** Minutes around the one in question that the shape is the mean of, on each side: single minutes are mostly noise. */
const SMOOTHING = 5;
/** Minutes that tell today's level. */
const LEVEL_MINUTES = 5;
const LEVEL_BOUND = 4;

export type Shape = 'daily' | 'weekly';

export interface Forecast {
  /** The highest minute of the lead, by the season alone. */
  readonly usual: number;
  readonly level: number;
}

/**
 * The highest that is to be expected in the minutes after `origin`, `lead` of them: `usual × level`.
 * @param origin The last minute that may be looked at.
 * @param lead At most 12 hours: the smoothing must not look past `origin`.
 * @returns null when there is no season to go by.
 */
export function forecastPeak(history: MinuteHistory, shape: Shape, origin: number, lead: number): Forecast | null {
  let usual = Number.NaN;
  for (let minute = origin + 1; minute <= origin + lead; minute++) {
    const value = season(history, shape, minute);
    if (!Number.isNaN(value) && !(value <= usual)) usual = value;
  }
  return Number.isNaN(usual) ? null : { usual, level: levelAt(history, shape, origin) };
}

/** How much more there is now than the season says; 1 when that cannot be told. */
function levelAt(history: MinuteHistory, shape: Shape, origin: number): number {
  let [actual, expected] = [0, 0];
  for (let minute = origin - LEVEL_MINUTES + 1; minute <= origin; minute++) {
    const [seen, usual] = [history.at(minute), season(history, shape, minute)];
    if (Number.isNaN(seen) || Number.isNaN(usual)) continue;
    actual += seen;
    expected += usual;
  }
  return expected === 0 ? 1 : Math.min(Math.max(actual / expected, 1 / LEVEL_BOUND), LEVEL_BOUND);
}

/** The usual value of a minute; NaN when nothing is known. */
function season(history: MinuteHistory, shape: Shape, minute: number): number {
  return shape === 'weekly' ? meanOver(history, minute, WEEK, SEASONS.weekly) : meanOver(history, minute, DAY, SEASONS.daily);
}

function meanOver(history: MinuteHistory, minute: number, lag: number, seasons: number): number {
  let [sum, count] = [0, 0];
  for (let each = 1; each <= seasons; each++) {
    for (let near = -SMOOTHING; near <= SMOOTHING; near++) {
      const value = history.at(minute - each * lag + near);
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
    }
  }
  return count === 0 ? Number.NaN : sum / count;
}
