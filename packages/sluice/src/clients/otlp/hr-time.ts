/** Times as OpenTelemetry's packages take them: seconds, and nanoseconds of them. */
import type { HrTime } from '@opentelemetry/api';

/** @param ms Unix milliseconds, with fractions; a double has them to a quarter of a microsecond. */
export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.min(Math.round((ms - seconds * 1_000) * 1e6), 999_999_999)];
}
