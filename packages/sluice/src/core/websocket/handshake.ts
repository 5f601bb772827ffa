/**
 * The key of the opening handshake (RFC 6455 §4): only needed where we end one side of it ourselves, between HTTP/2 (RFC 8441, which has no
 * keys) and HTTP/1.1. SHA-1 is here a proof that the other side knows the protocol, not a secret.
 */

/** SHA-1 over ASCII text, in base64. Node's `crypto.hash('sha1', text, 'base64')` is it. */
export type Sha1Base64 = (text: string) => string;

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Whether a Sec-WebSocket-Key is 16 bytes in base64 (§4.1 item 7). */
export function isWebSocketKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(key);
}

/** The Sec-WebSocket-Accept that answers a key (§4.2.2 item 5.4). */
export function webSocketAccept(key: string, sha1: Sha1Base64): string {
  return sha1(key + GUID);
}
