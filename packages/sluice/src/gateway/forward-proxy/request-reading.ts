/** What a head says to a forward proxy: where it wants to go and what is to be sent there, or why it is refused at once. Everything that needs the head's bytes happens here. */
import { type Authority, formatDestination, parseAuthority } from '../../core/forward-proxy/authority.ts';
import { ID } from '../../core/http1/field-section.ts';
import { VIA } from '../../core/http1/known-fields.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import { parseTarget, type Target } from '../../core/http1/target.ts';
import { normalizeHost } from '../../core/routing/host.ts';
import type { Http1Limits } from '../../config/plan.ts';
import type { Asked } from './admission.ts';
import type { ForwardedRequest } from './forward-exchange.ts';
import { readForwards, writeForwardHead } from './forward-head.ts';
import type { ProxyRequest } from './proxy-request.ts';
import { type Refusal, REFUSALS } from './refusals.ts';

export type Reading =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string }
  /** `forward` is null for a tunnel. */
  | { readonly kind: 'asked'; readonly asked: Asked; readonly forward: ForwardedRequest | null };

export interface WholeHead {
  readonly parser: RequestParser;
  readonly bytes: Buffer;
  readonly start: number;
  /** Name in Via; null: none is added. */
  readonly via: string | null;
  readonly limits: Http1Limits;
  /** Learns what the log has to know. */
  readonly request: ProxyRequest;
}

const HTTP_PORT = 80;
const ANSWERED: Refusal = { status: 204, outcome: 'complete' };

export function readRequest(head: WholeHead): Reading {
  const { parser, bytes, start, request } = head;
  request.method = parser.method;
  request.minorVersion = parser.minorVersion;
  request.userAgent = parser.find(bytes, start, 'user-agent') ?? '';
  request.referer = parser.find(bytes, start, 'referer') ?? '';
  const target = parseTarget(parser.method, parser.target);
  if (target === null) return form('the target is malformed');
  // The target says where to (RFC 9112 §3.2.2), but a Host that is none is refused all the same (§3.2).
  if (parser.host !== null && normalizeHost(parser.host) === null) return form('Host is malformed');
  if (target.authority === null) return form('this is a forward proxy: https is asked for by CONNECT, http with the whole URL');
  return target.form === 'authority' ? readConnect(head, target.authority) : readAbsolute(head, target, target.authority);
}

function readConnect(head: WholeHead, text: string): Reading {
  const authority = parseAuthority(text, null);
  if (authority === null) return form('CONNECT takes a host and a port, the host a name or a plain address');
  head.request.destination = formatDestination(authority.host, authority.port);
  // RFC 9110 §9.3.6: content has no meaning, and where it ends would be a matter of opinion.
  if (head.parser.bodyKind !== 'none') return form('CONNECT has no content');
  return { kind: 'asked', asked: askedBy(head, authority, true), forward: null };
}

function readAbsolute(head: WholeHead, target: Target, text: string): Reading {
  const { parser, bytes, start, request, limits, via } = head;
  if (isHttps(parser.target)) return form('https is asked for by CONNECT');
  const authority = parseAuthority(text, HTTP_PORT);
  if (authority === null) return form('the host must be a name or a plain address, the port a number');
  request.destination = formatDestination(authority.host, authority.port);
  request.path = target.path;
  request.query = target.query ?? '';
  // Upgrade is not passed on, but a client that means it would take what follows for frames, and we for content.
  if (parser.bodyKind !== 'none' && parser.upgrade?.toLowerCase().includes('websocket') === true)
    return form('a WebSocket handshake has no content');
  if (parser.method === 'TRACE')
    return refused(REFUSALS.method, 'TRACE is not passed on: its reply would show what others keep from the client');
  const forwards = parser.method === 'OPTIONS' ? readForwards(parser.find(bytes, start, 'max-forwards')) : null;
  if (forwards === 0) return refused(ANSWERED, ''); // RFC 9110 §7.6.2: it was meant for us
  const written = writeForwardHead({ parser, bytes, start, target, authority, via, forwards: forwards === null ? null : forwards - 1 });
  const { bodyKind, contentLength, expectsContinue } = parser;
  return {
    kind: 'asked',
    asked: askedBy(head, authority, false),
    forward: { head: written, bodyKind, contentLength, isHead: parser.method === 'HEAD', expectsContinue, limits },
  };
}

function askedBy({ parser, bytes, start }: WholeHead, authority: Authority, isConnect: boolean): Asked {
  const credentials = parser.find(bytes, start, 'proxy-authorization');
  return { authority, isConnect, credentials, via: joined(parser, bytes, start) };
}

/** All Via fields as one list. */
function joined(parser: RequestParser, bytes: Buffer, start: number): string | null {
  if (parser.find(bytes, start, 'via') === null) return null;
  const values: string[] = [];
  for (let index = 0; index < parser.fields.count; index++)
    if ((parser.fields.ids[index]! & ID) === VIA) values.push(parser.value(bytes, start, index));
  return values.join(',');
}

function isHttps(target: string): boolean {
  return target.slice(0, 6).toLowerCase() === 'https:';
}

function form(detail: string): Reading {
  return refused(REFUSALS.form, detail);
}

function refused(refusal: Refusal, detail: string): Reading {
  return { kind: 'refused', refusal, detail };
}
