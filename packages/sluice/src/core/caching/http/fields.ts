/**
 * Field lines as the caching rules read them: by name, repeated ones joined (RFC 9110 §5.3). `TextFields` reads a head as it is stored,
 * latin1 lines `Name: value` CRLF, by scanning: one comparison of a character per line that is not the one asked for, some 5 ns each, and
 * no map, for a cache asks for few names. Nothing is kept but the text. Linear in the text.
 */
import { COLON, HTAB, SP } from '../../http1/characters.ts';

/** The fields of a request or reply. */
export interface Fields {
  /**
   * The value of a field, without the blanks around it.
   * @param name Lower case.
   * @returns The values of repeated lines joined by `, `; null when there is none.
   */
  get(name: string): string | null;
}

/** No fields at all. */
export const NO_FIELDS: Fields = { get: () => null };

/** Fields in lines of text. */
export class TextFields implements Fields {
  readonly #text: string;

  /** @param text Lines `Name: value\r\n`; the last one may lack its end. */
  constructor(text: string) {
    this.#text = text;
  }

  get(name: string): string | null {
    const text = this.#text;
    let joined: string | null = null;
    for (let at = 0; at < text.length; at = lineAfter(text, at)) {
      if (!isLineOf(text, at, name)) continue;
      const value = lineValue(text, at + name.length + 1);
      joined = joined === null ? value : `${joined}, ${value}`;
    }
    return joined;
  }
}

/** Where the line after the one at `at` begins; the length of the text after the last. */
export function lineAfter(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** True when the line at `at` is one of the field `name` (lower case). */
export function isLineOf(text: string, at: number, name: string): boolean {
  if (text.charCodeAt(at + name.length) !== COLON) return false;
  for (let index = name.length - 1; index >= 0; index--) {
    if (lowerCase(text.charCodeAt(at + index)) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** The name of the line at `at` in lower case; empty where it has none. */
export function lineName(text: string, at: number): string {
  const colon = text.indexOf(':', at);
  return colon < 0 || colon >= lineAfter(text, at) ? '' : text.slice(at, colon).toLowerCase();
}

/** The value that begins at `start` and ends with its line, without the blanks around it. */
function lineValue(text: string, start: number): string {
  let end = text.indexOf('\n', start);
  if (end < 0) end = text.length;
  else if (end > start && text.charCodeAt(end - 1) === 0x0d) end--;
  return trimmed(text, start, end);
}

/** `text[start, end)` without blanks (SP, HTAB) at its ends. */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** OWS (RFC 9110 §5.6.3). */
export function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Where `text` goes on after blanks at `at`. */
export function skipBlanks(text: string, at: number): number {
  let index = at;
  while (isBlank(text.charCodeAt(index))) index++;
  return index;
}

/** The code of the character in ASCII lower case. */
export function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}
