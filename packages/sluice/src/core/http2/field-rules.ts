/**
 * Which characters and names a field may have (RFC 9113 §8.2). Where the two versions of HTTP differ the stricter rule holds, so that what passes here passes
 * the HTTP/1.1 parser, too: control characters are refused everywhere (RFC 9110 §5.5 lets a recipient do so).
 */
import { CLASS, HTAB, SP, TOKEN, VISIBLE } from '../http1/characters.ts';
import * as known from '../http1/known-fields.ts';

/** tchar without upper case (§8.2.1). */
const LOWER_TOKEN = new Uint8Array(256);
const DELETE = 0x7f;

for (let byte = 0; byte < 256; byte++) {
  const isUpper = byte >= 0x41 && byte <= 0x5a;
  LOWER_TOKEN[byte] = (CLASS[byte]! & TOKEN) !== 0 && !isUpper ? 1 : 0;
}

/** By known-field id: connection-specific fields, which make a message malformed (§8.2.2). */
const IS_CONNECTION_SPECIFIC = new Uint8Array(64);
for (const id of [known.CONNECTION, known.PROXY_CONNECTION, known.KEEP_ALIVE, known.TRANSFER_ENCODING, known.UPGRADE]) {
  IS_CONNECTION_SPECIFIC[id] = 1;
}

export function isConnectionSpecific(id: number): boolean {
  return IS_CONNECTION_SPECIFIC[id & 0x3f] === 1 && (id & known.ALIAS) === 0;
}

/** A field name that may stand in a message: lower-case token, at least one character. */
export function isFieldName(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at++) if (LOWER_TOKEN[bytes[at]!] === 0) return false;
  return true;
}

/** A value without control characters, and without white space at its ends (§8.2.1). */
export function isFieldValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  const first = bytes[start]!;
  const last = bytes[end - 1]!;
  if (first === SP || first === HTAB || last === SP || last === HTAB) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if ((byte < SP && byte !== HTAB) || byte === DELETE) return false;
  }
  return true;
}

export function isToken(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at++) if ((CLASS[bytes[at]!]! & TOKEN) === 0) return false;
  return true;
}

/** Visible ASCII only, which is what a first line of HTTP/1.1 is made of; at least one character. */
export function isVisible(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  for (let at = start; at < end; at++) if ((CLASS[bytes[at]!]! & VISIBLE) === 0) return false;
  return true;
}

/** Whether `bytes[start, end)` is this ASCII text. */
export function equals(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
