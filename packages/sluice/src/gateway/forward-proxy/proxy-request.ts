/** What is known of one request to a forward proxy, a tunnel included; and the end of it: what the metrics and the access log are told, once each. */
import { type Instant, timestamp } from '../../base/time.ts';
import { DENIALS, type Denial } from '../../core/forward-proxy/denial.ts';
import { type AccessOutcome, type AccessRecord, isLogged } from '../../observe/access-log.ts';
import { CALL_FAILURES, type CallFailure } from '../../observe/metric-layout.ts';
import type { WorkerContext } from '../worker-context.ts';

export class ProxyRequest {
  readonly startedAt: Instant;
  readonly client: string;
  method = '';
  minorVersion: 0 | 1 = 1;
  /** What is asked for, `host:port`; empty where that was not understood. */
  destination = '';
  /** Of an `http://` target; empty in a tunnel. */
  path = '';
  query = '';
  user = '';
  userAgent = '';
  referer = '';
  /** The address that was connected to, with its port. */
  address = '';
  status = 0;
  connectMs = -1;
  firstByteMs = -1;
  /** Of contents, or of what went through a tunnel. */
  bytesIn = 0;
  bytesOut = 0;
  /** How much of them the metrics know. */
  countedIn = 0;
  countedOut = 0;
  outcome: AccessOutcome = 'complete';
  /** The reply did not end whole. */
  isCut = false;

  constructor(startedAt: Instant, client: string) {
    this.startedAt = startedAt;
    this.client = client;
  }
}

/** Tells the metrics what went through since the last time. */
export function countRequestBytes(worker: WorkerContext, listenerSlot: number, request: ProxyRequest): void {
  const bytesIn = request.bytesIn - request.countedIn;
  const bytesOut = request.bytesOut - request.countedOut;
  if (bytesIn === 0 && bytesOut === 0) return;
  request.countedIn = request.bytesIn;
  request.countedOut = request.bytesOut;
  worker.metrics.bytesMoved(listenerSlot, -1, -1, bytesIn, bytesOut);
}

/** Records a request that is over. */
export function finishRequest(worker: WorkerContext, listenerSlot: number, request: ProxyRequest): void {
  const durationMs = worker.clock.now() - request.startedAt;
  const { outcome } = request;
  const status = request.isCut ? 0 : request.status;
  const [bytesIn, bytesOut] = [request.bytesIn - request.countedIn, request.bytesOut - request.countedOut];
  worker.metrics.exchangeEnded(listenerSlot, -1, -1, -1, status, durationMs, bytesIn, bytesOut);
  const denial = denialOf(outcome);
  if (denial !== null) worker.metrics.denied(listenerSlot, denial);
  else if (isFailure(outcome)) worker.metrics.callFailed(listenerSlot, outcome);
  const { accessLog } = worker.plan;
  const isKept = accessLog !== null && isLogged(accessLog.sample, status, outcome, worker.random());
  if (!isKept && worker.viewers === null) return;
  const record: AccessRecord = {
    time: timestamp(worker.clock.wall() - durationMs),
    client: request.client,
    method: request.method,
    host: request.destination,
    path: request.path,
    query: request.query,
    protocol: `HTTP/1.${request.minorVersion}`,
    status: request.status,
    grpcStatus: -1,
    bytesIn: request.bytesIn,
    bytesOut: request.bytesOut,
    durationMs,
    connectMs: request.connectMs,
    firstByteMs: request.firstByteMs,
    route: '',
    service: '',
    endpoint: request.address,
    attempts: request.connectMs < 0 ? 0 : 1,
    hedged: false,
    cache: '',
    filter: '',
    affinity: '',
    requestId: '',
    userAgent: request.userAgent,
    referer: request.referer,
    user: request.user,
    outcome,
  };
  worker.writeAccess(record, isKept);
}

/** The reason that an outcome is a refusal for; null: it is none. */
export function denialOf(outcome: AccessOutcome): Denial | null {
  if (!outcome.startsWith('denied-')) return null;
  return DENIALS.find((denial) => outcome === `denied-${denial}`) ?? null;
}

function isFailure(outcome: AccessOutcome): outcome is CallFailure {
  return (CALL_FAILURES as readonly AccessOutcome[]).includes(outcome);
}
