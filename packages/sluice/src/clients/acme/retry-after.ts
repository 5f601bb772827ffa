/** `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. */

/** Longer ones are a mistake, or as good as never. */
const WAIT_MAX_MS = 30 * 86_400_000;

/** The wait in milliseconds, at least 0; null when there is none or it means nothing. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value) * 1_000, WAIT_MAX_MS);
  // The forms of RFC 9110 §5.6.7 begin with the day's name; Date.parse takes far more.
  const at = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(Math.max(at - nowMs, 0), WAIT_MAX_MS);
}
