/**
 * Which directives of a reply count: the first targeted field of our list that is valid and not empty (RFC 9213 §2.2), which replaces
 * Cache-Control and Expires altogether; else Cache-Control. A targeted field is a dictionary of Structured Fields: what does not parse, or
 * gives a directive a value of the wrong type, is as if it were not there, so that a slip falls back instead of opening.
 */
import { CacheControl, parseCacheControl, setNoCache } from './cache-control.ts';
import { DELTA_MAX } from './delta-seconds.ts';
import type { Fields } from './fields.ts';
import { type MemberValue, parseDictionary } from './structured-dictionary.ts';

/** The targets of a cache that speaks for the site it stands before. */
export const DEFAULT_TARGETS: readonly string[] = ['cdn-cache-control'];

/**
 * The directives that a cache obeys.
 * @param targets Names of targeted fields, lower case, the most specific first.
 */
export function effectiveControl(response: Fields, targets: readonly string[] = DEFAULT_TARGETS): Readonly<CacheControl> {
  for (const target of targets) {
    const value = response.get(target);
    const control = value === null ? null : parseTargeted(value);
    if (control !== null) return control;
  }
  return parseCacheControl(response.get('cache-control'));
}

/** Reads a targeted field; null when it is empty or invalid and so does not count. */
export function parseTargeted(value: string): Readonly<CacheControl> | null {
  const members = parseDictionary(value);
  if (members === null || members.size === 0) return null;
  const control = new CacheControl();
  control.isTargeted = true;
  for (const [name, member] of members) {
    if (!setDirective(control, name, member)) return null;
  }
  return control;
}

/** False when the directive is known and its value of the wrong type. */
function setDirective(control: CacheControl, name: string, member: MemberValue): boolean {
  switch (name) {
    case 'max-age':
    case 's-maxage':
    case 'stale-while-revalidate':
    case 'stale-if-error':
      return setDuration(control, name, member);
    case 'no-cache':
      if (member.kind === 'text') setNoCache(control, member.value);
      return member.kind === 'text' || setFlag(control, name, member);
    case 'private':
      // Qualified or not, a shared cache keeps out.
      if (member.kind === 'text') control.isPrivate = true;
      return member.kind === 'text' || setFlag(control, name, member);
    default:
      return setFlag(control, name, member);
  }
}

type Duration = 'max-age' | 's-maxage' | 'stale-while-revalidate' | 'stale-if-error';

/** A negative number is an integer, and a lifetime that is over. */
function setDuration(control: CacheControl, name: Duration, member: MemberValue): boolean {
  if (member.kind !== 'integer') return false;
  const seconds = Math.min(Math.max(member.value, 0), DELTA_MAX);
  if (name === 'max-age') control.maxAge = seconds;
  else if (name === 's-maxage') control.sMaxage = seconds;
  else if (name === 'stale-while-revalidate') control.staleWhileRevalidate = seconds;
  else control.staleIfError = seconds;
  return true;
}

/** `?0` is the same as absent. Extensions may have any value. */
function setFlag(control: CacheControl, name: string, member: MemberValue): boolean {
  const isSet = member.kind === 'boolean' && member.value;
  switch (name) {
    case 'no-store':
      control.isNoStore = isSet;
      break;
    case 'no-cache':
      control.isNoCache = isSet;
      break;
    case 'private':
      control.isPrivate = isSet;
      break;
    case 'public':
      control.isPublic = isSet;
      break;
    case 'must-revalidate':
      control.isMustRevalidate = isSet;
      break;
    case 'proxy-revalidate':
      control.isProxyRevalidate = isSet;
      break;
    case 'must-understand':
      control.isMustUnderstand = isSet;
      break;
    default:
      return true;
  }
  return member.kind === 'boolean';
}
