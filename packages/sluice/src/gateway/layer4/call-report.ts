/** The end of a connection or session: what the metrics and the access log are told, once each; and its bytes, now and then while it lasts. */
import { timestamp } from '../../base/time.ts';
import { type AccessOutcome, type AccessRecord, isLogged } from '../../observe/access-log.ts';
import { CALL_FAILURES, type CallFailure } from '../../observe/metric-layout.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Call } from './call.ts';

/** As in nginx's stream module, so that connections share columns and dashboards with requests; 0 is "cut". */
const STATUS: Partial<Record<AccessOutcome, number>> = {
  complete: 200,
  'timeout-idle': 200,
  'client-error': 400,
  'timeout-header': 408,
  'upstream-connect': 502,
  'no-endpoint': 503,
  shed: 503,
  'timeout-parked': 503,
  'timeout-connect': 504,
};

export interface CallNames {
  readonly listenerSlot: number;
  readonly protocol: 'TCP' | 'TLS' | 'UDP';
  /** What the client asked for by TLS; may be empty. */
  readonly serverName: string;
}

/** Tells the metrics what went through since the last time. */
export function countBytes(worker: WorkerContext, listenerSlot: number, call: Call): void {
  const bytesIn = call.bytesIn - call.countedIn;
  const bytesOut = call.bytesOut - call.countedOut;
  if (bytesIn === 0 && bytesOut === 0) return;
  call.countedIn = call.bytesIn;
  call.countedOut = call.bytesOut;
  worker.metrics.bytesMoved(listenerSlot, call.service?.slot ?? -1, call.endpoint, bytesIn, bytesOut);
}

/** Records a call that is over. */
export function finishCall(worker: WorkerContext, names: CallNames, call: Call): void {
  const durationMs = worker.clock.now() - call.startedAt;
  const status = STATUS[call.outcome] ?? 0;
  worker.metrics.exchangeEnded(
    names.listenerSlot,
    -1,
    call.service?.slot ?? -1,
    call.endpoint,
    status,
    durationMs,
    call.bytesIn - call.countedIn,
    call.bytesOut - call.countedOut,
  );
  if (isFailure(call.outcome)) worker.metrics.callFailed(names.listenerSlot, call.outcome);
  const { accessLog } = worker.plan;
  const isKept = accessLog !== null && isLogged(accessLog.sample, status, call.outcome, worker.random());
  if (!isKept && worker.viewers === null) return;
  const record: AccessRecord = {
    time: timestamp(worker.clock.wall() - durationMs),
    client: call.clientAddress,
    method: '',
    host: names.serverName,
    path: '',
    query: '',
    protocol: names.protocol,
    status,
    grpcStatus: -1,
    bytesIn: call.bytesIn,
    bytesOut: call.bytesOut,
    durationMs,
    connectMs: call.connectMs,
    firstByteMs: -1,
    route: '',
    service: call.service?.plan.name ?? '',
    endpoint: call.endpoint < 0 ? '' : (call.service?.addressOf(call.endpoint) ?? ''),
    attempts: call.attempts,
    hedged: false,
    cache: '',
    filter: '',
    affinity: '',
    requestId: '',
    userAgent: '',
    referer: '',
    outcome: call.outcome,
  };
  worker.writeAccess(record, isKept);
}

function isFailure(outcome: AccessOutcome): outcome is CallFailure {
  return (CALL_FAILURES as readonly AccessOutcome[]).includes(outcome);
}
