/**
 * The opening handshake of a WebSocket between versions of HTTP. HTTP/1.1 has a key and its proof (RFC 6455 §4), HTTP/2 has neither (RFC 8441 §5). Where one side is
 * HTTP/2 we are the other side's peer: we make the key and check the proof, or we give it. Between HTTP/1.1 and HTTP/1.1 both pass, and the client checks; so with nginx and
 * Envoy, and HAProxy checks only what it made itself. Version, subprotocol and extensions pass everywhere.
 */
import { hash, randomBytes } from 'node:crypto';
import { equalsIgnoringCase } from '../../core/http1/framing.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { latin1 } from '../../core/http1/text.ts';
import { isWebSocketKey, webSocketAccept } from '../../core/websocket/handshake.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { HttpVersion } from './exchange.ts';

const PROTOCOL = 'websocket';
const ACCEPT = 'sec-websocket-accept';
const ACCEPT_DROP = `,${ACCEPT},`;

/** As much of an exchange as a handshake has. `exchange.ts` is it. */
export interface Handshake {
  readonly isHttp2: boolean;
  isWebSocket: boolean;
  webSocketKey: string;
}

/** What is left out of a head and what is added to it. */
export interface HandshakeEdits {
  /** As in `CompiledEdits.drops`. */
  readonly drops: string;
  /** Field lines, each with CRLF. */
  readonly lines: string;
}

const NO_EDITS: HandshakeEdits = { drops: '', lines: '' };
const NO_ACCEPT: HandshakeEdits = { drops: ACCEPT_DROP, lines: '' };

/** Whether a request asks for a WebSocket (RFC 6455 §4.2.1). @param upgrade The value for Upgrade that may pass. */
export function asksForWebSocket(method: string, upgrade: string | null): boolean {
  return method === 'GET' && upgrade?.toLowerCase() === PROTOCOL;
}

/**
 * Notes the key that the handshake has: the client's, or over HTTP/2 a new one.
 * @param key The client's; null when it sent none.
 * @returns False: the service speaks HTTP/2 and we would have to answer for it, which this key does not allow (RFC 6455 §4.2.2 item 4).
 */
export function beginHandshake(handshake: Handshake, protocol: ServicePlan['protocol'], key: string | null): boolean {
  handshake.isWebSocket = true;
  if (handshake.isHttp2) handshake.webSocketKey = randomBytes(16).toString('base64');
  else if (protocol === 'http2') handshake.webSocketKey = key ?? '';
  else return true;
  return isWebSocketKey(handshake.webSocketKey);
}

/** What the request's head says of the key. */
export function requestEdits({ isHttp2, isWebSocket, webSocketKey }: Handshake): HandshakeEdits {
  // RFC 8441 §5: a key that comes over HTTP/2 has no meaning.
  return isHttp2 && isWebSocket ? { drops: ',sec-websocket-key,', lines: `Sec-WebSocket-Key: ${webSocketKey}\r\n` } : NO_EDITS;
}

/** A request's head for an endpoint over HTTP/2, which has no keys. */
export function withoutKey(head: string): string {
  return head.replaceAll(/\r\nsec-websocket-key:[^\r]*(?=\r\n)/gi, '');
}

/** What the head that says yes has of the proof. @param upstream The version that the endpoint speaks. */
export function replyEdits(handshake: Handshake, upstream: HttpVersion): HandshakeEdits {
  if (!handshake.isWebSocket) return NO_EDITS;
  if (handshake.isHttp2) return NO_ACCEPT;
  if (upstream !== 2) return NO_EDITS;
  return { drops: ACCEPT_DROP, lines: `Sec-WebSocket-Accept: ${proofOf(handshake.webSocketKey)}\r\n` };
}

/** Whether a 101 answers what was asked, as far as it is for us to check: the client of ours has no means to. */
export function isAnswered(handshake: Handshake, parser: ResponseParser, bytes: Buffer, start: number): boolean {
  if (!handshake.isHttp2 || !handshake.isWebSocket) return true;
  if (parser.upgrade?.toLowerCase() !== PROTOCOL) return false;
  const { fields } = parser;
  const section = start + parser.fieldsStart;
  let proof: string | null = null;
  for (let index = 0; index < fields.count; index++) {
    const at = index << 2;
    const { offsets } = fields;
    if (!equalsIgnoringCase(bytes, section + offsets[at]!, section + offsets[at + 1]!, ACCEPT)) continue;
    if (proof !== null) return false;
    proof = latin1(bytes, section + offsets[at + 2]!, section + offsets[at + 3]!);
  }
  return proof === proofOf(handshake.webSocketKey);
}

function proofOf(key: string): string {
  return webSocketAccept(key, (text) => hash('sha1', text, 'base64'));
}
