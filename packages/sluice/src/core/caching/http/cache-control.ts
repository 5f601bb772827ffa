/**
 * Cache-Control of requests and replies (RFC 9111 §5.2, RFC 5861) as a flat object. Robust where a mistake would close, strict
 * where it would open: a directive that restricts (`no-store`, `private`, `no-cache`, `must-revalidate`) holds however its argument
 * is spelled, one that permits (`public`, lifetimes, windows) only when it is well formed. A lifetime that cannot be read is stale
 * (§4.2.1), of repeated ones the first counts. `private="…"` is taken as `private`; `no-cache="a, b"` names fields, or is `no-cache` when the
 * list is not clean. One scan, no regular expression; about 0.3 µs for a directive of a client, 0.8 µs for three of an origin.
 */
import { CLASS, TOKEN } from '../../http1/characters.ts';
import { DELTA_MAX, deltaSeconds } from './delta-seconds.ts';
import { isBlank, skipBlanks, trimmed } from './fields.ts';
import { elementEnd, looseQuote, quotedEnd, unquoted } from './quoted-list.ts';

/** The directive is not there. */
export const ABSENT = -1;
/** The directive is there, but its argument is no number. */
export const INVALID = -2;
/** Names in a qualified `no-cache`; with more it counts as unqualified. */
export const QUALIFIED_NAMES_MAX = 32;

/** Directives of one message. Durations are seconds (0..2^31), ABSENT or INVALID. */
export class CacheControl {
  maxAge = ABSENT;
  sMaxage = ABSENT;
  staleWhileRevalidate = ABSENT;
  staleIfError = ABSENT;
  /** Requests; without an argument 2^31. */
  maxStale = ABSENT;
  /** Requests. */
  minFresh = ABSENT;
  isNoStore = false;
  /** Unqualified `no-cache`. */
  isNoCache = false;
  isPrivate = false;
  isPublic = false;
  isMustRevalidate = false;
  isProxyRevalidate = false;
  isMustUnderstand = false;
  isOnlyIfCached = false;
  /** Fields of a qualified `no-cache`, lower case: not to be reused without validation. */
  noCacheFields: readonly string[] = [];
  /** Comes from a targeted field, so that Cache-Control and Expires do not count (RFC 9213 §2.2). */
  isTargeted = false;
}

/** No directives; shared, so never written to. */
export const NO_DIRECTIVES: Readonly<CacheControl> = Object.freeze(new CacheControl());

const EQUALS = 0x3d;
const QUOTE = 0x22;

/**
 * Reads a Cache-Control value. Never throws.
 * @param value Repeated lines joined by commas; null when there is none.
 */
export function parseCacheControl(value: string | null): Readonly<CacheControl> {
  if (value === null) return NO_DIRECTIVES;
  const control = new CacheControl();
  // After a quote that is never closed nobody knows what was meant: what permits counts no more.
  const loose = looseQuote(value);
  for (let at = 0; at < value.length;) {
    const start = skipBlanks(value, at);
    const end = elementEnd(value, start, loose);
    if (end > start) readDirective(control, value, start, end, start < loose);
    at = end + 1;
  }
  return control;
}

function readDirective(control: CacheControl, text: string, start: number, elementStop: number, isTrusted: boolean): void {
  let end = elementStop;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  let nameEnd = start;
  while (nameEnd < end && isTokenAt(text, nameEnd)) nameEnd++;
  const name = text.slice(start, nameEnd).toLowerCase();
  if (nameEnd === end) setFlag(control, name, isTrusted);
  else if (text.charCodeAt(nameEnd) === EQUALS) setArgument(control, name, argument(text, nameEnd + 1, end), isTrusted);
  else setArgument(control, name, null, false);
}

function isTokenAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 256 && (CLASS[code]! & TOKEN) !== 0;
}

/** A token or what a quoted string says; null when it is neither. */
function argument(text: string, start: number, end: number): string | null {
  if (text.charCodeAt(start) === QUOTE) return quotedEnd(text, start) === end ? unquoted(text, start, end) : null;
  for (let index = start; index < end; index++) if (!isTokenAt(text, index)) return null;
  return start === end ? null : text.slice(start, end);
}

/** A directive without an argument. */
function setFlag(control: CacheControl, name: string, isTrusted: boolean): void {
  switch (name) {
    case 'public':
      if (isTrusted) control.isPublic = true;
      return;
    case 'must-understand':
      // It lifts no-store, so it permits (§5.2.2.3).
      if (isTrusted) control.isMustUnderstand = true;
      return;
    case 'max-stale':
      if (isTrusted && control.maxStale === ABSENT) control.maxStale = DELTA_MAX;
      return;
    default:
      setArgument(control, name, null, isTrusted);
  }
}

/** A directive with an argument, null where it has none or a broken one. */
function setArgument(control: CacheControl, name: string, value: string | null, isTrusted: boolean): void {
  switch (name) {
    case 'max-age':
      control.maxAge = firstOf(control.maxAge, value, isTrusted);
      return;
    case 's-maxage':
      control.sMaxage = firstOf(control.sMaxage, value, isTrusted);
      return;
    case 'stale-while-revalidate':
      control.staleWhileRevalidate = firstOf(control.staleWhileRevalidate, value, isTrusted);
      return;
    case 'stale-if-error':
      control.staleIfError = firstOf(control.staleIfError, value, isTrusted);
      return;
    case 'max-stale':
      control.maxStale = firstOf(control.maxStale, value, isTrusted);
      return;
    case 'min-fresh':
      control.minFresh = firstOf(control.minFresh, value, isTrusted);
      return;
    case 'no-cache':
      setNoCache(control, isTrusted ? value : null);
      return;
    default:
      restrict(control, name);
  }
}

/** What restricts, whatever argument it was given. */
function restrict(control: CacheControl, name: string): void {
  if (name === 'no-store') control.isNoStore = true;
  else if (name === 'private') control.isPrivate = true;
  else if (name === 'must-revalidate') control.isMustRevalidate = true;
  else if (name === 'proxy-revalidate') control.isProxyRevalidate = true;
  else if (name === 'only-if-cached') control.isOnlyIfCached = true;
}

/** RFC 9111 §4.2.1: of repeated lifetimes the first; one that cannot be read is kept as such, for it means "stale". */
function firstOf(current: number, value: string | null, isTrusted: boolean): number {
  if (current !== ABSENT) return current;
  if (value === null || !isTrusted) return INVALID;
  const seconds = deltaSeconds(value, 0, value.length);
  return seconds < 0 ? INVALID : seconds;
}

/** Adds a `no-cache`, with field names when `value` is a clean list of them. */
export function setNoCache(control: CacheControl, value: string | null): void {
  const names = value === null ? null : fieldNames(value);
  if (names === null || control.noCacheFields.length + names.length > QUALIFIED_NAMES_MAX) control.isNoCache = true;
  else control.noCacheFields = control.noCacheFields.concat(names);
}

/** `1#field-name` in lower case, or null when that is not what it is. */
function fieldNames(list: string): string[] | null {
  const names: string[] = [];
  for (let at = 0; at <= list.length;) {
    let end = list.indexOf(',', at);
    if (end < 0) end = list.length;
    const name = trimmed(list, at, end).toLowerCase();
    if (name === '' || names.length === QUALIFIED_NAMES_MAX) return null;
    for (let index = 0; index < name.length; index++) if (!isTokenAt(name, index)) return null;
    names.push(name);
    at = end + 1;
  }
  return names;
}
