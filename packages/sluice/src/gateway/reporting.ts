/** The end of an exchange: what the limits, the metrics and the access log are told, once each. */
import { isLogged } from '../observe/access-log.ts';
import type { Instant } from '../base/time.ts';
import { timestamp } from '../base/time.ts';
import type { Exchange } from './exchange.ts';
import type { Listener } from './listener.ts';

/** Records an exchange that is over. */
export function finishExchange(listener: Listener, exchange: Exchange): void {
  const { plane } = listener;
  const now = plane.clock.now();
  exchange.service?.exchangeEnded(exchange, now);
  const status = isCut(exchange) ? 0 : exchange.status;
  plane.metrics.exchangeEnded(
    listener.slot,
    exchange.route?.slot ?? -1,
    exchange.service?.slot ?? -1,
    exchange.endpoint,
    status,
    now - exchange.startedAt,
    exchange.bytesIn,
    exchange.bytesOut,
  );
  const { accessLog } = plane.plan;
  if (accessLog !== null && isLogged(accessLog.sample, status, exchange.outcome, plane.random())) writeLine(listener, exchange, now);
}

function isCut(exchange: Exchange): boolean {
  return exchange.status === 0;
}

function writeLine(listener: Listener, exchange: Exchange, now: Instant): void {
  const { plane } = listener;
  const durationMs = now - exchange.startedAt;
  plane.writeAccess({
    time: timestamp(plane.clock.wall() - durationMs),
    client: exchange.clientAddress,
    method: exchange.method,
    host: exchange.log?.host ?? '',
    path: exchange.path,
    query: exchange.query ?? '',
    protocol: `HTTP/1.${exchange.minorVersion}`,
    status: exchange.status,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    durationMs,
    connectMs: exchange.connectMs,
    firstByteMs: exchange.firstByteMs,
    route: exchange.route?.plan.name ?? '',
    service: exchange.service?.plan.name ?? '',
    endpoint: exchange.endpoint < 0 ? '' : (exchange.service?.addressOf(exchange.endpoint) ?? ''),
    attempts: exchange.attempts,
    hedged: exchange.isHedged,
    affinity: exchange.affinity,
    requestId: exchange.requestId,
    userAgent: exchange.log?.userAgent ?? '',
    referer: exchange.log?.referer ?? '',
    outcome: exchange.outcome,
  });
}
