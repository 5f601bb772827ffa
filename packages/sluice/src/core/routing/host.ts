/**
 * The one canonical form of a host: lower case, without port, without a trailing dot, IPv6 as RFC 5952 writes it. The grammar is RFC 3986
 * §3.2.2 narrowed to what real clients send: a registered name is letters, digits and `-._~` in non-empty labels. Userinfo, sub-delimiters
 * and percent-encoding are refused: a comma is what two merged Host fields look like, and no resolver agrees on the rest.
 * One scan; a canonical host without port comes back as the same string.
 */
import { canonicalIpv6 } from './ipv6.ts';

/** DNS allows 253 octets and a trailing dot (RFC 1035 §2.3.4). */
const HOST_LENGTH_MAX = 254;

const DOT = 0x2e;
const COLON = 0x3a;

const NAME = 1;
const UPPER = 2;
const SEPARATOR = 3;

/** RFC 3986 §2.3 unreserved; 0 ends a name or is refused. */
const CLASS = characterClasses();

function characterClasses(): Uint8Array {
  const classes = new Uint8Array(128);
  for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-_~') classes[character.charCodeAt(0)] = NAME;
  for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') classes[character.charCodeAt(0)] = UPPER;
  classes[DOT] = SEPARATOR;
  return classes;
}

/**
 * Reads an authority (`Host`, or that of an absolute-form target).
 * @returns The canonical host without port, or null when it is not valid or empty (RFC 9110 §4.2.1: an http authority has a host).
 */
export function normalizeHost(authority: string): string | null {
  if (authority.charCodeAt(0) === 0x5b) return normalizeLiteral(authority);
  let hasUpper = false;
  let afterDot = true;
  let end = 0;
  for (; end < authority.length; end++) {
    const code = authority.charCodeAt(end);
    const kind = code < 128 ? CLASS[code] : 0;
    if (kind === NAME) {
      afterDot = false;
    } else if (kind === UPPER) {
      hasUpper = true;
      afterDot = false;
    } else if (kind === SEPARATOR && !afterDot) {
      afterDot = true;
    } else if (code === COLON) {
      break;
    } else {
      return null;
    }
  }
  if (end < authority.length && !isPort(authority, end + 1)) return null;
  if (end > HOST_LENGTH_MAX) return null;
  if (end === 0) return null;
  if (afterDot) end--;
  const host = end === authority.length ? authority : authority.slice(0, end);
  return hasUpper ? host.toLowerCase() : host;
}

/**
 * Reads a host of the configuration: as {@link normalizeHost}, or `*.` and a name.
 * @returns The canonical pattern, or null when it is not valid.
 */
export function normalizeHostPattern(pattern: string): string | null {
  if (!pattern.startsWith('*.')) return normalizeHost(pattern);
  const suffix = normalizeHost(pattern.slice(2));
  return suffix === null || suffix.startsWith('[') ? null : `*.${suffix}`;
}

function normalizeLiteral(authority: string): string | null {
  const close = authority.indexOf(']');
  if (close < 0) return null;
  if (close + 1 < authority.length && (authority.charCodeAt(close + 1) !== COLON || !isPort(authority, close + 2))) return null;
  const address = canonicalIpv6(authority.slice(1, close));
  return address === null ? null : `[${address}]`;
}

/** RFC 3986 §3.2.3: port = *DIGIT; here at most five of them and 65535. */
function isPort(authority: string, start: number): boolean {
  if (authority.length - start > 5) return false;
  let port = 0;
  for (let index = start; index < authority.length; index++) {
    const digit = authority.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= 65535;
}
