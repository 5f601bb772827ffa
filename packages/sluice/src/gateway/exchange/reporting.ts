/** The end of an exchange: what the limits, the metrics and the access log are told, once each. */
import { type AccessRecord, isLogged } from '../../observe/access-log.ts';
import type { Instant } from '../../base/time.ts';
import { timestamp } from '../../base/time.ts';
import { type GrpcStatus, httpStatusOfGrpc } from '../../core/grpc/status.ts';
import type { Exchange } from './exchange.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Records an exchange that is over. */
export function finishExchange(worker: WorkerContext, listenerSlot: number, exchange: Exchange): void {
  const now = worker.clock.now();
  exchange.service?.exchangeEnded(exchange);
  for (const follower of exchange.followers) follower.exchangeOver(exchange);
  const status = statusOf(exchange);
  worker.metrics.exchangeEnded(
    listenerSlot,
    exchange.route?.slot ?? -1,
    exchange.service?.slot ?? -1,
    exchange.endpoint,
    status,
    now - exchange.startedAt,
    exchange.bytesIn,
    exchange.bytesOut,
  );
  if (exchange.cached !== '') worker.metrics.cached(exchange.route!.slot, exchange.cached, exchange.attempts === 0 ? exchange.bytesOut : 0);
  if (exchange.grpcStatus >= 0) worker.metrics.grpcEnded(exchange.service?.slot ?? -1, exchange.grpcStatus);
  if (exchange.trace !== null) worker.traces?.finish(listenerSlot, exchange, exchange.trace, status, now);
  const { accessLog } = worker.plan;
  const isKept = accessLog !== null && isLogged(accessLog.sample, status, exchange.outcome, worker.random());
  if (isKept || worker.viewers !== null) writeLine(worker, exchange, now, isKept);
}

/** A gRPC reply is 200 whatever it says: it counts as the HTTP status that says the same. */
function statusOf(exchange: Exchange): number {
  if (exchange.isCut) return 0;
  return exchange.grpcStatus > 0 ? httpStatusOfGrpc(exchange.grpcStatus as GrpcStatus) : exchange.status;
}

function writeLine(worker: WorkerContext, exchange: Exchange, now: Instant, isKept: boolean): void {
  const durationMs = now - exchange.startedAt;
  const record: AccessRecord = {
    time: timestamp(worker.clock.wall() - durationMs),
    client: exchange.clientAddress,
    method: exchange.method,
    host: exchange.log?.host ?? '',
    path: exchange.path,
    query: exchange.query ?? '',
    protocol: exchange.isHttp2 ? 'HTTP/2.0' : `HTTP/1.${exchange.minorVersion}`,
    status: exchange.status,
    grpcStatus: exchange.grpcStatus,
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
    cache: exchange.cached,
    filter: exchange.answeredBy,
    requestId: exchange.requestId,
    userAgent: exchange.log?.userAgent ?? '',
    referer: exchange.log?.referer ?? '',
    traceId: exchange.trace?.traceId ?? '',
    outcome: exchange.outcome,
  };
  worker.writeAccess(record, isKept);
}
