/**
 * The request head that goes upstream, written anew from what was understood: request line from the routed, normalised target; Host first; the
 * client's end-to-end fields; then what we say ourselves; framing last, from the framing that was decided.
 */
import * as known from '../../core/http1/known-fields.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import { HOP_BY_HOP, copyFields, fieldPolicy } from './field-copy.ts';
import { type CompiledEdits, keptLines } from './header-edits.ts';
import type { HandshakeEdits } from './web-socket-handshake.ts';

const OWN = [known.HOST, known.EXPECT];
const CLAIMS = [
  known.X_FORWARDED_FOR,
  known.X_FORWARDED_PROTO,
  known.X_FORWARDED_HOST,
  known.X_FORWARDED_PORT,
  known.X_FORWARDED_PREFIX,
  known.X_FORWARDED_SERVER,
  known.FORWARDED,
  known.X_REAL_IP,
  known.X_REQUEST_ID,
  known.X_ORIGINAL_URL,
  known.X_REWRITE_URL,
];
const PROTECTED = [known.AUTHORIZATION, known.COOKIE, known.VIA, known.TRAILER];

/** From a peer that is not trusted. */
const UNTRUSTED = fieldPolicy([...HOP_BY_HOP, ...OWN, ...CLAIMS], PROTECTED);
/** From a trusted peer: what it claims stays, except what we write anew. */
const TRUSTED_X_FORWARDED = fieldPolicy(
  [...HOP_BY_HOP, ...OWN, known.X_FORWARDED_FOR, known.X_REQUEST_ID],
  [...PROTECTED, ...CLAIMS.filter((id) => id !== known.X_FORWARDED_FOR && id !== known.X_REQUEST_ID)],
);
const TRUSTED_BOTH = fieldPolicy([...HOP_BY_HOP, ...OWN, known.X_FORWARDED_FOR, known.X_REQUEST_ID, known.FORWARDED], PROTECTED);

export interface RequestHead {
  readonly parser: RequestParser;
  readonly bytes: Buffer;
  /** First byte of the head in `bytes`. */
  readonly start: number;
  /** Normalised or rewritten path, with `?query`. */
  readonly target: string;
  /** Host for the origin. */
  readonly host: string;
  /** Lines about the client (`PeerIdentity.requestLines`). */
  readonly identityLines: string;
  readonly isTrusted: boolean;
  readonly writesForwarded: boolean;
  /** Empty: none is sent. */
  readonly requestId: string;
  readonly edits: CompiledEdits;
  /** The value for Upgrade when this request asks for one and may. */
  readonly upgrade: string | null;
  readonly handshake: HandshakeEdits;
}

/** The whole head as latin1 text, the empty line included. */
export function writeRequestHead(head: RequestHead): string {
  const { parser, edits } = head;
  let text = `${parser.method} ${head.target} HTTP/1.1\r\nHost: ${head.host}\r\n`;
  text += copyFields({
    fields: parser.fields,
    bytes: head.bytes,
    start: head.start + parser.fieldsStart,
    lead: 0,
    policy: head.isTrusted ? (head.writesForwarded ? TRUSTED_BOTH : TRUSTED_X_FORWARDED) : UNTRUSTED,
    nominated: parser.connection.nominated,
    drops: edits.drops + head.handshake.drops,
  });
  text += keptLines(head.identityLines, edits.drops);
  if (head.requestId !== '' && !edits.drops.includes(',x-request-id,')) text += `X-Request-Id: ${head.requestId}\r\n`;
  text += edits.lines;
  if (parser.acceptsTrailers && head.upgrade === null) text += 'TE: trailers\r\nConnection: te\r\n';
  if (parser.bodyKind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  else if (parser.bodyKind === 'length') text += `Content-Length: ${parser.contentLength}\r\n`;
  else if (needsLength(parser.method)) text += 'Content-Length: 0\r\n'; // RFC 9110 §8.6
  if (parser.expectsContinue) text += 'Expect: 100-continue\r\n';
  if (head.upgrade !== null) text += `${head.handshake.lines}Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  return `${text}\r\n`;
}

/** Methods that define a meaning for content say so also when it is empty. */
function needsLength(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}
