/** The response head that goes downstream, written anew from what was understood; framing and persistence are our own. */
import type { Clock } from '../../base/time.ts';
import { SP } from '../../core/http1/characters.ts';
import { ID } from '../../core/http1/field-section.ts';
import * as known from '../../core/http1/known-fields.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { type FieldPolicy, HOP_BY_HOP, copyFields, fieldPolicy } from '../exchange/field-copy.ts';
import { type CompiledEdits, keptLines } from '../exchange/header-edits.ts';
import { httpDate } from '../exchange/http-date.ts';
import type { HandshakeEdits } from '../exchange/web-socket-handshake.ts';

const POLICY = fieldPolicy([...HOP_BY_HOP, known.ENDPOINT_LOAD_METRICS], [known.SET_COOKIE, known.DATE, known.VIA, known.TRAILER]);
/** Where we say it ourselves. Two would be one too many: browsers go by the first (RFC 6797 §8.1). */
const POLICY_WITH_HSTS = fieldPolicy(
  [...HOP_BY_HOP, known.ENDPOINT_LOAD_METRICS, known.STRICT_TRANSPORT_SECURITY],
  [known.SET_COOKIE, known.DATE, known.VIA, known.TRAILER],
);

/** Interim replies (1xx) of one exchange that are passed on; more is an attack on the client. */
export const INTERIMS_MAX = 32;

/** How the body is framed towards the client. */
export type ReplyFraming = 'none' | 'length' | 'chunked' | 'close';

export interface ResponseHead {
  readonly parser: ResponseParser;
  readonly bytes: Buffer;
  readonly start: number;
  readonly framing: ReplyFraming;
  /** A reply without a body to HEAD, or a 304: they may say the length of what they do not carry (RFC 9110 §8.6). */
  readonly keepsLength: boolean;
  readonly close: boolean;
  readonly saysKeepAlive: boolean;
  readonly viaLine: string;
  /** Strict-Transport-Security (RFC 6797); empty where it is not ours to say. */
  readonly hstsLine: string;
  readonly edits: CompiledEdits;
  /** Whole Set-Cookie lines of our own; usually empty. */
  readonly cookieLines: string;
  readonly clock: Clock;
}

/** The whole head as latin1 text, the empty line included. */
export function writeResponseHead(head: ResponseHead): string {
  const { parser, bytes, start, edits } = head;
  let text = statusAndFields(parser, bytes, start, edits.drops, head.hstsLine === '' ? POLICY : POLICY_WITH_HSTS);
  if (!hasDate(parser) && !edits.drops.includes(',date,')) text += `Date: ${httpDate(head.clock.wall())}\r\n`; // RFC 9110 §6.6.1
  text += keptLines(head.viaLine, edits.drops) + keptLines(head.hstsLine, edits.drops) + edits.lines + head.cookieLines;
  if (head.framing === 'length') text += `Content-Length: ${parser.contentLength}\r\n`;
  else if (head.framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  else if (head.framing === 'none') text += emptyLength(head);
  if (head.close) text += 'Connection: close\r\n';
  else if (head.saysKeepAlive) text += 'Connection: keep-alive\r\n';
  return `${text}\r\n`;
}

/** An interim reply (RFC 9110 §15.2) as it is passed on. */
export function writeInterimHead(parser: ResponseParser, bytes: Buffer, start: number): string {
  return `${statusAndFields(parser, bytes, start, '')}\r\n`;
}

/** The head that agrees to an upgrade. */
export interface UpgradeHead {
  readonly parser: ResponseParser;
  readonly bytes: Buffer;
  readonly start: number;
  readonly handshake: HandshakeEdits;
  /** As in `ResponseHead`. */
  readonly cookieLines: string;
}

/** 101: the fields of the origin, what affinity adds, and the upgrade it agreed to. Over HTTP/2 it agreed to a WebSocket with a 2xx (RFC 8441 §5). */
export function writeUpgradeHead(head: UpgradeHead): string {
  const { parser, bytes, start, handshake, cookieLines } = head;
  let text = statusAndFields(parser, bytes, start, handshake.drops);
  if (parser.status !== 101) text = `${VERSION} 101 Switching Protocols${text.slice(text.indexOf('\r\n'))}`;
  return `${text}${handshake.lines}${cookieLines}Connection: Upgrade\r\nUpgrade: ${parser.upgrade ?? 'websocket'}\r\n\r\n`;
}

/** `HTTP/1.1`: the origin's own version ends at this hop (RFC 9110 §2.5). */
const VERSION = 'HTTP/1.1';

/** Status line and fields. The status line behind its version was checked byte by byte, and is taken along when it is complete. */
function statusAndFields(parser: ResponseParser, bytes: Buffer, start: number, drops: string, policy: FieldPolicy = POLICY): string {
  const hasSpace = bytes[start + 12] === SP; // it may be missing where there is no reason: then it is added
  const fields = copyFields({
    fields: parser.fields,
    bytes,
    start: start + parser.fieldsStart,
    lead: hasSpace ? parser.fieldsStart - VERSION.length : 0,
    policy,
    nominated: parser.connection.nominated,
    drops,
  });
  return hasSpace ? VERSION + fields : `${VERSION} ${parser.status} \r\n${fields}`;
}

function emptyLength(head: ResponseHead): string {
  const { status, contentLength } = head.parser;
  if (status === 204 || status < 200) return ''; // RFC 9110 §8.6: must not
  if (head.keepsLength) return contentLength < 0 ? '' : `Content-Length: ${contentLength}\r\n`;
  return 'Content-Length: 0\r\n';
}

function hasDate(parser: ResponseParser): boolean {
  const { ids, count } = parser.fields;
  for (let index = 0; index < count; index++) if ((ids[index]! & ID) === known.DATE) return true;
  return false;
}
