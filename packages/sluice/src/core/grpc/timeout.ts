/**
 * The grpc-timeout header (gRPC over HTTP/2, "Requests"): one to eight digits and a unit. The specification asks for a positive number, but
 * grpc-go sends `0n` when the deadline has passed, so zero is read as what it means.
 */

const MS_PER_UNIT = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;

/** From fine to coarse: the first in which the value has at most eight digits is written. */
const WRITTEN = ['u', 'm', 'S', 'M', 'H'] as const;
const VALUE_MAX = 99_999_999;

/**
 * Reads a timeout.
 * @returns Milliseconds, >= 0, with fractions for `u` and `n`; null when it is malformed.
 */
export function parseGrpcTimeout(text: string): number | null {
  const digits = text.length - 1;
  if (digits < 1 || digits > 8) return null;
  let value = 0;
  for (let at = 0; at < digits; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  const unit = text[digits]!;
  return isUnit(unit) ? value * MS_PER_UNIT[unit] : null;
}

/**
 * Writes a timeout, rounded up: what is left of a deadline never becomes "none at all" by rounding.
 * @param ms Milliseconds; below zero counts as zero, and over 11,415 years as that.
 */
export function formatGrpcTimeout(ms: number): string {
  if (ms <= 0) return '0n';
  for (const unit of WRITTEN) {
    const value = Math.ceil(ms / MS_PER_UNIT[unit]);
    if (value <= VALUE_MAX) return `${value}${unit}`;
  }
  return `${VALUE_MAX}H`;
}

function isUnit(text: string): text is keyof typeof MS_PER_UNIT {
  return Object.hasOwn(MS_PER_UNIT, text);
}
