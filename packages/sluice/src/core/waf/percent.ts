/**
 * Percent escapes to text, once, as lenient as the most lenient server: broken escapes stay as they are, overlong UTF-8 is what it would be to a decoder that does not check (`%c0%af` is `/`),
 * `%u0041` is IIS's. What is found on the way is remembered: no honest client writes most of it.
 */

/** What the last decoding came upon; bits. */
export let found = 0;
export const FOUND_ESCAPE = 1;
/** Longer than it had to be (RFC 3629 §3). */
export const FOUND_OVERLONG = 2;
export const FOUND_NUL = 4;
/** `%` without two digits. */
export const FOUND_BROKEN = 8;
/** Not UTF-8. */
export const FOUND_INVALID = 16;
/** `%uXXXX`. */
export const FOUND_WIDE = 32;

const PERCENT = 0x25;
const PLUS = 0x2b;

/** What was found since the last call. */
export function takeFound(): number {
  const bits = found;
  found = 0;
  return bits;
}

/** Text of `text[start, end)`. @param isForm `+` is a space. */
export function decodePercent(text: string, start: number, end: number, isForm: boolean): string {
  let index = start;
  for (; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === PERCENT || (isForm && code === PLUS)) break;
  }
  if (index === end) return text.slice(start, end);
  let form = text.slice(start, index);
  let copied = index;
  while (index < end) {
    const code = text.charCodeAt(index);
    if (isForm && code === PLUS) {
      form += `${text.slice(copied, index)} `;
      copied = ++index;
      continue;
    }
    if (code !== PERCENT) {
      index++;
      continue;
    }
    const length = escapeAt(text, index, end);
    if (length === 0) {
      found |= FOUND_BROKEN;
      index++;
      continue;
    }
    form += text.slice(copied, index) + character;
    index += length;
    copied = index;
  }
  return form + text.slice(copied, end);
}

/** What `escapeAt` found. */
let character = '';

/** Reads one character from its escapes. @returns Characters of the text that it took; 0 when there is none. */
function escapeAt(text: string, at: number, end: number): number {
  const first = octetAt(text, at, end);
  if (first < 0) return wideAt(text, at, end);
  found |= FOUND_ESCAPE;
  if (first < 0x80) {
    if (first === 0) found |= FOUND_NUL;
    character = String.fromCharCode(first);
    return 3;
  }
  const more = first >= 0xf0 && first < 0xf8 ? 3 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xc0 && first < 0xe0 ? 1 : 0;
  let value = more === 0 ? first : first & (0x3f >> more);
  for (let index = 1; index <= more; index++) {
    const octet = octetAt(text, at + 3 * index, end);
    if (octet < 0 || (octet & 0xc0) !== 0x80) return invalid(first);
    value = (value << 6) | (octet & 0x3f);
  }
  if (more === 0) return invalid(first);
  if (value < (more === 1 ? 0x80 : more === 2 ? 0x800 : 0x1_0000)) found |= value < 0x80 ? FOUND_OVERLONG : FOUND_INVALID;
  if (value > 0x10_ff_ff) return invalid(first);
  character = String.fromCodePoint(value);
  return 3 * (more + 1);
}

function invalid(octet: number): number {
  found |= FOUND_INVALID;
  character = String.fromCharCode(octet); // as Latin-1 reads it
  return 3;
}

/** `%u0041`. */
function wideAt(text: string, at: number, end: number): number {
  if (at + 6 > end || (text.charCodeAt(at + 1) | 0x20) !== 0x75) return 0;
  const high = pairAt(text, at + 2);
  const low = pairAt(text, at + 4);
  if (high < 0 || low < 0) return 0;
  found |= FOUND_WIDE;
  character = String.fromCharCode(high * 256 + low);
  return 6;
}

function octetAt(text: string, at: number, end: number): number {
  return at + 3 <= end && text.charCodeAt(at) === PERCENT ? pairAt(text, at + 1) : -1;
}

function pairAt(text: string, at: number): number {
  const high = digit(text.charCodeAt(at));
  const low = digit(text.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
