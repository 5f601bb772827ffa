/** Control frames that we put into a relayed WebSocket ourselves (RFC 6455 §5.5): a close, with its reason, and a ping. */
import { assert } from '../../base/assert.ts';
import { CLOSE, PING } from './frame-scanner.ts';

/** Close codes that we send (RFC 6455 §7.4.1). */
export const CLOSE_CODE = { normal: 1000, goingAway: 1001, protocolError: 1002, internalError: 1011, tryAgainLater: 1013 } as const;

const FINAL = 0x80;
const MASKED = 0x80;
const PAYLOAD_BYTES_MAX = 125;

const UTF8 = new TextEncoder();

/**
 * A close frame.
 * @param reason At most 123 bytes of UTF-8, for people.
 * @param mask Null from server to client; four fresh random bytes from client to server (§5.3).
 */
export function closeFrame(code: number, reason = '', mask: Uint8Array | null = null): Uint8Array {
  assert(isSendable(code), `close code ${code} may stand in a frame (RFC 6455 §7.4)`);
  const text = UTF8.encode(reason);
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return controlFrame(CLOSE, payload, mask);
}

/** A ping frame. @param payload At most 125 bytes, which the pong repeats. @param mask As for {@link closeFrame}. */
export function pingFrame(payload: Uint8Array = new Uint8Array(0), mask: Uint8Array | null = null): Uint8Array {
  return controlFrame(PING, payload, mask);
}

function controlFrame(opcode: number, payload: Uint8Array, mask: Uint8Array | null): Uint8Array {
  assert(payload.length <= PAYLOAD_BYTES_MAX, 'a control frame has at most 125 bytes of payload (RFC 6455 §5.5)');
  assert(mask === null || mask.length === 4, 'a masking key has 4 bytes');
  const start = mask === null ? 2 : 6;
  const frame = new Uint8Array(start + payload.length);
  frame[0] = FINAL | opcode;
  frame[1] = payload.length | (mask === null ? 0 : MASKED);
  frame.set(payload, start);
  if (mask === null) return frame;
  frame.set(mask, 2);
  for (let index = 0; index < payload.length; index++) frame[start + index]! ^= mask[index & 3]!;
  return frame;
}

/** RFC 6455 §7.4: 1005, 1006 and 1015 never stand in a frame, 1004 has no meaning, the rest below 3000 is not assigned. */
function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
