/**
 * Durations, sizes and shares as people write them. A duration always carries its unit (`'5s'`): a bare number leaves the
 * reader to guess between milliseconds and seconds, so it is refused with the two readings spelt out.
 */

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5s`, `250ms`, `1h30m`, `1.5s`, `0s`. */
export const DURATION_PATTERN = /^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/;

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** `512B`, `32KiB`, `1MB`. */
export const SIZE_PATTERN = /^\d{1,12}(?:\.\d{1,3})?(?:B|kB|KB|MB|GB|KiB|MiB|GiB)$/;

/** `20%`, `0.5%`. */
export const SHARE_PATTERN = /^\d{1,3}(?:\.\d{1,6})?%$/;

/** Milliseconds of a duration with units, whole; null when the text is not one. */
export function parseDuration(text: string): number | null {
  if (!DURATION_PATTERN.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([a-z]+)/g)) {
    total += Number(amount) * (DURATION_UNITS[unit ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(total) ? Math.round(total) : null;
}

/** Bytes of a size with its unit, whole; null when the text is not one. `KB` and `kB` are 1,000, `KiB` is 1,024. */
export function parseSize(text: string): number | null {
  if (!SIZE_PATTERN.test(text)) return null;
  const unitAt = text.search(/[A-Za-z]/);
  const bytes = Number(text.slice(0, unitAt)) * (SIZE_UNITS[text.slice(unitAt)] ?? Number.NaN);
  return Number.isFinite(bytes) ? Math.round(bytes) : null;
}

/** A share 0..1 from a percentage; null when the text is not one. */
export function parseShare(text: string): number | null {
  return SHARE_PATTERN.test(text) ? Number(text.slice(0, -1)) / 100 : null;
}

/** A duration in the fewest units that say it exactly: 90,000 is `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = DURATION_UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
