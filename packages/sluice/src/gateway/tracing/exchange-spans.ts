/**
 * The spans of an exchange that is kept: its own (server), of each attempt (client), of the cache, and of filters that had it wait or answered (internal). Names and attributes are those of OpenTelemetry's semantic
 * conventions for HTTP and RPC spans where they have one. The query string is left out: it may carry tokens. Two or three microseconds, for kept traces only.
 */
import type { Instant } from '../../base/time.ts';
import { attributeStart, type SpanJson } from '../../core/tracing/span-json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type AttemptTrace, type ExchangeTrace, type KeptFor, StageTrace } from './exchange-trace.ts';

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;

const text = (name: string): string => attributeStart(name, 'string');
const METHOD = text('http.request.method');
const PATH = text('url.path');
const SCHEME = text('url.scheme');
const PROTOCOL = text('network.protocol.name');
const PROTOCOL_VERSION = text('network.protocol.version');
const CLIENT_ADDRESS = text('client.address');
const SERVER_ADDRESS = text('server.address');
const SERVER_PORT = attributeStart('server.port', 'int');
const STATUS = attributeStart('http.response.status_code', 'int');
const RESEND_COUNT = attributeStart('http.request.resend_count', 'int');
const USER_AGENT = text('user_agent.original');
const HTTP_ROUTE = text('http.route');
const ERROR_TYPE = text('error.type');
const RPC_SYSTEM = text('rpc.system');
const RPC_SERVICE = text('rpc.service');
const RPC_METHOD = text('rpc.method');
const RPC_STATUS = attributeStart('rpc.grpc.status_code', 'int');
const LISTENER = text('sluice.listener');
const OUTCOME = text('sluice.outcome');
const ROUTE = text('sluice.route');
const SERVICE = text('sluice.service');
const ENDPOINT = text('sluice.endpoint');
const CACHE = text('sluice.cache');
const FILTER = text('sluice.filter');
const AFFINITY = text('sluice.affinity');
const REQUEST_ID = text('sluice.request_id');
const SAMPLED_FOR = text('sluice.sampled_for');
const HEDGE = attributeStart('sluice.hedge', 'bool');
const UNFINISHED = attributeStart('sluice.unfinished', 'bool');
const ANSWERED = attributeStart('sluice.answered', 'bool');
const CONNECT_MS = attributeStart('sluice.connect_ms', 'double');
const FIRST_BYTE_MS = attributeStart('sluice.first_byte_ms', 'double');

/** What all spans of an exchange are written with. */
interface Writing {
  readonly json: SpanJson;
  readonly exchange: Exchange;
  readonly trace: ExchangeTrace;
  readonly now: Instant;
  /** What makes wall time of `now`'s. */
  readonly wallMs: number;
}

/** Writes them, the exchange's own first. @param reason Why they are kept. */
export function writeSpans(writing: Writing, reason: KeptFor): void {
  const { exchange, trace, now } = writing;
  const { answeredBy } = exchange;
  writeExchange(writing, reason);
  // A stage has no id while nobody needs one: derived from the exchange's, which is random.
  let derived = 0;
  let isAnswerKnown = answeredBy === '';
  for (const stage of trace.stages) {
    isAnswerKnown ||= stage.kind === answeredBy;
    if (stage.kind !== 'cache') writeStage(writing, stage, ++derived);
  }
  if (!isAnswerKnown && answeredBy !== '') writeStage(writing, new StageTrace(answeredBy, now), ++derived); // at once: that was the end
  if (exchange.cached !== '') writeCache(writing, ++derived);
  for (let at = 0; at < trace.attempts.length; at++) writeAttempt(writing, trace.attempts[at]!, at);
}

function writeExchange({ json, exchange, trace, now, wallMs }: Writing, reason: KeptFor): void {
  const { route, service, method } = exchange;
  const { address, name } = trace.listener;
  json.begin(trace.traceId, trace.spanId, trace.parentId, trace.parentId !== '', trace.traceState);
  json.describe(route === null ? method : `${method} ${route.plan.name}`, SERVER, exchange.startedAt + wallMs, now + wallMs);
  json.put(METHOD, method);
  json.put(PATH, exchange.path);
  json.put(SCHEME, trace.isTls ? 'https' : 'http');
  json.put(PROTOCOL, 'http');
  json.put(PROTOCOL_VERSION, exchange.isHttp2 ? '2' : exchange.minorVersion === 1 ? '1.1' : '1.0');
  json.put(LISTENER, name);
  json.put(OUTCOME, exchange.outcome);
  json.put(CLIENT_ADDRESS, exchange.clientAddress);
  putAuthority(json, trace.host, address.kind === 'tcp' ? address.port : -1);
  if (exchange.status > 0) json.putNumber(STATUS, exchange.status);
  json.put(USER_AGENT, exchange.log?.userAgent ?? '');
  if (route !== null) {
    json.put(HTTP_ROUTE, route.plan.name);
    json.put(ROUTE, route.plan.name);
  }
  if (service !== null) {
    json.put(SERVICE, service.plan.name);
    if (exchange.endpoint >= 0) json.put(ENDPOINT, service.addressOf(exchange.endpoint));
  }
  json.put(CACHE, exchange.cached);
  json.put(FILTER, exchange.answeredBy);
  json.put(AFFINITY, exchange.affinity);
  json.put(REQUEST_ID, exchange.requestId);
  if (exchange.grpcStatus >= 0 || exchange.isGrpc) putCall(json, exchange);
  json.put(SAMPLED_FOR, reason);
  const error = errorOf(exchange);
  json.put(ERROR_TYPE, error);
  json.end(error);
}

function writeAttempt({ json, exchange, trace, now, wallMs }: Writing, attempt: AttemptTrace, at: number): void {
  const address = exchange.service?.addressOf(attempt.slot) ?? '';
  const end = attempt.endedAt < 0 ? now : attempt.endedAt;
  json.begin(trace.traceId, attempt.spanId, trace.spanId, false, trace.traceState);
  json.describe(exchange.method, CLIENT, attempt.startedAt + wallMs, end + wallMs);
  json.put(METHOD, exchange.method);
  putAuthority(json, address, -1);
  json.put(ENDPOINT, address);
  if (at > 0) json.putNumber(RESEND_COUNT, at);
  if (attempt.isHedge) json.putFlag(HEDGE, true);
  if (attempt.connectMs >= 0) json.putNumber(CONNECT_MS, micros(attempt.connectMs));
  if (attempt.firstByteAt >= 0) json.putNumber(FIRST_BYTE_MS, micros(attempt.firstByteAt - attempt.startedAt));
  if (attempt.status > 0) json.putNumber(STATUS, attempt.status);
  if (attempt.isLeft || attempt.endedAt < 0) json.putFlag(UNFINISHED, true);
  const error = attemptError(attempt);
  json.put(ERROR_TYPE, error);
  json.end(error);
}

/** From when the cache looked until it had decided, or has answered. */
function writeCache({ json, exchange, trace, now, wallMs }: Writing, derived: number): void {
  let start: number = exchange.startedAt;
  const sent = trace.attempts[0]?.startedAt;
  if (sent !== undefined) start = sent;
  for (const stage of trace.stages) {
    if (stage.kind !== 'cache') continue;
    start = stage.startedAt;
    break;
  }
  const end = sent === undefined || exchange.attempts === 0 ? now : sent;
  json.begin(trace.traceId, derivedId(trace, derived), trace.spanId, false, trace.traceState);
  json.describe(`cache ${exchange.cached}`, INTERNAL, start + wallMs, end + wallMs);
  json.put(CACHE, exchange.cached);
  json.end('');
}

function writeStage({ json, exchange, trace, now, wallMs }: Writing, stage: StageTrace, derived: number): void {
  const isAnswer = exchange.answeredBy === stage.kind;
  const end = stage.endedAt < 0 ? now : stage.endedAt;
  json.begin(trace.traceId, derivedId(trace, derived), trace.spanId, false, trace.traceState);
  json.describe(`filter ${stage.kind}`, INTERNAL, stage.startedAt + wallMs, end + wallMs);
  json.put(FILTER, stage.kind);
  json.putFlag(ANSWERED, isAnswer);
  if (isAnswer && exchange.status > 0) json.putNumber(STATUS, exchange.status);
  json.end('');
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
function putCall(json: SpanJson, { path, grpcStatus }: Exchange): void {
  json.put(RPC_SYSTEM, 'grpc');
  const slash = path.lastIndexOf('/');
  if (slash > 0) {
    json.put(RPC_SERVICE, path.slice(1, slash));
    json.put(RPC_METHOD, path.slice(slash + 1));
  }
  if (grpcStatus >= 0) json.putNumber(RPC_STATUS, grpcStatus);
}

/** `host:port`, `[::1]:80`, `unix:/path`, or without a port. @param port Where it says none; -1: unknown. */
function putAuthority(json: SpanJson, authority: string, port: number): void {
  const colon = authority.lastIndexOf(':');
  const said = colon > authority.lastIndexOf(']') ? Number(authority.slice(colon + 1)) : Number.NaN;
  json.put(SERVER_ADDRESS, Number.isInteger(said) ? authority.slice(0, colon) : authority);
  if (Number.isInteger(said)) json.putNumber(SERVER_PORT, said);
  else if (port >= 0) json.putNumber(SERVER_PORT, port);
}

/** Milliseconds to the microsecond: what is beyond is noise of the clock. */
function micros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function derivedId(trace: ExchangeTrace, count: number): string {
  const low = (Number.parseInt(trace.spanId.slice(8), 16) ^ Math.imul(count, 0x9e3779b1)) >>> 0;
  return trace.spanId.slice(0, 8) + low.toString(16).padStart(8, '0');
}
