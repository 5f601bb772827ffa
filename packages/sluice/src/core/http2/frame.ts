/** Frame types, flags and sizes (RFC 9113 §4.1, §6). */

export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PUSH_PROMISE = 0x5;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
/** HEADERS carries a priority (§6.2). */
export const PRIORITISED = 0x20;

/** A frame's head. */
export const FRAME_HEAD_BYTES = 9;
/** The payload that everybody takes, and the most that we send and take (SETTINGS_MAX_FRAME_SIZE's lowest and first value). */
export const PAYLOAD_BYTES_MAX = 16_384;
/** Largest window, and largest stream identifier. */
export const INT31_MAX = 0x7fff_ffff;
/** Windows before any SETTINGS (§6.9.2). */
export const FIRST_WINDOW_BYTES = 65_535;

/** What a client sends first (§3.4). */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Whether a connection begins as the preface does. `PRI` is a method of no one's. */
export function beginsAsPreface(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x52 && bytes[2] === 0x49 && bytes[3] === 0x20;
}

/** An unsigned 31-bit number; the reserved bit is ignored. */
export function readInt31(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** An unsigned 32-bit number. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
