/**
 * The head of a request that a forward proxy sends on, written anew from what was understood: origin-form target, Host of the target and not of the client (RFC 9112 §3.2.2), end-to-end fields;
 * nothing hop-by-hop, and no password for the proxy. The connection is asked to close behind it: it carries one exchange.
 */
import * as known from '../../core/http1/known-fields.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import type { Target } from '../../core/http1/target.ts';
import type { Authority } from '../../core/forward-proxy/authority.ts';
import { copyFields, fieldPolicy, HOP_BY_HOP } from '../exchange/field-copy.ts';

const POLICY = fieldPolicy([...HOP_BY_HOP, known.HOST, known.EXPECT], [known.AUTHORIZATION, known.COOKIE, known.VIA, known.TRAILER]);
/** Max-Forwards is ours to count down (RFC 9110 §7.6.2). */
const COUNTED = ',max-forwards,';
const HTTP_PORT = 80;

export interface ForwardHead {
  readonly parser: RequestParser;
  readonly bytes: Buffer;
  /** First byte of the head in `bytes`. */
  readonly start: number;
  readonly target: Target;
  readonly authority: Authority;
  /** Null: none is added. */
  readonly via: string | null;
  /** What is left of Max-Forwards; null where the request has none that counts. */
  readonly forwards: number | null;
}

/** The whole head as latin1 text, the empty line included. */
export function writeForwardHead({ parser, bytes, start, target, authority, via, forwards }: ForwardHead): string {
  const query = target.query === null ? '' : `?${target.query}`;
  let text = `${parser.method} ${target.path}${query} HTTP/1.1\r\nHost: ${hostField(authority)}\r\n`;
  text += copyFields({
    fields: parser.fields,
    bytes,
    start: start + parser.fieldsStart,
    lead: 0,
    policy: POLICY,
    nominated: parser.connection.nominated,
    drops: forwards === null ? '' : COUNTED,
  });
  if (forwards !== null) text += `Max-Forwards: ${forwards}\r\n`;
  if (via !== null) text += `Via: 1.${parser.minorVersion} ${via}\r\n`;
  if (parser.bodyKind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  else if (parser.bodyKind === 'length') text += `Content-Length: ${parser.contentLength}\r\n`;
  else if (needsLength(parser.method)) text += 'Content-Length: 0\r\n'; // RFC 9110 §8.6
  if (parser.expectsContinue) text += 'Expect: 100-continue\r\n';
  return `${text}Connection: ${parser.acceptsTrailers ? 'close, te\r\nTE: trailers' : 'close'}\r\n\r\n`;
}

/** Without the port that goes without saying. */
function hostField({ host, port }: Authority): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === HTTP_PORT ? name : `${name}:${port}`;
}

function needsLength(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

/** Values that can stand as a number of hops; others say nothing. */
export function readForwards(value: string | null): number | null {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : null;
}
