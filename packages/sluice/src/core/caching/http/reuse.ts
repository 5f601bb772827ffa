/**
 * Whether a stored reply may be used for a request now (RFC 9111 §4, §4.2, §5.2.1, RFC 5861): two subtractions and a few comparisons,
 * and a verdict that is one of a handful of constants, so that a hit allocates nothing. The caller has matched key and variant already.
 * A request's directives can only ask for something fresher, or (max-stale) for something staler where the reply leaves it open.
 */
import type { Timestamp } from '../../../base/time.ts';
import { ABSENT, type CacheControl, parseCacheControl } from './cache-control.ts';
import { isOriginFailure } from './cacheable-status.ts';
import { type Fields, NO_FIELDS } from './fields.ts';
import { INVALID_UNTIL_VALIDATED, MUST_REVALIDATE, NO_CACHE, SHARED_LIFETIME, SOFT_PURGED, type StoredReply } from './stored-reply.ts';

/**
 * What to do with a request. `fresh`: serve. `stale-while-revalidate`: serve, validate behind it. `stale`: serve, the client takes it so.
 * `revalidate`: ask the origin first. `miss`: fetch. `pass`: fetch for this request alone. `unavailable`: 504, the client wants nothing fetched.
 */
export type VerdictKind = 'fresh' | 'stale-while-revalidate' | 'stale' | 'revalidate' | 'miss' | 'pass' | 'unavailable';

/** A verdict. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** RFC 9211 §2.2; null when nothing goes upstream for this request. */
  readonly forward: 'uri-miss' | 'vary-miss' | 'miss' | 'stale' | 'request' | 'bypass' | null;
  /** For Cache-Status; empty for none. */
  readonly detail: string;
}

/** How requests are judged. */
export interface ReuseOptions {
  /** `ignore` leaves a request's Cache-Control out of account, so that clients cannot send load to the origin. Default `honour`. */
  readonly clientDirectives: 'honour' | 'ignore';
}

/** With one of these no age is young enough. */
const NOT_FRESH = NO_CACHE | INVALID_UNTIL_VALIDATED | SOFT_PURGED;

const HONOUR: ReuseOptions = { clientDirectives: 'honour' };

function verdict(kind: VerdictKind, forward: Verdict['forward'], detail = ''): Verdict {
  return Object.freeze({ kind, forward, detail });
}

const FRESH = verdict('fresh', null);
const BEHIND = verdict('stale-while-revalidate', null, 'stale-while-revalidate');
const STALE = verdict('stale', null, 'max-stale');
const EXPIRED = verdict('revalidate', 'stale');
const MUST_VALIDATE = verdict('revalidate', 'stale', 'no-cache');
const INVALIDATED = verdict('revalidate', 'stale', 'invalidated');
const ASKED = verdict('revalidate', 'request');
const URI_MISS = verdict('miss', 'uri-miss');
const VARY_MISS = verdict('miss', 'vary-miss');
const HIT_FOR_MISS = verdict('pass', 'miss', 'hit-for-miss');
const NOT_STORED = verdict('pass', 'request', 'no-store');
const UNAVAILABLE = verdict('unavailable', null, 'only-if-cached');

/** RFC 9111 §4.2.3: current_age. A wall clock that went back counts as no time. */
export function currentAge(stored: StoredReply, now: Timestamp): number {
  const residentMs = now - stored.receivedAt;
  return residentMs > 0 ? stored.initialAgeMs + residentMs : stored.initialAgeMs;
}

/** Seconds that it is still fresh, for Cache-Status; negative when stale. Rounded down. */
export function ttlSeconds(stored: StoredReply, now: Timestamp): number {
  return Math.floor((stored.freshForMs - currentAge(stored, now)) / 1000);
}

/**
 * Judges a request.
 * @param stored What lies under its key; null when nothing does; `vary` when there are variants and none fits.
 */
export function judge(stored: StoredReply | null, request: Fields, now: Timestamp, options: ReuseOptions = HONOUR): Verdict {
  const text = options.clientDirectives === 'honour' ? request.get('cache-control') : null;
  if (text === null) return stored === null ? URI_MISS : stored.kind === 'reply' ? judgeReply(stored, now) : missOf(stored, now);
  const asked = parseCacheControl(text);
  const found = judgeAsked(stored, asked, now);
  // RFC 9111 §5.2.1.7: a reply from here, or 504.
  return asked.isOnlyIfCached && found.forward !== null ? UNAVAILABLE : found;
}

/** How long it has been stale; negative while it is fresh. What is purged softly is stale whatever its age. */
function staleFor(stored: StoredReply, now: Timestamp): number {
  const staleMs = currentAge(stored, now) - stored.freshForMs;
  return staleMs < 0 && (stored.flags & SOFT_PURGED) !== 0 ? 0 : staleMs;
}

/** Without a word from the client. */
function judgeReply(stored: StoredReply, now: Timestamp): Verdict {
  const staleMs = staleFor(stored, now);
  if (staleMs < 0 && (stored.flags & NOT_FRESH) === 0) return FRESH;
  if ((stored.flags & NO_CACHE) !== 0) return MUST_VALIDATE;
  if ((stored.flags & INVALID_UNTIL_VALIDATED) !== 0) return INVALIDATED;
  return staleMs < stored.staleWhileRevalidateMs && (stored.flags & MUST_REVALIDATE) === 0 ? BEHIND : EXPIRED;
}

/** A marker stands for no reply; one that has run out stands for nothing. */
function missOf(stored: StoredReply, now: Timestamp): Verdict {
  if (stored.kind === 'vary') return VARY_MISS;
  return currentAge(stored, now) < stored.freshForMs ? HIT_FOR_MISS : URI_MISS;
}

function judgeAsked(stored: StoredReply | null, asked: Readonly<CacheControl>, now: Timestamp): Verdict {
  // RFC 9111 §5.2.1.5: neither the request nor its reply is to be kept; it goes by the cache.
  if (asked.isNoStore) return NOT_STORED;
  if (stored === null) return URI_MISS;
  if (stored.kind !== 'reply') return missOf(stored, now);
  const plain = judgeReply(stored, now);
  if (asked.isNoCache) return plain.kind === 'revalidate' ? plain : ASKED;
  const ageMs = currentAge(stored, now);
  // RFC 9111 §5.2.1.1, §5.2.1.3. What cannot be read asks for nothing.
  if (asked.maxAge >= 0 && ageMs > asked.maxAge * 1000) return plain.kind === 'revalidate' ? plain : ASKED;
  if (asked.minFresh >= 0 && stored.freshForMs - ageMs < asked.minFresh * 1000) return plain.kind === 'revalidate' ? plain : ASKED;
  if (plain !== EXPIRED || asked.maxStale === ABSENT) return plain;
  return allowsStale(stored) && ageMs - stored.freshForMs <= asked.maxStale * 1000 ? STALE : EXPIRED;
}

/** RFC 9111 §4.2.4: max-stale does not revive what the origin forbids. */
function allowsStale(stored: StoredReply): boolean {
  return (stored.flags & (NOT_FRESH | MUST_REVALIDATE | SHARED_LIFETIME)) === 0;
}

/**
 * Whether a stored reply may stand in for an origin that failed (RFC 5861 §4, RFC 9111 §4.2.4, §4.3.3).
 * @param failure The status that came instead, or `network` when none did.
 * @param request Its `stale-if-error` may widen the window where the reply leaves that open; NO_FIELDS to ignore it.
 */
export function mayServeOnError(stored: StoredReply, now: Timestamp, failure: number | 'network', request: Fields = NO_FIELDS): boolean {
  if (stored.kind !== 'reply' || (stored.flags & (NO_CACHE | INVALID_UNTIL_VALIDATED)) !== 0) return false;
  if (failure !== 'network' && !isOriginFailure(failure)) return false;
  const staleMs = staleFor(stored, now);
  if (staleMs < 0) return true;
  if ((stored.flags & MUST_REVALIDATE) !== 0) return false;
  if (staleMs < stored.staleIfErrorMs) return true;
  return allowsStale(stored) && staleMs < parseCacheControl(request.get('cache-control')).staleIfError * 1000;
}
