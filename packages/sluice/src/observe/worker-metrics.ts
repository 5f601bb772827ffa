/**
 * The writing side of the metric board: what a data-plane worker counts. It writes to its own region only, so plain adds are
 * enough: no atomics, no locks, no messages. A slot of -1 means "none" and costs one comparison.
 * `exchangeEnded`, which touches four rows, takes about 50 ns.
 */
import { assert } from '../base/assert.ts';
import { bucketOf } from '../base/histogram.ts';
import {
  AFFINITY_FORGED,
  AFFINITY_STALE,
  BUCKETS,
  BYTES_IN,
  BYTES_OUT,
  CALL_FAILURES,
  CALLS_FAILED,
  CLOSE_REASONS,
  CACHED,
  CACHED_BYTES,
  CONNECTIONS_CLOSED,
  CONNECTIONS_OPENED,
  CONNECTIONS_REFUSED,
  CUT,
  DATAGRAMS_DROPPED,
  DATAGRAMS_IN,
  DATAGRAMS_OUT,
  DENIED,
  DURATION_SUM,
  EJECTIONS,
  FILTER_ANSWERED,
  FILTER_FAILED,
  GRPC_ENDED,
  HANDSHAKE_FAILURES,
  HANDSHAKES,
  HANDSHAKES_FAILED,
  HTTP2_FAILED,
  HTTP2_FAILURES,
  HTTP2_MALFORMED,
  type Http2Failure,
  HEDGES,
  HEDGES_WON,
  INFORMATIONAL,
  KIND_OFFSET,
  LOG_DROPPED,
  PACKETS_IN,
  PACKETS_OUT,
  PARKED,
  REGION_LENGTH,
  regionsOf,
  RETRIES,
  RETRIES_DENIED,
  ROW_LENGTH,
  SHED,
  STARTED,
  WAITED,
  WAITED_SUM,
} from './metric-layout.ts';
import { DENIALS, type Denial } from '../core/forward-proxy/denial.ts';
import { FILTER_KINDS, type FilterKind } from '../core/filters/filter-kinds.ts';
import { CACHE_VERDICTS, type CacheVerdict } from './cache-verdict.ts';
import type { CallFailure, CloseReason, HandshakeFailure } from './metric-layout.ts';

/** The column of 2xx. */
const SUCCESSFUL = 2;

/** Whose traffic it was: rows of the board. */
export interface KernelRows {
  readonly listener: number;
  readonly service: number;
  readonly endpoint: number;
  readonly isUdp: boolean;
}

/** What went through; bytes with the IP headers. */
export interface KernelTraffic {
  readonly connections: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
}

const ROUTES = KIND_OFFSET.route;
const SERVICES = KIND_OFFSET.service;
const ENDPOINTS = KIND_OFFSET.endpoint;
const WORKER = KIND_OFFSET.worker;

/** Counters of one worker. */
export class WorkerMetrics {
  readonly #cells: Float64Array;

  /**
   * @param buffer Of the MetricBoard.
   * @param worker 0-based index of the worker.
   */
  constructor(buffer: SharedArrayBuffer, worker: number) {
    const regions = regionsOf(buffer.byteLength);
    assert(worker >= 0 && worker < regions, `the metric board has a region for worker ${worker}`);
    const all = new Float64Array(buffer);
    all[regions * REGION_LENGTH + worker] = 1;
    this.#cells = all.subarray(worker * REGION_LENGTH, (worker + 1) * REGION_LENGTH);
  }

  /** A listener accepted a connection and will serve it. */
  connectionOpened(listener: number): void {
    this.#cells[listener * ROW_LENGTH + CONNECTIONS_OPENED]! += 1;
  }

  /** Once for each `connectionOpened`. */
  connectionClosed(listener: number, reason: CloseReason): void {
    this.#cells[listener * ROW_LENGTH + CONNECTIONS_CLOSED + CLOSE_REASONS.indexOf(reason)]! += 1;
  }

  /** A connection over the listener's limit was closed at once. Not one of those opened. */
  connectionRefused(listener: number): void {
    this.#cells[listener * ROW_LENGTH + CONNECTIONS_REFUSED]! += 1;
  }

  /** A client's HTTP/2 connection was ended. */
  http2Failed(listener: number, failure: Http2Failure): void {
    this.#cells[listener * ROW_LENGTH + HTTP2_FAILED + HTTP2_FAILURES.indexOf(failure)]! += 1;
  }

  /** HTTP/2 requests that broke a rule and were reset without an answer; they are no exchanges. */
  http2Malformed(listener: number, count: number): void {
    this.#cells[listener * ROW_LENGTH + HTTP2_MALFORMED]! += count;
  }

  /** A TLS handshake was completed. */
  handshakeDone(listener: number, isTls13: boolean, isResumed: boolean): void {
    this.#cells[listener * ROW_LENGTH + HANDSHAKES + (isTls13 ? 2 : 0) + (isResumed ? 1 : 0)]! += 1;
  }

  /** A TLS handshake was not completed. */
  handshakeFailed(listener: number, failure: HandshakeFailure): void {
    this.#cells[listener * ROW_LENGTH + HANDSHAKES_FAILED + HANDSHAKE_FAILURES.indexOf(failure)]! += 1;
  }

  /** A request's head is understood and routed (route and service -1 where there is none). Each ends in one `exchangeEnded`. */
  exchangeStarted(listener: number, route: number, service: number): void {
    const cells = this.#cells;
    if (listener >= 0) cells[listener * ROW_LENGTH + STARTED]! += 1;
    if (route >= 0) cells[ROUTES + route * ROW_LENGTH + STARTED]! += 1;
    if (service >= 0) cells[SERVICES + service * ROW_LENGTH + STARTED]! += 1;
  }

  /**
   * An exchange is over, in any way. Same listener, route and service as when it started.
   * @param endpoint That gave the reply, or was asked last; -1 when none was.
   * @param status Of the reply; 0 when it never began or was cut.
   * @param durationMs From the request's first byte to the reply's last. Durations of 1xx (upgrades) go into no histogram.
   * @param bytesIn Of the body, from the client. @param bytesOut Of the body, to the client.
   */
  // oxlint-disable-next-line max-params -- an options object would be an allocation per request
  exchangeEnded(
    listener: number,
    route: number,
    service: number,
    endpoint: number,
    status: number,
    durationMs: number,
    bytesIn: number,
    bytesOut: number,
  ): void {
    const column = statusColumn(status);
    const bucket = BUCKETS + bucketOf(durationMs);
    if (listener >= 0) this.#add(listener * ROW_LENGTH, column, bucket, durationMs, bytesIn, bytesOut);
    if (route >= 0) this.#add(ROUTES + route * ROW_LENGTH, column, bucket, durationMs, bytesIn, bytesOut);
    if (service >= 0) this.#add(SERVICES + service * ROW_LENGTH, column, bucket, durationMs, bytesIn, bytesOut);
    if (endpoint >= 0) this.#add(ENDPOINTS + endpoint * ROW_LENGTH, column, bucket, durationMs, bytesIn, bytesOut);
  }

  /** An attempt that was not the exchange's last one ended (a retry follows, or a hedge won): counts for its endpoint alone. */
  attemptEnded(endpoint: number, status: number, durationMs: number, bytesIn: number, bytesOut: number): void {
    if (endpoint < 0) return;
    this.#add(ENDPOINTS + endpoint * ROW_LENGTH, statusColumn(status), BUCKETS + bucketOf(durationMs), durationMs, bytesIn, bytesOut);
  }

  /** Bytes of something that lasts (layer 4), before it ends. Its `exchangeEnded` says only what came after. */
  bytesMoved(listener: number, service: number, endpoint: number, bytesIn: number, bytesOut: number): void {
    this.#move(listener < 0 ? -1 : listener * ROW_LENGTH, bytesIn, bytesOut);
    this.#move(service < 0 ? -1 : SERVICES + service * ROW_LENGTH, bytesIn, bytesOut);
    this.#move(endpoint < 0 ? -1 : ENDPOINTS + endpoint * ROW_LENGTH, bytesIn, bytesOut);
  }

  /** A connection or session at layer 4 ended in a way that has a name. */
  callFailed(listener: number, failure: CallFailure): void {
    this.#cells[listener * ROW_LENGTH + CALLS_FAILED + CALL_FAILURES.indexOf(failure)]! += 1;
  }

  /** A forward proxy has refused a request, or a connection. */
  denied(listener: number, denial: Denial): void {
    this.#cells[listener * ROW_LENGTH + DENIED + DENIALS.indexOf(denial)]! += 1;
  }

  /** Datagrams of a listener's clients, answers to them, and how many of both were dropped. */
  datagrams(listener: number, received: number, answered: number, dropped: number): void {
    const row = listener * ROW_LENGTH;
    this.#cells[row + DATAGRAMS_IN]! += received;
    this.#cells[row + DATAGRAMS_OUT]! += answered;
    this.#cells[row + DATAGRAMS_DROPPED]! += dropped;
  }

  /** What the kernel forwarded for an endpoint since the last time. Rows may be -1. Control plane. */
  kernelForwarded(rows: KernelRows, traffic: KernelTraffic): void {
    const { connections, packetsIn, packetsOut } = traffic;
    const listener = rows.listener * ROW_LENGTH;
    if (rows.listener >= 0) {
      this.#cells[listener + CONNECTIONS_OPENED]! += connections;
      this.#cells[listener + CONNECTIONS_CLOSED + CLOSE_REASONS.indexOf('normal')]! += connections;
      this.#cells[listener + STARTED]! += connections;
      this.#forward(listener, traffic);
      if (rows.isUdp) this.datagrams(rows.listener, packetsIn, packetsOut, 0);
    }
    if (rows.service >= 0) {
      this.#cells[SERVICES + rows.service * ROW_LENGTH + STARTED]! += connections;
      this.#forward(SERVICES + rows.service * ROW_LENGTH, traffic);
    }
    if (rows.endpoint >= 0) this.#forward(ENDPOINTS + rows.endpoint * ROW_LENGTH, traffic);
  }

  /** Packets that began a connection of a kernel listener and found no endpoint. Control plane. */
  kernelRefused(listener: number, packets: number): void {
    this.#cells[listener * ROW_LENGTH + CALLS_FAILED + CALL_FAILURES.indexOf('no-endpoint')]! += packets;
  }

  /** A filter of a route has answered a request by itself. */
  filterAnswered(route: number, kind: FilterKind): void {
    this.#cells[ROUTES + route * ROW_LENGTH + FILTER_ANSWERED + FILTER_KINDS.indexOf(kind)]! += 1;
  }

  /** A filter of a route has thrown. */
  filterFailed(route: number, kind: FilterKind): void {
    this.#cells[ROUTES + route * ROW_LENGTH + FILTER_FAILED + FILTER_KINDS.indexOf(kind)]! += 1;
  }

  /** What the cache did with a request of a route. @param bytes Of content that it sent. */
  cached(route: number, verdict: CacheVerdict, bytes: number): void {
    const row = ROUTES + route * ROW_LENGTH;
    this.#cells[row + CACHED + CACHE_VERDICTS.indexOf(verdict)]! += 1;
    this.#cells[row + CACHED_BYTES]! += bytes;
  }

  /** A gRPC call of a service has ended, as part of an exchange. @param status 0..16. */
  grpcEnded(service: number, status: number): void {
    if (service >= 0) this.#cells[SERVICES + service * ROW_LENGTH + GRPC_ENDED + status]! += 1;
  }

  /** A further attempt begins. @param endpoint That failed before; -1 when unknown. */
  retried(route: number, service: number, endpoint: number): void {
    this.#countFor(route, service, endpoint, RETRIES);
  }

  /** A retry was due, but the budget was spent. */
  retryDenied(route: number, service: number): void {
    this.#countFor(route, service, -1, RETRIES_DENIED);
  }

  /** A second copy was sent. @param endpoint That was too slow. */
  hedged(route: number, service: number, endpoint: number): void {
    this.#countFor(route, service, endpoint, HEDGES);
  }

  /** The second copy answered first. */
  hedgeWon(route: number, service: number): void {
    this.#countFor(route, service, -1, HEDGES_WON);
  }

  /** A request of a service waits for an instance. */
  parked(service: number): void {
    this.#cells[SERVICES + service * ROW_LENGTH + PARKED]! += 1;
  }

  /** One that waited, for an instance or for room, goes on. */
  waited(service: number, waitedMs: number): void {
    const row = SERVICES + service * ROW_LENGTH;
    this.#cells[row + WAITED]! += 1;
    this.#cells[row + WAITED_SUM]! += waitedMs;
  }

  /** Refused for overload, an open breaker, a full queue, or because nobody could be waited for any longer. */
  shed(route: number, service: number): void {
    this.#countFor(route, service, -1, SHED);
  }

  /** An affinity cookie whose signature is wrong was ignored. */
  affinityForged(service: number): void {
    if (service >= 0) this.#cells[SERVICES + service * ROW_LENGTH + AFFINITY_FORGED]! += 1;
  }

  /** Affinity named an endpoint that is gone, or has expired; another was picked. */
  affinityStale(service: number): void {
    if (service >= 0) this.#cells[SERVICES + service * ROW_LENGTH + AFFINITY_STALE]! += 1;
  }

  /** The outlier rules took an endpoint out. Control plane. */
  ejected(service: number, endpoint: number): void {
    this.#countFor(-1, service, endpoint, EJECTIONS);
  }

  /** Access log lines that a slow disk made us drop. */
  logDropped(lines: number): void {
    this.#cells[WORKER + LOG_DROPPED]! += lines;
  }

  #countFor(route: number, service: number, endpoint: number, column: number): void {
    const cells = this.#cells;
    if (route >= 0) cells[ROUTES + route * ROW_LENGTH + column]! += 1;
    if (service >= 0) cells[SERVICES + service * ROW_LENGTH + column]! += 1;
    if (endpoint >= 0) cells[ENDPOINTS + endpoint * ROW_LENGTH + column]! += 1;
  }

  #move(row: number, bytesIn: number, bytesOut: number): void {
    if (row < 0) return;
    this.#cells[row + BYTES_IN]! += bytesIn;
    this.#cells[row + BYTES_OUT]! += bytesOut;
  }

  /** Connections of which nothing is known but that they began: no duration. */
  #forward(row: number, { connections, packetsIn, packetsOut, bytesIn, bytesOut }: KernelTraffic): void {
    this.#cells[row + SUCCESSFUL]! += connections;
    this.#cells[row + PACKETS_IN]! += packetsIn;
    this.#cells[row + PACKETS_OUT]! += packetsOut;
    this.#move(row, bytesIn, bytesOut);
  }

  #add(row: number, column: number, bucket: number, durationMs: number, bytesIn: number, bytesOut: number): void {
    const cells = this.#cells;
    cells[row + column]! += 1;
    cells[row + BYTES_IN]! += bytesIn;
    cells[row + BYTES_OUT]! += bytesOut;
    if (column === INFORMATIONAL) return;
    cells[row + DURATION_SUM]! += durationMs;
    cells[row + bucket]! += 1;
  }
}

/** 100–599 by their first digit; everything else is a cut. */
function statusColumn(status: number): number {
  return status >= 100 && status < 600 ? (status / 100) | 0 : CUT;
}
