/**
 * Comma-separated lists with quoted strings in them (RFC 9110 §5.6.1, §5.6.4): a comma inside quotes separates nothing. A quote that
 * is never closed is no quote, so that it cannot hide what follows. Linear.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Where the quoted string that opens at `at` ends (after its closing quote), or -1 when it is not closed. */
export function quotedEnd(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    if (code === BACKSLASH) index++;
  }
  return -1;
}

/** Where a quote opens that is never closed; the length of the text when there is none. From there on quotes are ordinary characters. */
export function looseQuote(text: string): number {
  for (let at = text.indexOf('"'); at >= 0;) {
    const end = quotedEnd(text, at);
    if (end < 0) return at;
    at = text.indexOf('"', end);
  }
  return text.length;
}

/**
 * Where the list element at `at` ends: the next comma outside quotes, or the end of the text.
 * @param loose What `looseQuote` says of the whole text; asked for once, so that reading a list stays linear.
 */
export function elementEnd(text: string, at: number, loose: number): number {
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === COMMA) return index;
    if (code === QUOTE && index < loose) index = quotedEnd(text, index) - 1;
  }
  return text.length;
}

/** What a quoted string says: `text[start, end)` includes both quotes. */
export function unquoted(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? inner.replaceAll(/\\(.)/g, '$1') : inner;
}
