/**
 * What the control plane (main thread) and a data-plane worker say to each other. Few and rare: a message costs microseconds, so
 * nothing here is sent per request. Everything frequent goes through the endpoint table and the metric board (shared memory).
 */
export type { SlotMap } from './slot-map.ts';
import type { SpanBatch } from '../core/tracing/span-batch.ts';
import type { PlanMessage } from './plan-message.ts';

/** Given to a worker thread when it starts (`workerData`). */
export interface WorkerStart {
  /** 0-based; its column in per-worker tables. A restarted worker gets its predecessor's. */
  readonly index: number;
  readonly endpoints: SharedArrayBuffer;
  readonly metrics: SharedArrayBuffer;
  /** Where sampled traces are noted for metrics; null: nowhere. */
  readonly exemplars: SharedArrayBuffer | null;
  readonly tickets: TicketSecrets;
}

/** What keys of TLS session tickets are derived from, 48 random bytes each; the same in all workers. Secret, and never kept anywhere. */
export interface TicketSecrets {
  readonly current: Uint8Array;
  /** Its tickets are still honoured. */
  readonly previous: Uint8Array | null;
  /** Already honoured: another worker may have begun with it a moment before us. */
  readonly next: Uint8Array | null;
}

export type ToWorker =
  /** Run this plan from now on. Answered by `applied`. The first one opens the listeners. */
  | ({ readonly type: 'apply' } & PlanMessage)
  /**
   * Stop accepting, announce `Connection: close`, finish, then say `drained`. A connection without a request is closed after `idleMs`: clients that
   * ask meanwhile are told, others lose nothing that they sent.
   */
  | { readonly type: 'drain'; readonly deadlineMs: number; readonly idleMs: number }
  /** Other ticket secrets from now on. */
  | { readonly type: 'tickets'; readonly tickets: TicketSecrets }
  /**
   * Ends a share 0..1 of this worker's long-lived connections to an endpoint, spread over `spreadMs`, politely: WebSockets by a close frame (1001), event streams at the end of
   * an event, gRPC calls that stream by UNAVAILABLE between two messages, and their client's connection is told by GOAWAY. The clients come back, to another instance.
   */
  | { readonly type: 'rebalance'; readonly service: number; readonly endpoint: number; readonly share: number; readonly spreadMs: number }
  /** Close everything at once. */
  | { readonly type: 'close' }
  /** Reopen the access log's file. */
  | { readonly type: 'reopen-log' }
  /** Send lines of the access log that match (`accessed`), at most so many each second; null: no more. */
  | { readonly type: 'tail'; readonly filter: TailFilter | null };

/** Which exchanges the live tail shows; null and '' match all. */
export interface TailFilter {
  readonly route: string | null;
  readonly service: string | null;
  readonly endpoint: string | null;
  /** `404`, or a class `5xx`. */
  readonly status: string | null;
  readonly text: string;
  readonly perSecond: number;
}

export type FromWorker =
  | { readonly type: 'applied'; readonly generation: number; readonly error: string | null }
  | { readonly type: 'drained'; readonly cut: number }
  /** A consecutive-failure rule of this endpoint's service has reached its count: look at once. */
  | { readonly type: 'suspect'; readonly service: number; readonly endpoint: number }
  /** A request waits for an instance of this service (row), and none waited in this worker before: somebody should start one. */
  | { readonly type: 'parked'; readonly service: number }
  /** Lines of the access log for the live tail, and how many more matched. */
  | { readonly type: 'accessed'; readonly lines: readonly string[]; readonly skipped: number }
  /** Spans to be exported; `dropped`: traces that there was no room for. */
  | { readonly type: 'traced'; readonly batches: readonly SpanBatch[]; readonly dropped: number }
  /** Something to tell the person who runs Sluice; already without secrets. */
  | {
      readonly type: 'event';
      readonly level: 'info' | 'warn' | 'error';
      readonly what: string;
      readonly detail: Readonly<Record<string, string | number | boolean>>;
    };
