/**
 * The one canonical form of a path, which is matched, logged and forwarded, so that no rule can be walked around by spelling a path
 * differently (RFC 3986 §6.2.2: case, percent-encoding and dot-segment normalisation). What an origin could read in two ways is refused,
 * not repaired: dot segments above the root, broken escapes, `%00`, backslashes, `%2F` and `%5C` (by choice), `..;x` (servlet containers
 * drop path parameters before they resolve dots). A path that is canonical already comes back as the same string after one scan
 * (about 2 ns per character); others cost one array of segments. Linear in the length.
 */

/** How a listener treats what RFC 3986 leaves to the origin. */
export interface PathOptions {
  /** Joins `//` into `/`. */
  readonly mergeSlashes: boolean;
  /** `reject` refuses `%2F` and `%5C`; `keep` leaves them as they are, but never next to a dot segment. */
  readonly encodedSlashes: 'reject' | 'keep';
}

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;

/** Refused wherever it stands: controls, space, `\`, `<`, `>`, `?`, `#`, everything above 0x7e. */
const FORBIDDEN = 0;
/** RFC 3986 pchar: stays as it is. */
const PLAIN = 1;
/** `/` and `%`: looked at. */
const SPECIAL = 2;
/** Not a pchar, but sent raw by browsers and tools: percent-encoded (the URL standard's way of making such paths valid). */
const ENCODED = 3;

/** Slow path only. */
const HIDDEN_DOTS = /^\.\.?(;|%3B)/;

const CLASS = characterClasses();

function characterClasses(): Uint8Array {
  const classes = new Uint8Array(128);
  mark(classes, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', PLAIN);
  mark(classes, "-._~!$&'()*+,;=:@", PLAIN);
  mark(classes, '/%', SPECIAL);
  mark(classes, '"[]^`{|}', ENCODED);
  return classes;
}

function mark(classes: Uint8Array, characters: string, value: number): void {
  for (const character of characters) classes[character.charCodeAt(0)] = value;
}

/**
 * Brings a path into its canonical form. Idempotent.
 * @param path From a request-target, without the query; starts with `/`.
 * @returns The canonical path (the same string when it already was), or null when the request is to be refused with 400.
 */
export function normalizePath(path: string, options: PathOptions): string | null {
  if (path.length === 0 || path.charCodeAt(0) !== SLASH) return null;
  for (let index = 0; index < path.length; index++) {
    const code = path.charCodeAt(index);
    const kind = code < 128 ? CLASS[code] : FORBIDDEN;
    if (kind === PLAIN) continue;
    if (kind === FORBIDDEN) return null;
    if (code === PERCENT && isCanonicalEscape(path, index)) index += 2;
    else if (code !== SLASH || !isCanonicalSlash(path, index, options)) return rewritePath(path, options);
  }
  return path;
}

/** `%20` and its like: upper case, of an octet that needs it, and never of one that could be refused. */
function isCanonicalEscape(path: string, index: number): boolean {
  const high = path.charCodeAt(index + 1);
  const low = path.charCodeAt(index + 2);
  const octet = hexOctet(high, low);
  return octet > 0 && high < 0x61 && low < 0x61 && octet !== SLASH && octet !== BACKSLASH && !isUnreserved(octet);
}

/** True when no empty segment to be merged and no dot segment begins here, as far as two characters tell (`/.well-known`). */
function isCanonicalSlash(path: string, index: number, options: PathOptions): boolean {
  const next = path.charCodeAt(index + 1);
  if (next === SLASH) return !options.mergeSlashes;
  return next !== DOT || isAlphanumeric(path.charCodeAt(index + 2));
}

/** The slow path: segment by segment, with a stack for dot segments (RFC 3986 §5.2.4). */
function rewritePath(path: string, options: PathOptions): string | null {
  const kept: string[] = [];
  let start = 1;
  while (start <= path.length) {
    let end = path.indexOf('/', start);
    if (end < 0) end = path.length;
    const isLast = end === path.length;
    const segment = normalizeSegment(path, start, end, options);
    if (segment === null) return null;
    start = end + 1;
    if (segment === '..') {
      if (kept.length === 0) return null;
      kept.pop();
    }
    if (segment === '.' || segment === '..') {
      if (isLast) kept.push('');
    } else if (segment !== '' || isLast || !options.mergeSlashes) {
      kept.push(segment);
    }
  }
  return `/${kept.join('/')}`;
}

/** Decodes unreserved escapes, upper-cases the others, encodes what is not a pchar. Null when the segment is to be refused. */
function normalizeSegment(path: string, start: number, end: number, options: PathOptions): string | null {
  let text = '';
  let copied = start;
  let hasEncodedSlash = false;
  for (let index = start; index < end; index++) {
    const code = path.charCodeAt(index);
    const kind = code < 128 ? CLASS[code] : FORBIDDEN;
    if (kind === PLAIN) continue;
    if (kind === FORBIDDEN) return null;
    let octet = code;
    if (code === PERCENT) {
      octet = index + 2 < end ? hexOctet(path.charCodeAt(index + 1), path.charCodeAt(index + 2)) : -1;
      if (octet <= 0) return null;
    }
    if (code === PERCENT && (octet === SLASH || octet === BACKSLASH)) {
      if (options.encodedSlashes === 'reject') return null;
      hasEncodedSlash = true;
    }
    text += path.slice(copied, index) + spelling(octet);
    if (code === PERCENT) index += 2;
    copied = index + 1;
  }
  const segment = copied === start ? path.slice(start, end) : text + path.slice(copied, end);
  return hidesDotSegment(segment, hasEncodedSlash) ? null : segment;
}

/** `..;x` and `.;x` are dot segments to servers that drop path parameters, decoded or not; so is `..` beside a `%2F` to servers that decode it. */
function hidesDotSegment(segment: string, hasEncodedSlash: boolean): boolean {
  if (!hasEncodedSlash) return segment.charCodeAt(0) === DOT && HIDDEN_DOTS.test(segment);
  for (const part of segment.split(/%2F|%5C/)) {
    if (part === '.' || part === '..' || HIDDEN_DOTS.test(part)) return true;
  }
  return false;
}

/** The octet as it stands in a canonical path: itself when unreserved (RFC 3986 §2.3), else `%XX` in upper case (§6.2.2.1). */
function spelling(octet: number): string {
  if (isUnreserved(octet)) return String.fromCharCode(octet);
  return (octet < 16 ? '%0' : '%') + octet.toString(16).toUpperCase();
}

function isUnreserved(octet: number): boolean {
  return isAlphanumeric(octet) || octet === 0x2d || octet === DOT || octet === 0x5f || octet === 0x7e;
}

function isAlphanumeric(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

/** Value of two hexadecimal digits, or -1. */
function hexOctet(high: number, low: number): number {
  const left = hexDigit(high);
  const right = hexDigit(low);
  return left < 0 || right < 0 ? -1 : left * 16 + right;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
