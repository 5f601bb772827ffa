/**
 * Range (RFC 9110 §14) over content of known length. What is not worth parts is answered whole, as §14.2 allows: anything but `bytes`,
 * a broken set, more than `RANGES_MAX` ranges, ranges that overlap, and sets that come to no less than the whole. So one request never
 * makes us send more than the content and its frames (the attack of CVE-2011-3192). The caller has checked method, status and If-Range.
 */
import { CLASS, DIGIT } from '../../http1/characters.ts';
import { isBlank, lowerCase, skipBlanks } from './fields.ts';

/** More ranges than this are answered whole. */
export const RANGES_MAX = 16;
/** What one part of a multipart reply costs, reckoned (RFC 9110 §15.3.7.2: "around 80 bytes"). */
const PART_BYTES = 80;

/** Bytes `start..end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** How a request is answered. */
export type RangeVerdict =
  | { readonly kind: 'whole' }
  | { readonly kind: 'single'; readonly start: number; readonly end: number }
  | { readonly kind: 'multi'; readonly parts: readonly ByteRange[] }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeVerdict = Object.freeze({ kind: 'whole' });
const UNSATISFIABLE: RangeVerdict = Object.freeze({ kind: 'unsatisfiable' });
const UNIT = 'bytes=';

/**
 * Reads a Range. Never throws; linear.
 * @param value Null when there is none.
 * @param length Of the content, in bytes.
 */
export function rangeOf(value: string | null, length: number): RangeVerdict {
  if (value === null || length === 0 || !isBytes(value)) return WHOLE;
  const parts: ByteRange[] = [];
  let count = 0;
  for (let at = UNIT.length; at <= value.length;) {
    const start = skipBlanks(value, at);
    let end = value.indexOf(',', start);
    if (end < 0) end = value.length;
    at = end + 1;
    while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
    // An empty element of a list counts for nothing (RFC 9110 §5.6.1.2).
    if (start >= end) continue;
    if (++count > RANGES_MAX || !readRange(value, start, end, length, parts)) return WHOLE;
  }
  if (count === 0) return WHOLE;
  return chosen(parts, length);
}

function chosen(parts: readonly ByteRange[], length: number): RangeVerdict {
  if (parts.length === 0) return UNSATISFIABLE;
  if (parts.length === 1) return { kind: 'single', start: parts[0]!.start, end: parts[0]!.end };
  let bytes = 0;
  for (const part of parts) bytes += part.end - part.start + 1 + PART_BYTES;
  return bytes >= length || overlaps(parts) ? WHOLE : { kind: 'multi', parts };
}

function overlaps(parts: readonly ByteRange[]): boolean {
  for (let left = 0; left < parts.length; left++) {
    for (let right = left + 1; right < parts.length; right++) {
      if (parts[left]!.start <= parts[right]!.end && parts[right]!.start <= parts[left]!.end) return true;
    }
  }
  return false;
}

function isBytes(value: string): boolean {
  for (let index = 0; index < UNIT.length; index++) if (lowerCase(value.charCodeAt(index)) !== UNIT.charCodeAt(index)) return false;
  return true;
}

/** Adds the range in `text[start, end)` if the content has any of it. False when it is none (RFC 9110 §14.1.2). */
function readRange(text: string, start: number, end: number, length: number, parts: ByteRange[]): boolean {
  const dash = text.indexOf('-', start);
  if (dash < 0 || dash >= end) return false;
  const first = position(text, start, dash);
  const last = position(text, dash + 1, end);
  if (first === BROKEN || last === BROKEN || (first === NONE && last === NONE)) return false;
  if (first === NONE) {
    if (last > 0) parts.push({ start: Math.max(0, length - last), end: length - 1 });
    return true;
  }
  if (last !== NONE && last < first) return false;
  if (first < length) parts.push({ start: first, end: last === NONE ? length - 1 : Math.min(last, length - 1) });
  return true;
}

const NONE = -1;
const BROKEN = -2;

/** Digits, saturating; NONE where there is nothing. */
function position(text: string, start: number, end: number): number {
  if (start === end) return NONE;
  let value = 0;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code > 255 || (CLASS[code]! & DIGIT) === 0) return BROKEN;
    value = Math.min(Number.MAX_SAFE_INTEGER, value * 10 + code - 0x30);
  }
  return value;
}

/** For a 206 with one range. */
export function contentRangeLine(range: ByteRange, length: number): string {
  return `Content-Range: bytes ${range.start}-${range.end}/${length}\r\n`;
}

/** For a 416 (RFC 9110 §15.5.17). */
export function unsatisfiedRangeLine(length: number): string {
  return `Content-Range: bytes */${length}\r\n`;
}

/** The frame of a multipart/byteranges reply: `heads[i]`, the bytes of part i, …, `tail`. */
export interface MultipartFrame {
  readonly heads: readonly string[];
  readonly tail: string;
  /** Content-Length of the whole. */
  readonly totalBytes: number;
  /** Content-Type of the whole; it takes the place of the stored one. */
  readonly contentType: string;
}

/**
 * Frames parts (RFC 9110 §14.6).
 * @param contentType Of the stored reply, latin1; null when it has none.
 * @param boundary Random, 1..70 characters of a token, by the caller.
 */
export function multipartFrame(parts: readonly ByteRange[], length: number, contentType: string | null, boundary: string): MultipartFrame {
  const type = contentType === null ? '' : `Content-Type: ${contentType}\r\n`;
  const heads: string[] = [];
  const tail = `\r\n--${boundary}--\r\n`;
  let totalBytes = tail.length;
  for (const part of parts) {
    const head = `\r\n--${boundary}\r\n${type}${contentRangeLine(part, length)}\r\n`;
    heads.push(head);
    totalBytes += head.length + part.end - part.start + 1;
  }
  return { heads, tail, totalBytes, contentType: `multipart/byteranges; boundary=${boundary}` };
}
