/**
 * A reply as the cache keeps it: numbers and text, flat, because it lies in shared memory and this interface is implemented by an
 * accessor over it. Durations fit a Float64 (at most 2^32 seconds in milliseconds), flags an Int32.
 */
import type { Timestamp } from '../../../base/time.ts';

/** `reply`: a reply. `vary`: no reply but the names that tell its variants apart. `pass`: hit-for-miss, this key is not worth waiting for. */
export type StoredKind = 'reply' | 'vary' | 'pass';

/** Never to be used stale, whatever happens (must-revalidate, proxy-revalidate; RFC 9111 §5.2.2.2, §5.2.2.8). */
export const MUST_REVALIDATE = 1;
/** Not to be used without validation (unqualified no-cache; RFC 9111 §5.2.2.4). */
export const NO_CACHE = 2;
/** The lifetime is a guess (RFC 9111 §4.2.2). */
export const HEURISTIC = 4;
/** Has an ETag or a Last-Modified, so that it can be validated. */
export const HAS_VALIDATOR = 8;
/** Invalidated (RFC 9111 §4.4, §4.3.5): nothing before a validation, not even stale. */
export const INVALID_UNTIL_VALIDATED = 16;
/** Purged softly: stale from now on, its windows stay. */
export const SOFT_PURGED = 32;
/** Its lifetime is an s-maxage: stale only within windows that the origin itself named (RFC 9111 §5.2.2.10). */
export const SHARED_LIFETIME = 64;

/** A stored reply. */
export interface StoredReply {
  readonly kind: StoredKind;
  readonly status: number;
  /** When its head was received, or last validated. */
  readonly receivedAt: Timestamp;
  /** Its age at that time. */
  readonly initialAgeMs: number;
  /** Its freshness lifetime, counted in age. */
  readonly freshForMs: number;
  /** How long after that it may be served while it is validated; 0 for never. */
  readonly staleWhileRevalidateMs: number;
  /** How long after that it may stand in for a failing origin; 0 for never. */
  readonly staleIfErrorMs: number;
  /** MUST_REVALIDATE and its like. */
  readonly flags: number;
  /** Field lines as `storedHead` made them. */
  readonly head: string;
  readonly bodyBytes: number;
}
