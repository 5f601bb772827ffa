/**
 * Two clocks that never mix. Durations and deadlines are measured on the monotonic clock (`Instant`);
 * what people and the wire see is wall time (`Timestamp`). Pure code takes either as an argument.
 */
declare const instantBrand: unique symbol;
declare const timestampBrand: unique symbol;

/** Milliseconds, with fractions, on a monotonic clock. Only differences mean anything. */
export type Instant = number & { readonly [instantBrand]: true };

/** Milliseconds since 1970-01-01T00:00:00Z. May jump. */
export type Timestamp = number & { readonly [timestampBrand]: true };

/** Brands a monotonic reading in milliseconds. */
export function instant(ms: number): Instant {
  return ms as Instant;
}

/** Brands a wall-clock reading in milliseconds. */
export function timestamp(ms: number): Timestamp {
  return ms as Timestamp;
}

/** Adds a duration in milliseconds to an instant. */
export function after(start: Instant, ms: number): Instant {
  return (start + ms) as Instant;
}

/** The ambient clocks, as a capability. */
export interface Clock {
  /** Monotonic time. */
  now(): Instant;
  /** Wall time. */
  wall(): Timestamp;
}
