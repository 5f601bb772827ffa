/**
 * A claim as the value of a header. Whatever an issuer puts into a claim, one line comes out that reads back to what went in: visible ASCII and inner spaces stand for themselves, everything
 * else and `%` itself is percent-encoded UTF-8. Lists are joined by `,` (a comma within an entry is encoded); objects are JSON, encoded alike.
 */

/** Longer values are not sent: the service's own limits on heads are near. */
export const CLAIM_TEXT_MAX = 4096;

/** The text; null for nothing that could be sent (not there, null, too long). */
export function claimText(value: unknown): string | null {
  const text = Array.isArray(value) ? value.map((each) => encode(plainText(each), true)).join(',') : encode(plainText(value), false);
  return text === '' || text.length > CLAIM_TEXT_MAX ? null : text;
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function encode(text: string, isEntry: boolean): string {
  let isPlain = true;
  for (let index = 0; isPlain && index < text.length; index++) isPlain = isOpen(text, index, isEntry);
  if (isPlain) return text;
  let encoded = '';
  for (let index = 0; index < text.length;) {
    const point = text.codePointAt(index)!;
    const width = point > 0xffff ? 2 : 1;
    encoded += width === 1 && isOpen(text, index, isEntry) ? text[index]! : percent(point);
    index += width;
  }
  return encoded;
}

/** Whether the character stands for itself. */
function isOpen(text: string, index: number, isEntry: boolean): boolean {
  const code = text.charCodeAt(index);
  if (code === 0x20) return index > 0 && index < text.length - 1;
  return code > 0x20 && code < 0x7f && code !== 0x25 && !(isEntry && code === 0x2c);
}

/** Half of a pair has no UTF-8: it becomes U+FFFD. */
function percent(point: number): string {
  const isHalf = point >= 0xd800 && point <= 0xdfff;
  const character = isHalf ? '\ufffd' : String.fromCodePoint(point);
  return point < 0x80 ? `%${point.toString(16).toUpperCase().padStart(2, '0')}` : encodeURIComponent(character);
}
