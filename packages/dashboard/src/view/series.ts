/** Values over time: what the API has, carried on with what the stream brings, so that a chart moves each second without asking again. */
import type { Rate, TrafficSeries } from '../api/types.ts';

export const EMPTY_SERIES: TrafficSeries = { at: [], stepSeconds: 1, values: {} };

/** Why a chart of it shows nothing; empty: it shows something; a blank: it is not there yet. @param seconds What was asked for. */
export function whyEmpty(series: TrafficSeries, names: readonly string[], seconds: number): string {
  if (series === EMPTY_SERIES) return '\u00A0';
  // One value is no line yet.
  if (series.at.length < 2) {
    return seconds > 300 ? 'This long a period is kept in coarser steps, and the first ones are still being measured.' : 'Being measured…';
  }
  return names.some((name) => series.values[name]?.some((value) => value !== null) === true) ? '' : 'Nothing to show for this period.';
}

const RATE_NAMES = ['rps', 'errorRps', 'p50Ms', 'p95Ms', 'p99Ms', 'inflight'] as const;

/**
 * @param more Other values by name, of the same moment.
 * @param at Unix milliseconds. Too early for another step, and the series is returned as it is.
 */
export function extendSeries(
  series: TrafficSeries,
  rate: Rate,
  more: Readonly<Record<string, number | null>>,
  at: number,
  seconds: number,
): TrafficSeries {
  const now = Math.floor(at / 1_000);
  const last = series.at.at(-1);
  if (last === undefined || now < last + series.stepSeconds) return series;
  const from = series.at.findIndex((moment) => moment > now - seconds);
  const keep = from === -1 ? series.at.length : from;
  const values: Record<string, readonly (number | null)[]> = {};
  for (const [name, list] of Object.entries(series.values)) values[name] = [...list.slice(keep), valueOf(name, rate, more)];
  return { at: [...series.at.slice(keep), now], stepSeconds: series.stepSeconds, values };
}

function valueOf(name: string, rate: Rate, more: Readonly<Record<string, number | null>>): number | null {
  const known = RATE_NAMES.find((one) => one === name);
  return known === undefined ? (more[name] ?? null) : rate[known];
}

/** The columns of a chart; one that is not there is empty. */
export function columnsOf(
  series: TrafficSeries,
  names: readonly string[],
): readonly [readonly number[], ...(readonly (number | null)[])[]] {
  return [series.at, ...names.map((name) => series.values[name] ?? series.at.map(() => null))];
}
