/**
 * Byte classes of HTTP/1.1 (RFC 9110 §5.6.2, §5.5; RFC 9112 §3, §7.1) as one table: `CLASS[byte] & TOKEN`.
 * One load and one mask per byte, about 1 ns.
 */

/** tchar: what methods and field names are made of. */
export const TOKEN = 1;
/** What a field value may hold: HTAB, SP, VCHAR, obs-text. */
export const VALUE = 2;
/** Visible ASCII: what a request-target may hold (its grammar is checked later). */
export const VISIBLE = 4;
export const DIGIT = 8;
export const HEX = 16;

/** Classes by byte. */
export const CLASS: Uint8Array = new Uint8Array(256);
/** Lower case, with `_` and `.` read as `-`: CGI-style readers cannot tell such names apart. */
export const FOLDED: Uint8Array = new Uint8Array(256);
/** Value of a hexadecimal digit. */
export const HEX_VALUE: Uint8Array = new Uint8Array(256);

for (let byte = 0; byte < 256; byte++) {
  const isUpper = byte >= 0x41 && byte <= 0x5a;
  const isLower = byte >= 0x61 && byte <= 0x7a;
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isToken = isUpper || isLower || isDigit || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte));
  const isVisible = byte > 0x20 && byte < 0x7f;
  const isHex = isDigit || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
  CLASS[byte] =
    (isToken ? TOKEN : 0) |
    (isVisible || byte === 0x20 || byte === 0x09 || byte >= 0x80 ? VALUE : 0) |
    (isVisible ? VISIBLE : 0) |
    (isDigit ? DIGIT : 0) |
    (isHex ? HEX : 0);
  FOLDED[byte] = isUpper ? byte | 0x20 : byte === 0x5f || byte === 0x2e ? 0x2d : byte;
  HEX_VALUE[byte] = isDigit ? byte - 0x30 : isHex ? (byte | 0x20) - 0x57 : 0;
}

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const SEMICOLON = 0x3b;
