/** What everything in a data-plane worker may use: clocks, shared tables, deadlines, and the way upstream. `data-plane.ts` is it. */
import type { AccessTail } from './access-tail.ts';
import type { LookupFunction } from 'node:net';
import type { Random } from '../base/random.ts';
import type { Clock, Instant } from '../base/time.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { Workspace } from '../core/http2/workspace.ts';
import type { RequestParser } from '../core/http1/request-parser.ts';
import type { Http1Limits, Plan } from '../config/plan.ts';
import type { FromWorker, TicketSecrets } from '../config/worker-protocol.ts';
import type { AccessRecord } from '../observe/access-log.ts';
import type { WorkerMetrics } from '../observe/worker-metrics.ts';
import type { Exchange, ExchangeService } from './exchange/exchange.ts';
import type { Sweeper } from './sweeper.ts';
import type { TraceRecorder } from './tracing/trace-recorder.ts';
import type { LongLivedSet } from './tunnel/long-lived.ts';

/** A service that a filter asks for by name. `service/service.ts` is it. */
export interface NamedService extends ExchangeService {
  /** Rows of its endpoints in the shared tables, by address. */
  readonly endpointSlots: Readonly<Record<string, number>>;
  readonly balancer: {
    /** The row of the endpoint that takes a request of this key, as things stand; -1: none. */
    pick(key: number, tried: readonly number[], now: Instant): number;
  };
}

export interface WorkerContext {
  /** 0-based index of the worker: its column in the shared tables. */
  readonly index: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly table: EndpointTable;
  readonly metrics: WorkerMetrics;
  readonly sweeper: Sweeper;
  readonly longLived: LongLivedSet;
  readonly resolver: { readonly lookup: LookupFunction };
  /** Memory that all HTTP/2 sessions of the worker share. */
  readonly http2: Workspace;
  /** For session tickets. Replaced as a whole when they change. */
  readonly tickets: TicketSecrets;
  /** The plan in force. */
  readonly plan: Plan;
  /** Null: nobody looks at what goes through. */
  readonly viewers: AccessTail | null;
  /** Null: no traces are recorded. */
  readonly traces: TraceRecorder | null;
  /** Monotonic time as of the last sweep: at most 250 ms old. For deadlines, not for latencies. */
  readonly coarseNow: Instant;
  /** To the control plane. */
  say(message: FromWorker): void;
  event(level: 'info' | 'warn' | 'error', what: string, detail: Readonly<Record<string, string | number | boolean>>): void;
  /** A service of the plan in force. */
  service(name: string): NamedService | undefined;
  /** Sends the exchange to its service at the end of this turn of the event loop. */
  dispatch(exchange: Exchange): void;
  /** Runs something at the end of this turn, without recursion. */
  later(task: () => void): void;
  /** A parser for one head, begun under these limits; give it back. */
  takeParser(limits: Http1Limits): RequestParser;
  giveParser(parser: RequestParser): void;
  /** Content came in from a client: memory that the collector should hear of. */
  noteUpload(bytes: number): void;
  /** @param isLogged Whether the access log wants it; who looks on is shown it anyway. */
  writeAccess(record: AccessRecord, isLogged: boolean): void;
}
