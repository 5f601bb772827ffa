/**
 * Message framing (RFC 9112 §6): how long is the body, and may the connection be used again? Decided once per head, from the fields alone.
 * Strict where leniency has been exploited: any doubt is a fault, nothing is repaired.
 */
import { CLASS, COMMA, DIGIT, HTAB, SP, TOKEN } from './characters.ts';
import { FAULTS, type Fault } from './fault.ts';
import type { FieldSection } from './field-section.ts';

/** How the body ends. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'close';

/** Digits that a Content-Length may have: 10^15 - 1 bytes is below 2^53 and above any real body. */
const LENGTH_DIGITS_MAX = 15;

/** The number in a Content-Length value, or -1: only 1*DIGIT is a length (no sign, no list, no white space). */
export function parseLength(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > LENGTH_DIGITS_MAX) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((CLASS[byte]! & DIGIT) === 0) return -1;
    length = length * 10 + (byte - 0x30);
  }
  return length;
}

/** Compares `bytes[start, end)` with lower-case ASCII, ignoring case. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false;
  for (let index = 0; index < lower.length; index++) {
    const byte = bytes[start + index]!;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== lower.charCodeAt(index)) return false;
  }
  return true;
}

/** Null when the value is exactly `chunked`; else why not (RFC 9112 §6.1: an unknown coding is 501). */
export function codingFault(bytes: Uint8Array, start: number, end: number): Fault | null {
  if (equalsIgnoringCase(bytes, start, end, 'chunked')) return endsInTab(bytes, end) ? FAULTS.transferCoding : null;
  let isUnknown = false;
  let at = start;
  while (at <= end) {
    const from = skipSpace(bytes, at, end);
    let to = from;
    while (to < end && (CLASS[bytes[to]!]! & TOKEN) !== 0) to++;
    const next = skipSpace(bytes, to, end);
    if (to === from || (next < end && bytes[next] !== COMMA)) return FAULTS.transferCoding;
    if (!equalsIgnoringCase(bytes, from, to, 'chunked')) isUnknown = true;
    at = next + 1;
  }
  return isUnknown ? FAULTS.transferCodingUnknown : FAULTS.transferCoding;
}

/** Legal, but Node and others refuse a tab behind `chunked`, nobody sends it, and on framing readers had better agree. */
function endsInTab(bytes: Uint8Array, end: number): boolean {
  let at = end;
  while (bytes[at] === SP) at++;
  return bytes[at] === HTAB;
}

function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
  return at;
}

/** Whether a comma-separated list has this member, whatever its case. `lower` is the member in lower case. */
export function hasMember(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  let at = start;
  while (at < end) {
    const from = skipSpace(bytes, at, end);
    let to = from;
    while (to < end && bytes[to] !== COMMA) to++;
    at = to + 1;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === HTAB)) to--;
    if (equalsIgnoringCase(bytes, from, to, lower)) return true;
  }
  return false;
}

/** What a Connection field says (RFC 9110 §7.6.1). */
export interface ConnectionOptions {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Lower-case names of fields that it nominates, as `,name,name,`; empty when there are none (the usual case). */
  nominated: string;
}

/**
 * Reads one Connection field into `options`. Members that are no tokens are ignored: they nominate nothing.
 * Cost: nothing allocated for `close`, `keep-alive` and `upgrade`.
 */
export function readConnection(bytes: Uint8Array, start: number, end: number, options: ConnectionOptions): void {
  let at = start;
  while (at < end) {
    const from = skipSpace(bytes, at, end);
    let to = from;
    while (to < end && bytes[to] !== COMMA) to++;
    at = to + 1;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === HTAB)) to--;
    if (to === from) continue;
    if (equalsIgnoringCase(bytes, from, to, 'keep-alive')) options.keepAlive = true;
    else if (equalsIgnoringCase(bytes, from, to, 'close')) options.close = true;
    else if (equalsIgnoringCase(bytes, from, to, 'upgrade')) options.upgrade = true;
    else options.nominated = `${options.nominated || ','}${lowerText(bytes, from, to)},`;
  }
}

/** `bytes[start, end)` as lower-case latin1 text. */
export function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text.toLowerCase();
}

/** Whether the field's name is nominated by Connection. */
export function isNominated(fields: FieldSection, index: number, bytes: Uint8Array, start: number, nominated: string): boolean {
  const at = index << 2;
  const name = lowerText(bytes, start + fields.offsets[at]!, start + fields.offsets[at + 1]!);
  return nominated.includes(`,${name},`);
}
