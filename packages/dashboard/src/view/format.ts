/** Numbers and times for people: three figures that matter, units that fit, a dash where nothing is known. */

export const NONE = '–';

/** `0.4`, `12.3`, `1,234`, `56.7k`, `1.2M`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size >= 999_500) return `${figures(value / 1e6)}M`;
  if (size >= 99_950) return `${Math.round(value / 1e3)}k`;
  if (size >= 10_000) return `${(value / 1e3).toFixed(1)}k`;
  if (size >= 1_000) return `${Math.trunc(Math.round(value) / 1_000)},${String(Math.abs(Math.round(value)) % 1_000).padStart(3, '0')}`;
  return figures(value);
}

function figures(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 99.95) return String(Math.round(value));
  if (size < 0.05) return value === 0 ? '0' : '<0.1';
  return value.toFixed(1);
}

/** All figures: `10,003`. */
export function whole(value: number): string {
  return WHOLE.format(value);
}

const WHOLE = new Intl.NumberFormat('en-GB');

/** Milliseconds: `0.42 ms`, `12 ms`, `1.25 s`. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return NONE;
  if (ms === 0) return '0 ms';
  if (ms >= 9_995) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms >= 999.5) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms >= 99.5) return `${Math.round(ms)} ms`;
  return ms >= 9.95 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}

/** Share 0..1: `0 %`, `0.02 %`, `4.1 %`, `37 %`. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.01) return '<0.01 %';
  if (value < 1) return `${value.toFixed(2)} %`;
  return value < 9.95 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`;
}

/** Errors among requests, both per second; a dash where there were no requests. */
export function errorShare(rate: { readonly rps: number; readonly errorRps: number } | null | undefined): string {
  return rate === null || rate === undefined || rate.rps === 0 ? NONE : percent(rate.errorRps / rate.rps);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `512 B`, `1.4 KiB`, `230 MiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  let unit = 0;
  let size = value;
  while (size >= 1_000 && unit < BYTE_UNITS.length - 1) {
    size /= 1_024;
    unit++;
  }
  return `${unit === 0 || size >= 99.5 ? Math.round(size) : size.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** How long: `8 s`, `4 min`, `3 h 12 min`, `9 d 4 h`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Time of day, in the reader's zone: `14:03:09`. */
export function clock(at: number): string {
  return CLOCK.format(at);
}

/** With the date where it is not today's. */
export function moment(at: number, now: number): string {
  return new Date(at).toDateString() === new Date(now).toDateString() ? CLOCK.format(at) : DAY.format(at);
}

/** `1 request`, `3 requests`. */
export function plural(amount: number, one: string, many: string = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

/** `endpoint-down` → `endpoint down`. */
export function words(kebab: string): string {
  return kebab.replaceAll('-', ' ');
}
