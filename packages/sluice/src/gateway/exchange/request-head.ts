/**
 * The request head that goes upstream, written anew from what was understood: request line from the routed, normalised target; Host first; the
 * client's end-to-end fields; then what we say ourselves; framing last, from the framing that was decided.
 */
import * as known from '../../core/http1/known-fields.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import { DROP, type FieldPolicy, HOP_BY_HOP, copyFields, fieldPolicy } from './field-copy.ts';
import { type CompiledEdits, keptLines } from './header-edits.ts';
import type { ExchangeTrace } from '../tracing/exchange-trace.ts';
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
/** What a proxy in front says of a client's certificate. */
const CERTIFICATE = [known.X_CLIENT_CERT_SUBJECT, known.X_CLIENT_CERT_SAN, known.X_CLIENT_CERT_FINGERPRINT, known.X_CLIENT_CERT_VERIFIED];
const PROTECTED = [known.AUTHORIZATION, known.COOKIE, known.VIA, known.TRAILER];

const REWRITTEN = [known.X_FORWARDED_FOR, known.X_REQUEST_ID];

/** From a peer that is not trusted. */
const UNTRUSTED = fieldPolicy([...HOP_BY_HOP, ...OWN, ...CLAIMS, ...CERTIFICATE], PROTECTED);

/** From a trusted peer: what it claims stays, except what we write anew. */
function trustedPolicies(drop: readonly number[], keep: readonly number[]) {
  return {
    xForwarded: fieldPolicy(
      [...HOP_BY_HOP, ...OWN, ...REWRITTEN, ...drop],
      [...PROTECTED, ...CLAIMS.filter((id) => !REWRITTEN.includes(id)), ...keep],
    ),
    both: fieldPolicy([...HOP_BY_HOP, ...OWN, ...REWRITTEN, known.FORWARDED, ...drop], [...PROTECTED, ...keep]),
  };
}

const TRUSTED = trustedPolicies([], CERTIFICATE);
/** The same on a connection whose own certificate is told of. */
const TRUSTED_WITH_CERTIFICATE = trustedPolicies(CERTIFICATE, []);

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
  /** `identityLines` tell of the client's certificate. */
  readonly tellsOfCertificate: boolean;
  readonly writesForwarded: boolean;
  /** Empty: none is sent. */
  readonly requestId: string;
  readonly edits: CompiledEdits;
  /** The value for Upgrade when this request asks for one and may. */
  readonly upgrade: string | null;
  readonly handshake: HandshakeEdits;
  /** In place of what the client says of its trace; null: that passes like any other field. */
  readonly trace: ExchangeTrace | null;
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
    policy: head.trace === null ? policyFor(head) : tracedPolicy(policyFor(head), head.trace.passesBaggage),
    nominated: parser.connection.nominated,
    drops: edits.drops + head.handshake.drops,
  });
  text += keptLines(head.identityLines, edits.drops);
  if (head.requestId !== '' && !edits.drops.includes(',x-request-id,')) text += `X-Request-Id: ${head.requestId}\r\n`;
  text += edits.lines;
  if (head.trace !== null) text += keptLines(head.trace.lines, edits.drops);
  if (parser.acceptsTrailers && head.upgrade === null) text += 'TE: trailers\r\nConnection: te\r\n';
  if (parser.bodyKind === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  else if (parser.bodyKind === 'length') text += `Content-Length: ${parser.contentLength}\r\n`;
  else if (needsLength(parser.method)) text += 'Content-Length: 0\r\n'; // RFC 9110 §8.6
  if (parser.expectsContinue) text += 'Expect: 100-continue\r\n';
  if (head.upgrade !== null) text += `${head.handshake.lines}Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  return `${text}\r\n`;
}

function policyFor(head: RequestHead): FieldPolicy {
  if (!head.isTrusted) return UNTRUSTED;
  const policies = head.tellsOfCertificate ? TRUSTED_WITH_CERTIFICATE : TRUSTED;
  return head.writesForwarded ? policies.both : policies.xForwarded;
}

/** Policies where the trace is told by us, by the one without and whether baggage stays; few, and made once. */
const TRACED: readonly Map<FieldPolicy, FieldPolicy>[] = [new Map(), new Map()];

function tracedPolicy(policy: FieldPolicy, passesBaggage: boolean): FieldPolicy {
  const made = TRACED[passesBaggage ? 1 : 0]!;
  let traced = made.get(policy);
  if (traced === undefined) {
    traced = policy.slice();
    traced[known.TRACEPARENT] = traced[known.TRACESTATE] = DROP;
    if (!passesBaggage) traced[known.BAGGAGE] = DROP;
    made.set(policy, traced);
  }
  return traced;
}

/** Methods that define a meaning for content say so also when it is empty. */
function needsLength(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}
