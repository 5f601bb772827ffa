/** The prefix of a gRPC message (gRPC over HTTP/2, "Length-Prefixed-Message"): one byte of flags, four of length. */
import { assert } from '../../base/assert.ts';

export const PREFIX_BYTES = 5;
/** Bit of the flags byte in gRPC-Web: the "message" is the trailers. */
export const WEB_TRAILERS = 0x80;

/** The message with its prefix. */
export function prefixed(message: Uint8Array, flags = 0): Uint8Array {
  assert(message.length <= 0xffffffff, 'a gRPC message is shorter than 4 GiB');
  const bytes = new Uint8Array(PREFIX_BYTES + message.length);
  bytes[0] = flags;
  for (let index = 0; index < 4; index++) bytes[1 + index] = message.length >>> (24 - 8 * index);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/**
 * The one message that a body consists of: not compressed, nothing after it.
 * @returns Null when the body is anything else.
 */
export function onlyMessage(body: Uint8Array): Uint8Array | null {
  if (body.length < PREFIX_BYTES || body[0] !== 0) return null;
  const length = ((body[1]! << 24) | (body[2]! << 16) | (body[3]! << 8) | body[4]!) >>> 0;
  return body.length - PREFIX_BYTES === length ? body.subarray(PREFIX_BYTES) : null;
}
