/** Durations in sentences for people: `202 ms`, `1.47 s`, `2 min`, `1 min 30 s`, `3 h 20 min`. Rounded; what is configured is written exactly by `config/quantity.ts`. */

const MINUTE_MS = 60_000;

/** @param ms Not negative. To the millisecond below a second, to three figures below a minute, then to the second, from an hour on to the minute. */
export function durationText(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Number((ms / 1_000).toPrecision(3));
  if (seconds < 60) return `${seconds} s`;
  const whole = Math.round(ms / 1_000);
  return whole < 3_600 ? pair(Math.floor(whole / 60), 'min', whole % 60, 's') : hours(Math.round(ms / MINUTE_MS));
}

function hours(minutes: number): string {
  return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
