/**
 * From a parsed head to an exchange under way: target, host, route, service, the head that goes upstream. Everything that needs the head's bytes happens here, at
 * once, so that nothing keeps them. Where anything is in doubt the request is refused.
 */
import { FAULTS } from '../core/http1/fault.ts';
import type { RequestParser } from '../core/http1/request-parser.ts';
import { parseTarget, type Target } from '../core/http1/target.ts';
import { X_REQUEST_ID } from '../core/http1/known-fields.ts';
import { ID } from '../core/http1/field-section.ts';
import type { Exchange } from './exchange.ts';
import type { Listener } from './listener.ts';
import { isAcceptableRequestId, newRequestId } from './request-id.ts';
import { writeRequestHead } from './request-head.ts';
import { RequestView } from './request-view.ts';
import { answerRoute, rewrittenTarget } from './route-action.ts';
import type { RouteRuntime } from './route-runtime.ts';

/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** One is enough: a head is dealt with before the next one is looked at. */
const view = new RequestView();

/** Fills the exchange from the head in `bytes` at `start`, and dispatches or answers it. */
export function beginExchange(exchange: Exchange, parser: RequestParser, bytes: Buffer, start: number): void {
  const { connection } = exchange;
  const { listener } = connection;
  exchange.method = parser.method;
  exchange.isHead = parser.method === 'HEAD';
  exchange.minorVersion = parser.minorVersion;
  exchange.bodyKind = parser.bodyKind;
  exchange.isRequestDone = parser.bodyKind === 'none';
  exchange.expectsContinue = parser.expectsContinue;
  exchange.isIdempotent = IDEMPOTENT.has(parser.method);
  exchange.clientAddress = connection.identity.clientAddress(parser, bytes, start);
  if (parser.connection.close || (parser.minorVersion === 0 && !parser.connection.keepAlive)) connection.isClosing = true;
  const target = parseTarget(parser.method, parser.target);
  const host = target === null ? null : listener.hostOf(target.authority ?? parser.host ?? '');
  const path = target === null ? null : pathOf(listener, target);
  if (target === null || host === null || path === null) return refuse(exchange, target === null || path === null ? 'target' : 'host');
  exchange.path = path;
  exchange.query = target.query;
  if (target.form === 'authority') return refuseConnect(exchange);
  view.point(parser, bytes, start, host, path, target.query);
  if (listener.plane.plan.accessLog !== null) noteForLog(exchange, host);
  const route = listener.route(view);
  begin(exchange, listener, route);
  if (route === null) return connection.replyOwn(exchange, { status: 404 });
  if (!answerRoute(exchange, route, listener, view)) forward(exchange, route, listener, target);
}

function begin(exchange: Exchange, listener: Listener, route: RouteRuntime | null): void {
  exchange.route = route;
  if (route !== null && route.plan.action.kind === 'services') exchange.service = route.pickService(listener.plane.random);
  listener.plane.metrics.exchangeStarted(listener.slot, route?.slot ?? -1, exchange.service?.slot ?? -1);
}

function forward(exchange: Exchange, route: RouteRuntime, listener: Listener, target: Target): void {
  const { parser, bytes, start, host } = view;
  const { connection } = exchange;
  const { plane } = listener;
  const service = exchange.service!;
  const upgrade = upgradeOf(route, parser);
  if (upgrade !== null && parser.bodyKind !== 'none') return connection.replyOwn(exchange, { status: 400 });
  const askedHost = target.authority ?? parser.host ?? host;
  const sentTarget = route.plan.rewrite?.path == null ? view.target : rewrittenTarget(route, listener, view);
  if (sentTarget === null) return connection.replyOwn(exchange, { status: 500 });
  exchange.isUpgrade = upgrade !== null;
  exchange.requestId = listener.plan.forwarding.requestId ? requestIdOf(exchange, parser, bytes, start) : '';
  exchange.head = writeRequestHead({
    parser,
    bytes,
    start,
    target: sentTarget,
    host: route.plan.rewrite?.host ?? (askedHost === '' ? (service.plan.endpoints[0]?.address ?? '') : askedHost),
    identityLines: connection.identity.requestLines(parser, bytes, start, askedHost),
    isTrusted: connection.identity.isTrusted,
    writesForwarded: listener.forwarding.writesForwarded,
    requestId: exchange.requestId,
    edits: route.requestEdits,
    upgrade,
  });
  if (service.balancer.needsKey) exchange.key = view.key(service.plan.balance, exchange.clientAddress);
  service.affinity?.lookUp(exchange, view);
  const { exchangeMs } = route.plan.timeouts;
  if (exchangeMs > 0) {
    exchange.exchangeDeadline = exchange.startedAt + exchangeMs;
    connection.deadline = exchange.exchangeDeadline;
  }
  plane.dispatch(exchange);
}

/** The value for Upgrade, when this request asks for one that may pass. `h2c` never does: what it tunnels would be seen by no rule. */
function upgradeOf(route: RouteRuntime, parser: RequestParser): string | null {
  const { upgrade } = parser;
  if (upgrade === null || !parser.connection.upgrade || !route.plan.upgrade || parser.minorVersion === 0) return null;
  return /(^|[,\s])h2c?([/,\s]|$)/i.test(upgrade) ? null : upgrade;
}

function pathOf(listener: Listener, target: Target): string | null {
  if (target.form === 'asterisk') return '*';
  if (target.form === 'authority') return '';
  return listener.pathOf(target.path);
}

function refuse(exchange: Exchange, what: 'target' | 'host'): void {
  exchange.outcome = 'client-error';
  exchange.connection.isClosing = true;
  exchange.connection.listener.plane.metrics.exchangeStarted(exchange.connection.listener.slot, -1, -1);
  exchange.connection.replyOwn(exchange, { status: FAULTS[what].status });
}

/** CONNECT would make a forward proxy of us. */
function refuseConnect(exchange: Exchange): void {
  const { connection } = exchange;
  exchange.outcome = 'client-error';
  connection.isClosing = true;
  connection.listener.plane.metrics.exchangeStarted(connection.listener.slot, -1, -1);
  connection.replyOwn(exchange, { status: 405, fields: 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' });
}

function requestIdOf(exchange: Exchange, parser: RequestParser, bytes: Buffer, start: number): string {
  if (!exchange.connection.identity.isTrusted) return newRequestId();
  for (let index = 0; index < parser.fields.count; index++) {
    if ((parser.fields.ids[index]! & ID) !== X_REQUEST_ID) continue;
    const id = parser.value(bytes, start, index);
    if (isAcceptableRequestId(id)) return id;
  }
  return newRequestId();
}

function noteForLog(exchange: Exchange, host: string): void {
  exchange.log = { host, userAgent: view.header('user-agent') ?? '', referer: view.header('referer') ?? '' };
}
