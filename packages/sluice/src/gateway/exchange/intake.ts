/**
 * From a parsed head to an exchange under way: target, host, route, service, the head that goes upstream. Everything that needs the head's bytes happens here, at
 * once, so that nothing keeps them. Where anything is in doubt the request is refused.
 */
import { FAULTS } from '../../core/http1/fault.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import { parseTarget, type Target } from '../../core/http1/target.ts';
import { X_REQUEST_ID } from '../../core/http1/known-fields.ts';
import { ALIAS, ID } from '../../core/http1/field-section.ts';
import { askedTimeoutMs, GRPC_TYPE, isCall } from '../grpc/call.ts';
import { beginWebCall } from '../grpc/web-call.ts';
import { earlyAnswer } from './early-answer.ts';
import type { Exchange, ExchangeService } from './exchange.ts';
import type { PeerIdentity } from './forwarding.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import { isAcceptableRequestId, newRequestId } from './request-id.ts';
import { writeRequestHead } from './request-head.ts';
import { joinEdits, NO_EDITS } from './header-edits.ts';
import { type PassRequester, RequestPass, type RoutedRequest } from './request-pass.ts';
import { RequestView } from './request-view.ts';
import { answerRoute, rewrittenTarget } from './route-action.ts';
import { asksForWebSocket, beginHandshake, requestEdits } from './web-socket-handshake.ts';
import type { RouteRuntime } from './route-runtime.ts';
import type { RouteFilters } from '../filters/route-filters.ts';

/** Whose request it is. `downstream/http1-connection.ts` is it. */
export interface Requester {
  readonly listener: ListenerContext;
  readonly identity: PeerIdentity;
  isClosing: boolean;
  deadline: number;
  abort(exchange: Exchange): void;
  replyOwn(exchange: Exchange, answer: OwnAnswer): void;
}

const NOT_FOUND: OwnAnswer = { status: 404 };

/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** One is enough: a head is dealt with before the next one is looked at. */
const view = new RequestView();

/**
 * Fills the exchange from the head in `bytes` at `start`, and dispatches or answers it.
 * @returns Whether the parser is still needed: then it is given back by who needs it.
 */
export function beginExchange(requester: Requester, exchange: Exchange, parser: RequestParser, bytes: Buffer, start: number): boolean {
  const { listener } = requester;
  exchange.method = parser.method;
  exchange.isHead = parser.method === 'HEAD';
  exchange.minorVersion = parser.minorVersion;
  exchange.bodyKind = parser.bodyKind;
  exchange.isRequestDone = parser.bodyKind === 'none';
  exchange.expectsContinue = parser.expectsContinue;
  exchange.isIdempotent = IDEMPOTENT.has(parser.method);
  exchange.clientAddress = requester.identity.clientAddress(parser, bytes, start);
  if (exchange.isHttp2 && exchange.method === 'POST' && isCall(parser, bytes, start)) exchange.grpcType = GRPC_TYPE;
  if (parser.connection.close || (parser.minorVersion === 0 && !parser.connection.keepAlive)) requester.isClosing = true;
  const target = parseTarget(parser.method, parser.target);
  const host = target === null ? null : hostOf(listener, target, parser);
  const path = target === null ? null : pathOf(listener, target);
  if (target === null || host === null || path === null)
    return refused(requester, exchange, target === null || path === null ? 'target' : 'host');
  exchange.path = path;
  exchange.query = target.query;
  if (target.form === 'authority') return connectRefused(requester, exchange);
  view.point(parser, bytes, start, host, path, target.query);
  const { traces } = listener.worker;
  if (traces !== null) exchange.trace = traces.begin(view, listener.plan, requester.identity.tls !== null);
  const { plan, viewers } = listener.worker;
  if (plan.accessLog !== null || viewers !== null || (exchange.trace !== null && exchange.trace.reason !== null))
    noteForLog(exchange, host);
  view.client = requester.identity.tls?.client ?? null;
  const answer = earlyAnswer(listener, requester.identity, view);
  if (answer !== null) {
    listener.worker.metrics.exchangeStarted(listener.slot, -1, -1);
    requester.replyOwn(exchange, answer);
    return false;
  }
  const route = listener.route(view);
  begin(exchange, listener, route);
  if (route === null) requester.replyOwn(exchange, NOT_FOUND);
  else {
    const askedHost = target.authority ?? parser.host ?? host;
    if (route.filters !== null) return filter(requester, exchange, route, route.filters, askedHost);
    act({ requester, exchange, route, view, askedHost, parameters: listener.router, edits: NO_EDITS, target: null });
  }
  return false;
}

/** @returns Whether the parser is still needed. */
function filter(requester: Requester, exchange: Exchange, route: RouteRuntime, filters: RouteFilters, askedHost: string): boolean {
  const pass = new RequestPass({
    exchange,
    requester,
    route,
    filters,
    view,
    askedHost,
    parameters: requester.listener.router,
    forward: act,
  });
  pass.start();
  return pass.holdsParser;
}

/** A request that comes from nobody, on its way behind the stage at `at - 1`; `start` sends it on. @param own Points at its head, and is its own. */
export function ownPass(requester: PassRequester, exchange: Exchange, route: RouteRuntime, own: RequestView, at: number): RequestPass {
  const { router } = requester.listener;
  exchange.method = own.method;
  exchange.path = own.path;
  exchange.query = own.query;
  exchange.isIdempotent = IDEMPOTENT.has(own.method);
  exchange.route = route;
  if (route.plan.action.kind === 'services') exchange.service = route.pickService(requester.listener.worker.random);
  const askedHost = own.parser.host ?? own.host;
  return new RequestPass({
    exchange,
    requester,
    route,
    filters: route.filters!,
    view: own,
    askedHost,
    parameters: router,
    forward: act,
    at,
  });
}

function begin(exchange: Exchange, listener: ListenerContext, route: RouteRuntime | null): void {
  exchange.route = route;
  if (route !== null && route.plan.action.kind === 'services') exchange.service = route.pickService(listener.worker.random);
  listener.worker.metrics.exchangeStarted(listener.slot, route?.slot ?? -1, exchange.service?.slot ?? -1);
}

/** What the route does with the request that its filters, if it has any, have let pass. */
function act(request: RoutedRequest): void {
  const { exchange, route, view } = request;
  if (answerRoute(exchange, route, request.parameters, view)) return;
  if (exchange.service === null) exchange.client.replyOwn(exchange, NOT_FOUND);
  else forward(request, exchange.service);
}

function forward(
  { requester, exchange, route, view, askedHost, parameters, edits, target }: RoutedRequest,
  service: ExchangeService,
): void {
  const { parser, bytes, start } = view;
  const { listener } = requester;
  const upgrade = upgradeOf(route, parser);
  if (upgrade !== null && parser.bodyKind !== 'none') {
    requester.isClosing = true; // whose bytes the body's are is in doubt
    return exchange.client.replyOwn(exchange, { status: 400 });
  }
  const sentTarget = target ?? ((route.plan.rewrite?.path ?? null) === null ? view.target : rewrittenTarget(route, parameters, view));
  if (sentTarget === null) return exchange.client.replyOwn(exchange, { status: 500 });
  if (exchange.isHttp2 && upgrade === null && parser.connection.upgrade) return exchange.client.replyOwn(exchange, { status: 501 }); // an extended CONNECT is nothing without it
  exchange.isUpgrade = upgrade !== null;
  if (asksForWebSocket(parser.method, upgrade) && !beginHandshake(exchange, service.plan.protocol, view.header('sec-websocket-key'))) {
    exchange.outcome = 'client-error';
    return exchange.client.replyOwn(exchange, { status: 400 });
  }
  if (listener.plan.forwarding.requestId && exchange.requestId === '') exchange.requestId = requestIdOf(requester, parser, bytes, start);
  const sentEdits = edits === NO_EDITS ? route.requestEdits : joinEdits(route.requestEdits, edits);
  exchange.requestDrops = sentEdits.drops;
  exchange.head = writeRequestHead({
    parser,
    bytes,
    start,
    target: sentTarget,
    host: route.plan.rewrite?.host ?? (askedHost === '' ? (service.plan.endpoints[0]?.address ?? '') : askedHost),
    identityLines: requester.identity.requestLines(parser, bytes, start, askedHost),
    isTrusted: requester.identity.isTrusted,
    tellsOfCertificate: requester.identity.tellsOfCertificate,
    writesForwarded: listener.forwarding.writesForwarded,
    requestId: exchange.requestId,
    edits: sentEdits,
    upgrade,
    handshake: requestEdits(exchange),
    trace: exchange.trace,
  });
  service.examine(exchange, view);
  if (route.plan.grpcWeb && service.plan.protocol === 'http2' && !beginWebCall(exchange, view)) return;
  setDeadline(requester, exchange, route, view);
  listener.worker.dispatch(exchange);
}

/** The route's bound, or the one that a gRPC client asks for, where that is smaller. */
function setDeadline(requester: PassRequester, exchange: Exchange, route: RouteRuntime, view: RequestView): void {
  const { exchangeMs } = route.plan.timeouts;
  const boundMs = exchangeMs > 0 ? exchangeMs : Infinity;
  const askedMs = exchange.isGrpc ? askedTimeoutMs(view.parser, view.bytes, view.start) : null;
  exchange.isDeadlineAsked = askedMs !== null && askedMs < boundMs;
  if (boundMs === Infinity && !exchange.isDeadlineAsked) return;
  exchange.exchangeDeadline = exchange.startedAt + Math.min(boundMs, askedMs ?? Infinity);
  if (!exchange.isFetch) requester.deadline = Math.min(requester.deadline, exchange.exchangeDeadline); // content may be due before, where a filter has waited
}

/** The value for Upgrade, when this request asks for one that may pass. `h2c` never does: what it tunnels would be seen by no rule. */
function upgradeOf(route: RouteRuntime, parser: RequestParser): string | null {
  const { upgrade } = parser;
  if (upgrade === null || !parser.connection.upgrade || !route.plan.upgrade || parser.minorVersion === 0) return null;
  return /(^|[,\s])h2c?([/,\s]|$)/i.test(upgrade) ? null : upgrade;
}

/** The target's authority wins over Host (RFC 9112 §3.2.2), but a malformed Host is refused all the same. */
function hostOf(listener: ListenerContext, target: Target, parser: RequestParser): string | null {
  if (target.authority !== null && parser.host !== null && listener.hostOf(parser.host) === null) return null;
  return listener.hostOf(target.authority ?? parser.host ?? '');
}

function pathOf(listener: ListenerContext, target: Target): string | null {
  if (target.form === 'asterisk') return '*';
  if (target.form === 'authority') return '';
  return listener.pathOf(target.path);
}

function refused(requester: Requester, exchange: Exchange, what: 'target' | 'host'): false {
  exchange.outcome = 'client-error';
  requester.isClosing = true;
  requester.listener.worker.metrics.exchangeStarted(requester.listener.slot, -1, -1);
  requester.replyOwn(exchange, { status: FAULTS[what].status });
  return false;
}

/** CONNECT would make a forward proxy of us. */
function connectRefused(requester: Requester, exchange: Exchange): false {
  exchange.outcome = 'client-error';
  requester.isClosing = true;
  requester.listener.worker.metrics.exchangeStarted(requester.listener.slot, -1, -1);
  requester.replyOwn(exchange, { status: 405, fields: 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' });
  return false;
}

function requestIdOf(requester: PassRequester, parser: RequestParser, bytes: Buffer, start: number): string {
  if (!requester.identity.isTrusted) return newRequestId();
  for (let index = 0; index < parser.fields.count; index++) {
    if ((parser.fields.ids[index]! & (ID | ALIAS)) !== X_REQUEST_ID) continue;
    const id = parser.value(bytes, start, index);
    if (isAcceptableRequestId(id)) return id;
  }
  return newRequestId();
}

function noteForLog(exchange: Exchange, host: string): void {
  exchange.log = { host, userAgent: view.header('user-agent') ?? '', referer: view.header('referer') ?? '' };
}
