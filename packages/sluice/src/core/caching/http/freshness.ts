/**
 * How long a reply is fresh, how old it was on arrival, and how long it may be used after that (RFC 9111 §4.2, RFC 5861): worked out
 * once, when it is stored or validated, so that a hit compares numbers. Order of lifetimes for a shared cache: s-maxage, max-age, Expires
 * less Date, what the configuration says for the status, a tenth of the time since Last-Modified; a targeted field replaces Cache-Control
 * and Expires before that (`effective-control.ts`).
 */
import type { Timestamp } from '../../../base/time.ts';
import { ABSENT, type CacheControl } from './cache-control.ts';
import { isHeuristicallyCacheable } from './cacheable-status.ts';
import { DELTA_MAX, deltaSeconds } from './delta-seconds.ts';
import { type Fields, isBlank } from './fields.ts';
import { parseHttpDate } from './http-date.ts';
import { HAS_VALIDATOR, HEURISTIC, MUST_REVALIDATE, NO_CACHE, SHARED_LIFETIME } from './stored-reply.ts';

/** What the operator says about lifetimes. */
export interface FreshnessOptions {
  /** Lifetime by status where the reply names none; before heuristics. */
  readonly defaultTtlMs: ReadonlyMap<number, number>;
  /** Raises a lifetime that is above zero; zero is an origin's "do not". Default 0. */
  readonly minTtlMs: number;
  /** Lowers every lifetime. */
  readonly maxTtlMs: number;
  /** Upper bound of a guessed lifetime; 0 for no guessing. Default 24 hours. */
  readonly heuristicMaxMs: number;
  /** Windows where the reply names none and forbids none. RFC 9111 §4.2.4 allows stale replies while the origin cannot be reached. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** An Age that is more, or other, than one number makes a reply stale; else as RFC 9111 §5.1 has it. Default false. */
  readonly isAgeStrict: boolean;
}

/** Guesses up to a day, no windows of its own. */
export const DEFAULT_FRESHNESS: FreshnessOptions = {
  defaultTtlMs: new Map(),
  minTtlMs: 0,
  maxTtlMs: Number.MAX_SAFE_INTEGER,
  heuristicMaxMs: 86_400_000,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  isAgeStrict: false,
};

/** A reply's head and when it came. */
export interface ReceivedHead {
  readonly status: number;
  /** Of the reply; after a 304 those of the updated head, with the stored status. */
  readonly fields: Fields;
  /** Age of the reply that came, which after a 304 is the 304's; it is not part of a stored head. */
  readonly age: string | null;
  /** From `effectiveControl`. */
  readonly control: Readonly<CacheControl>;
  /** When the request was sent. */
  readonly requestedAt: Timestamp;
  readonly receivedAt: Timestamp;
}

/** The times of a `StoredReply`. */
export interface StoredTimes {
  readonly initialAgeMs: number;
  readonly freshForMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** MUST_REVALIDATE, NO_CACHE, HEURISTIC, HAS_VALIDATOR, SHARED_LIFETIME. */
  readonly flags: number;
}

/** The times of a reply. */
export function freshnessOf(reply: ReceivedHead, options: FreshnessOptions = DEFAULT_FRESHNESS): StoredTimes {
  const { control } = reply;
  const date = dateOf(reply);
  const explicitMs = explicitLifetime(reply, date);
  const guessedMs = explicitMs < 0 ? unstatedLifetime(reply, date, options) : 0;
  let flags = explicitMs < 0 ? HEURISTIC : 0;
  if (control.isMustRevalidate || control.isProxyRevalidate) flags |= MUST_REVALIDATE;
  if (control.sMaxage !== ABSENT) flags |= SHARED_LIFETIME;
  if (control.isNoCache) flags |= NO_CACHE;
  if (reply.fields.get('etag') !== null || reply.fields.get('last-modified') !== null) flags |= HAS_VALIDATOR;
  return {
    initialAgeMs: initialAge(reply, date, options.isAgeStrict),
    freshForMs: bounded(explicitMs < 0 ? guessedMs : explicitMs, options),
    staleWhileRevalidateMs: windowMs(control.staleWhileRevalidate, options.staleWhileRevalidateMs, flags),
    staleIfErrorMs: windowMs(control.staleIfError, options.staleIfErrorMs, flags),
    flags,
  };
}

/** Worth its memory: it can be served at some time, or validated. */
export function isWorthStoring(times: StoredTimes): boolean {
  if ((times.flags & HAS_VALIDATOR) !== 0) return true;
  if ((times.flags & NO_CACHE) !== 0) return false;
  return times.freshForMs + Math.max(times.staleWhileRevalidateMs, times.staleIfErrorMs) > times.initialAgeMs;
}

/** Date in wall milliseconds; the time of arrival where it has none or a broken one (RFC 9110 §6.6.1). Whole seconds, as Date is. */
function dateOf(reply: ReceivedHead): number {
  const text = reply.fields.get('date');
  const date = text === null ? null : parseHttpDate(text, reply.receivedAt);
  return date ?? wholeSeconds(reply.receivedAt);
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** RFC 9111 §4.2.3: corrected_initial_age. Date has whole seconds, so the arrival is compared in whole seconds: a reply does not arrive aged. */
function initialAge(reply: ReceivedHead, date: number, isStrict: boolean): number {
  const apparentMs = Math.max(0, wholeSeconds(reply.receivedAt) - date);
  const delayMs = Math.max(0, reply.receivedAt - reply.requestedAt);
  const seconds = isStrict ? strictAgeSeconds(reply.age) : ageSeconds(reply.age);
  return Math.max(apparentMs, seconds * 1000 + delayMs);
}

/**
 * Age in seconds: the first of a list or of several lines (RFC 9111 §5.1); what is no delta-seconds is ignored and counts as 0.
 */
export function ageSeconds(value: string | null): number {
  if (value === null) return 0;
  let end = value.indexOf(',');
  if (end < 0) end = value.length;
  while (end > 0 && isBlank(value.charCodeAt(end - 1))) end--;
  return Math.max(0, deltaSeconds(value, 0, end));
}

/** Older than anything holds. */
const ANCIENT_SECONDS = DELTA_MAX;

/** The same, but for what is no single number: RFC 7234 did not say what to do with that, and a cache that takes it for old serves nothing that is stale. */
export function strictAgeSeconds(value: string | null): number {
  if (value === null) return 0;
  const seconds = deltaSeconds(value, 0, value.length);
  return seconds < 0 ? ANCIENT_SECONDS : seconds;
}

/** RFC 9111 §4.2.1, for a shared cache; -1 when the reply does not say. What cannot be read is over. */
function explicitLifetime(reply: ReceivedHead, date: number): number {
  const { control } = reply;
  if (control.sMaxage !== ABSENT) return Math.max(0, control.sMaxage * 1000);
  if (control.maxAge !== ABSENT) return Math.max(0, control.maxAge * 1000);
  const expires = control.isTargeted ? null : reply.fields.get('expires');
  if (expires === null) return -1;
  // RFC 9111 §5.3: an invalid date, "0" above all, has already passed. Two lines, joined, are no date.
  const at = parseHttpDate(expires, reply.receivedAt);
  return at === null ? 0 : Math.max(0, at - date);
}

/** The configured lifetime of the status, or a tenth of the time since Last-Modified (RFC 9111 §4.2.2). */
function unstatedLifetime(reply: ReceivedHead, date: number, options: FreshnessOptions): number {
  const configuredMs = options.defaultTtlMs.get(reply.status);
  if (configuredMs !== undefined) return configuredMs;
  if (!isHeuristicallyCacheable(reply.status) && !reply.control.isPublic) return 0;
  const text = reply.fields.get('last-modified');
  const modified = text === null ? null : parseHttpDate(text, reply.receivedAt);
  if (modified === null) return 0;
  return Math.min(options.heuristicMaxMs, Math.max(0, Math.floor((date - modified) / 10)));
}

function bounded(lifetimeMs: number, options: FreshnessOptions): number {
  if (lifetimeMs <= 0) return 0;
  return Math.min(options.maxTtlMs, Math.max(options.minTtlMs, lifetimeMs));
}

/**
 * A window of RFC 5861. s-maxage alone forbids stale use, as proxy-revalidate does (RFC 9111 §5.2.2.10), so it turns our own windows off; a
 * window that the origin names beside it is the origin's own word and holds.
 */
function windowMs(statedSeconds: number, defaultMs: number, flags: number): number {
  if ((flags & (MUST_REVALIDATE | NO_CACHE)) !== 0) return 0;
  if (statedSeconds !== ABSENT) return Math.max(0, statedSeconds * 1000);
  return (flags & SHARED_LIFETIME) === 0 ? defaultMs : 0;
}
