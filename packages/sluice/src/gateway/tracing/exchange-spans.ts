/**
 * The spans of an exchange that is kept: its own (server), of each attempt (client), of the cache, and of filters that had it wait or answered (internal). Names and attributes are those of OpenTelemetry's semantic
 * conventions for HTTP and RPC spans where they have one. The query string is left out: it may carry tokens. A few microseconds, for kept traces only.
 */
import type { Instant } from '../../base/time.ts';
import type { SpanRecord } from '../../core/tracing/trace-record.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type AttemptTrace, type ExchangeTrace, StageTrace } from './exchange-trace.ts';

type Attributes = Record<string, string | number | boolean>;

const INTERNAL = 0;
const SERVER = 1;
const CLIENT = 2;

/** @param wallMs What makes wall time of `now`'s. @returns The exchange's own first. */
export function exchangeSpans(exchange: Exchange, trace: ExchangeTrace, now: Instant, wallMs: number): readonly SpanRecord[] {
  const spans = [exchangeSpan(exchange, trace, now, wallMs)];
  // A stage has no id while nobody needs one: derived from the exchange's, which is random.
  let derived = 0;
  for (const stage of trace.stages) {
    if (stage.kind !== 'cache') spans.push(stageSpan(exchange, trace, stage, derivedId(trace, ++derived), now, wallMs));
  }
  const { answeredBy } = exchange;
  if (answeredBy !== '' && !trace.stages.some(({ kind }) => kind === answeredBy)) {
    spans.push(stageSpan(exchange, trace, new StageTrace(answeredBy, now), derivedId(trace, ++derived), now, wallMs)); // at once: that was the end
  }
  if (exchange.cached !== '') spans.push(cacheSpan(exchange, trace, derivedId(trace, ++derived), now, wallMs));
  for (let at = 0; at < trace.attempts.length; at++) spans.push(attemptSpan(exchange, trace, at, now, wallMs));
  return spans;
}

function exchangeSpan(exchange: Exchange, trace: ExchangeTrace, now: Instant, wallMs: number): SpanRecord {
  const { route, service } = exchange;
  const attributes: Attributes = {
    'http.request.method': exchange.method,
    'url.path': exchange.path,
    'url.scheme': trace.isTls ? 'https' : 'http',
    'network.protocol.name': 'http',
    'network.protocol.version': exchange.isHttp2 ? '2' : `1.${exchange.minorVersion}`,
    'sluice.listener': trace.listener.name,
    'sluice.outcome': exchange.outcome,
  };
  put(attributes, 'client.address', exchange.clientAddress);
  putAuthority(attributes, trace.host);
  if (trace.listener.address.kind === 'tcp') attributes['server.port'] ??= trace.listener.address.port;
  if (exchange.status > 0) attributes['http.response.status_code'] = exchange.status;
  put(attributes, 'user_agent.original', exchange.log?.userAgent ?? '');
  if (route !== null) attributes['http.route'] = attributes['sluice.route'] = route.plan.name;
  put(attributes, 'sluice.service', service?.plan.name ?? '');
  if (exchange.endpoint >= 0 && service !== null) put(attributes, 'sluice.endpoint', service.addressOf(exchange.endpoint));
  put(attributes, 'sluice.cache', exchange.cached);
  put(attributes, 'sluice.filter', exchange.answeredBy);
  put(attributes, 'sluice.affinity', exchange.affinity);
  put(attributes, 'sluice.request_id', exchange.requestId);
  if (exchange.grpcStatus >= 0 || exchange.isGrpc) putCall(attributes, exchange);
  const error = errorOf(exchange);
  put(attributes, 'error.type', error);
  const name = route === null ? exchange.method : `${exchange.method} ${route.plan.name}`;
  return span({ spanId: trace.spanId, parentId: trace.parentId, name, kind: SERVER, attributes, error }, exchange.startedAt, now, wallMs);
}

function attemptSpan(exchange: Exchange, trace: ExchangeTrace, at: number, now: Instant, wallMs: number): SpanRecord {
  const attempt = trace.attempts[at]!;
  const attributes: Attributes = { 'http.request.method': exchange.method };
  const address = exchange.service?.addressOf(attempt.slot) ?? '';
  putAuthority(attributes, address);
  put(attributes, 'sluice.endpoint', address);
  if (at > 0) attributes['http.request.resend_count'] = at;
  if (attempt.isHedge) attributes['sluice.hedge'] = true;
  if (attempt.connectMs >= 0) attributes['sluice.connect_ms'] = attempt.connectMs;
  if (attempt.firstByteAt >= 0) attributes['sluice.first_byte_ms'] = attempt.firstByteAt - attempt.startedAt;
  if (attempt.status > 0) attributes['http.response.status_code'] = attempt.status;
  if (attempt.isLeft || attempt.endedAt < 0) attributes['sluice.unfinished'] = true;
  const error = attemptError(attempt);
  put(attributes, 'error.type', error);
  const end = attempt.endedAt < 0 ? now : attempt.endedAt;
  const identity = { spanId: attempt.spanId, parentId: trace.spanId, name: exchange.method, kind: CLIENT, attributes, error } as const;
  return span(identity, attempt.startedAt, end, wallMs);
}

/** From when the cache looked until it had decided, or has answered. */
function cacheSpan(exchange: Exchange, trace: ExchangeTrace, spanId: string, now: Instant, wallMs: number): SpanRecord {
  const stage = trace.stages.find(({ kind }) => kind === 'cache');
  const sent = trace.attempts[0]?.startedAt;
  const start = stage?.startedAt ?? sent ?? exchange.startedAt;
  const end = sent === undefined || exchange.attempts === 0 ? now : sent;
  const attributes: Attributes = { 'sluice.cache': exchange.cached };
  const identity = { spanId, parentId: trace.spanId, name: `cache ${exchange.cached}`, kind: INTERNAL, attributes, error: '' } as const;
  return span(identity, start, end, wallMs);
}

function stageSpan(exchange: Exchange, trace: ExchangeTrace, stage: StageTrace, spanId: string, now: Instant, wallMs: number): SpanRecord {
  const isAnswer = exchange.answeredBy === stage.kind;
  const attributes: Attributes = { 'sluice.filter': stage.kind, 'sluice.answered': isAnswer };
  if (isAnswer && exchange.status > 0) attributes['http.response.status_code'] = exchange.status;
  const identity = { spanId, parentId: trace.spanId, name: `filter ${stage.kind}`, kind: INTERNAL, attributes, error: '' } as const;
  return span(identity, stage.startedAt, stage.endedAt < 0 ? now : stage.endedAt, wallMs);
}

function span(identity: Omit<SpanRecord, 'startMs' | 'endMs'>, start: number, end: number, wallMs: number): SpanRecord {
  const startMs = start + wallMs;
  return { ...identity, startMs, endMs: Math.max(startMs, end + wallMs) };
}

/** Server spans fail with 5xx and when there is no whole reply, not with what the client did wrong. */
function errorOf(exchange: Exchange): string {
  const { outcome, status } = exchange;
  if (outcome !== 'complete' && outcome !== 'client-gone' && outcome !== 'client-error') return outcome;
  if (exchange.grpcStatus > 0 && SERVER_FAULTS.has(exchange.grpcStatus)) return String(exchange.grpcStatus);
  return status >= 500 ? String(status) : '';
}

/** gRPC statuses that are a server's fault, by the conventions: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const SERVER_FAULTS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/** Client spans fail with 4xx, too. */
function attemptError({ failure, status }: AttemptTrace): string {
  return failure === '' && status >= 400 ? String(status) : failure;
}

/** `/package.Service/Method`. */
function putCall(attributes: Attributes, { path, grpcStatus }: Exchange): void {
  attributes['rpc.system'] = 'grpc';
  const slash = path.lastIndexOf('/');
  if (slash > 0) {
    attributes['rpc.service'] = path.slice(1, slash);
    attributes['rpc.method'] = path.slice(slash + 1);
  }
  if (grpcStatus >= 0) attributes['rpc.grpc.status_code'] = grpcStatus;
}

/** `host:port`, `[::1]:80`, `unix:/path`, or without a port. */
function putAuthority(attributes: Attributes, authority: string): void {
  if (authority === '') return;
  const colon = authority.lastIndexOf(':');
  const port = colon > authority.lastIndexOf(']') ? Number(authority.slice(colon + 1)) : Number.NaN;
  if (!Number.isInteger(port)) attributes['server.address'] = authority;
  else {
    attributes['server.address'] = authority.slice(0, colon);
    attributes['server.port'] = port;
  }
}

function put(attributes: Attributes, name: string, value: string): void {
  if (value !== '') attributes[name] = value;
}

function derivedId(trace: ExchangeTrace, count: number): string {
  const low = (Number.parseInt(trace.spanId.slice(8), 16) ^ Math.imul(count, 0x9e3779b1)) >>> 0;
  return trace.spanId.slice(0, 8) + low.toString(16).padStart(8, '0');
}
