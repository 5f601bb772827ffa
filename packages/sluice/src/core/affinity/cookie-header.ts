/**
 * Reads one cookie out of a `Cookie` header, and the pair out of a `Set-Cookie` value (RFC 6265 §4.2.1, §5.2). Lenient as user agents are:
 * spaces around names and values do not count, pairs without `=` are skipped. One pass, nothing allocated but the value.
 */

const SPACE = 0x20;
const TAB = 0x09;
const EQUALS = 0x3d;

/** The value of the first cookie of this name in a `Cookie` header; null when there is none. */
export function readCookie(header: string, name: string): string | null {
  let from = 0;
  while (from < header.length) {
    const semicolon = header.indexOf(';', from);
    const to = semicolon < 0 ? header.length : semicolon;
    const value = pairValue(header, from, to, name);
    if (value !== null) return value;
    from = to + 1;
  }
  return null;
}

/** The value that a `Set-Cookie` sets for this name; null when it sets another cookie. */
export function readSetCookie(setCookie: string, name: string): string | null {
  const semicolon = setCookie.indexOf(';');
  return pairValue(setCookie, 0, semicolon < 0 ? setCookie.length : semicolon, name);
}

function pairValue(text: string, from: number, to: number, name: string): string | null {
  const start = skipSpace(text, from, to);
  if (!text.startsWith(name, start)) return null;
  const equals = skipSpace(text, start + name.length, to);
  if (equals >= to || text.charCodeAt(equals) !== EQUALS) return null;
  return text.slice(equals + 1, to).trim();
}

function skipSpace(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB)) at++;
  return at;
}
