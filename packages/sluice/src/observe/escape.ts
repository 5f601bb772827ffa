/**
 * Text from outside, made safe for a log line or a metric label: nothing that a client sends can begin a new line, end a quoted
 * field or reach a terminal as a control sequence. Each function copies nothing when there is nothing to escape (the usual case).
 * Sources: RFC 8259 §7 (JSON), Apache's mod_log_config (combined), Prometheus text format 0.0.4 (labels).
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const TILDE = 0x7e;

/** A JSON string in quotes, in ASCII alone: everything else is `\uXXXX`, lone surrogates too, so the file has no encoding to get wrong. */
export function jsonString(text: string): string {
  const clean = plainLength(text);
  if (clean === text.length) return `"${text}"`;
  let escaped = text.slice(0, clean);
  for (let index = clean; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isPlain(code)) escaped += text[index];
    else if (code === QUOTE) escaped += '\\"';
    else if (code === BACKSLASH) escaped += '\\\\';
    else escaped += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `"${escaped}"`;
}

/** The inside of a quoted field as Apache writes it: `\"`, `\\`, `\xhh` for each byte (UTF-8 above latin1) outside printable ASCII. */
export function apacheField(text: string): string {
  const clean = plainLength(text);
  if (clean === text.length) return text;
  let escaped = text.slice(0, clean);
  for (let index = clean; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isPlain(code)) escaped += text[index];
    else if (code === QUOTE) escaped += '\\"';
    else if (code === BACKSLASH) escaped += '\\\\';
    else escaped += hexBytes(code);
  }
  return escaped;
}

/** The inside of a label value: backslash, quote and line feed are escaped; the format is UTF-8, so the rest stays. */
export function labelValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** Characters before the first one that any of the log formats escapes. */
function plainLength(text: string): number {
  let index = 0;
  while (index < text.length && isPlain(text.charCodeAt(index))) index++;
  return index;
}

function isPlain(code: number): boolean {
  return code >= SPACE && code <= TILDE && code !== QUOTE && code !== BACKSLASH;
}

function hexBytes(code: number): string {
  if (code <= 0xff) return hexByte(code);
  if (code <= 0x7ff) return hexByte(0xc0 | (code >> 6)) + hexByte(0x80 | (code & 0x3f));
  return hexByte(0xe0 | (code >> 12)) + hexByte(0x80 | ((code >> 6) & 0x3f)) + hexByte(0x80 | (code & 0x3f));
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
