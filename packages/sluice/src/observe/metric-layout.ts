/**
 * Where each counter lies in the metric board: one region per worker and one for the control plane, in each region a row per slot of
 * each kind, in each row the same columns, all Float64 (exact up to 2^53). Worker and reader share nothing but this file.
 * After the regions comes a cell for each, not 0 once somebody writes to it: most regions are room for workers that never come.
 * A row is fourteen cache lines; regions begin on a cache line, so workers never write to the same one. Memory that nobody touches
 * stays unmapped: a region is 73 MiB of addresses, but costs about 0.8 KiB for each row in use.
 */
import { BUCKET_COUNT } from '../base/histogram.ts';
import { ENDPOINTS_MAX, SERVICES_MAX } from '../core/balancing/endpoint-table.ts';
import { FILTER_KINDS } from '../core/filters/filter-kinds.ts';

export const LISTENERS_MAX = 256;
export const ROUTES_MAX = 65_536;

/** What a row is about; `worker` has one row per region: what belongs to no other. */
export type MetricKind = 'listener' | 'route' | 'service' | 'endpoint' | 'worker';

/** Rows per region. */
export const CAPACITY: Readonly<Record<MetricKind, number>> = {
  listener: LISTENERS_MAX,
  route: ROUTES_MAX,
  service: SERVICES_MAX,
  endpoint: ENDPOINTS_MAX,
  worker: 1,
};

/** In the order in which their rows lie. */
export const METRIC_KINDS: readonly MetricKind[] = ['listener', 'route', 'service', 'endpoint', 'worker'];

/** Status classes in column order; `cut` is an exchange that ended without a whole reply. */
export const STATUS_CLASSES: readonly string[] = ['cut', '1xx', '2xx', '3xx', '4xx', '5xx'];

// Columns. The first six are the status classes: column = status / 100, 0 = cut. Together they are the exchanges that ended.
export const CUT = 0;
export const INFORMATIONAL = 1;
export const STARTED = 6;
/** Milliseconds over everything that is in the buckets. */
export const DURATION_SUM = 7;
export const BYTES_IN = 8;
export const BYTES_OUT = 9;
export const BUCKETS = 10;
const AFTER_BUCKETS = BUCKETS + BUCKET_COUNT;
export const RETRIES = AFTER_BUCKETS;
export const RETRIES_DENIED = AFTER_BUCKETS + 1;
export const HEDGES = AFTER_BUCKETS + 2;
export const HEDGES_WON = AFTER_BUCKETS + 3;
export const EJECTIONS = AFTER_BUCKETS + 4;
export const SHED = AFTER_BUCKETS + 5;
export const AFFINITY_FORGED = AFTER_BUCKETS + 6;
export const AFFINITY_STALE = AFTER_BUCKETS + 7;
export const CONNECTIONS_OPENED = AFTER_BUCKETS + 8;
/** Four columns, in the order of CLOSE_REASONS. */
export const CONNECTIONS_CLOSED = AFTER_BUCKETS + 9;
export const CONNECTIONS_REFUSED = AFTER_BUCKETS + 13;
export const LOG_DROPPED = AFTER_BUCKETS + 14;
/** Four columns, in the order of HANDSHAKE_KINDS. */
export const HANDSHAKES = AFTER_BUCKETS + 15;
/** Seventeen columns of a service's row, by gRPC status: there, where a listener's row has its handshakes, nothing else is. */
export const GRPC_ENDED = AFTER_BUCKETS + 15;
/** Eleven columns, in the order of HANDSHAKE_FAILURES. */
export const HANDSHAKES_FAILED = AFTER_BUCKETS + 19;
/** Eleven columns, in the order of CALL_FAILURES. */
export const CALLS_FAILED = AFTER_BUCKETS + 30;
/** UDP: from clients, answers to them, and those of both that were dropped. */
export const DATAGRAMS_IN = AFTER_BUCKETS + 41;
export const DATAGRAMS_OUT = AFTER_BUCKETS + 42;
export const DATAGRAMS_DROPPED = AFTER_BUCKETS + 43;
/** Of a service's row, where a listener's has its datagrams: requests parked; those that waited (parked or queued) and went on, and for how many milliseconds. */
export const PARKED = AFTER_BUCKETS + 41;
export const WAITED = AFTER_BUCKETS + 42;
export const WAITED_SUM = AFTER_BUCKETS + 43;
/** Of a route's row, where a listener's has its handshakes and calls: ten columns in the order of CACHE_VERDICTS, and bytes that the cache has sent. */
export const CACHED = AFTER_BUCKETS + 7;
export const CACHED_BYTES = AFTER_BUCKETS + 17;
/** Of a route's row: 23 columns each, in the order of FILTER_KINDS: requests that a filter answered by itself, and those in which it failed. */
export const FILTER_ANSWERED = AFTER_BUCKETS + 18;
export const FILTER_FAILED = AFTER_BUCKETS + 18 + FILTER_KINDS.length;
/** Sixteen columns, in the order of HTTP2_FAILURES. */
export const HTTP2_FAILED = AFTER_BUCKETS + 44;
export const HTTP2_MALFORMED = AFTER_BUCKETS + 60;
/** Kernel layer 4: packets from clients, and to them. */
export const PACKETS_IN = AFTER_BUCKETS + 61;
export const PACKETS_OUT = AFTER_BUCKETS + 62;
/** Forward proxies: six columns, in the order of DENIALS. */
export const DENIED = AFTER_BUCKETS + 63;

/** Columns per row. */
export const ROW_LENGTH = 112;

/** Why a connection or session at layer 4 did not end by itself, in the access log's words. */
export const CALL_FAILURES = [
  'upstream-connect',
  'timeout-connect',
  'upstream-reset',
  'no-endpoint',
  'shed',
  'timeout-parked',
  'client-gone',
  'client-error',
  'timeout-header',
  'timeout-idle',
  'drain',
] as const;
export type CallFailure = (typeof CALL_FAILURES)[number];

/**
 * Why a downstream connection ended: `normal` (finished and closed by either side), `timeout` (one of the listener's limits),
 * `error` (reset, or a request that broke the protocol), `drain` (closed by us because of a reload or shutdown).
 */
export type CloseReason = 'normal' | 'timeout' | 'error' | 'drain';
export const CLOSE_REASONS: readonly CloseReason[] = ['normal', 'timeout', 'error', 'drain'];

/**
 * Why a client's HTTP/2 connection was ended (RFC 9113 §5.4.1, §10.5): rules that were broken, deadlines that passed, and floods, which end with
 * ENHANCE_YOUR_CALM: `resets` (rapid reset and MadeYouReset), `continuation`, `settings`, `pings`, `empty-frames`, `priority`, `window-updates`, `unknown-frames`,
 * `closed-stream-frames`, `unread-output`.
 */
export const HTTP2_FAILURES = [
  'protocol',
  'compression',
  'flow-control',
  'frame-size',
  'settings-timeout',
  'header-timeout',
  'unread-output',
  'resets',
  'settings',
  'pings',
  'empty-frames',
  'priority',
  'window-updates',
  'unknown-frames',
  'closed-stream-frames',
  'continuation',
] as const;
export type Http2Failure = (typeof HTTP2_FAILURES)[number];

/** TLS handshakes that were completed: version, and whether an earlier session was resumed. */
export const HANDSHAKE_KINDS: readonly (readonly [version: string, resumed: boolean])[] = [
  ['1.2', false],
  ['1.2', true],
  ['1.3', false],
  ['1.3', true],
];

/**
 * Why a TLS handshake was not: `closed` (the client left), `alert` (it refused us, by an alert), `timeout`, `limit` (too many at once), `not-tls`, `malformed` (no
 * ClientHello that we take), `unknown-name`, `no-certificate` (none for this name yet), `no-match` (no common version, cipher, group or protocol),
 * `client-certificate` (missing, or not to be believed), `protocol` (anything else that broke the protocol).
 */
export type HandshakeFailure =
  | 'closed'
  | 'alert'
  | 'timeout'
  | 'limit'
  | 'not-tls'
  | 'malformed'
  | 'unknown-name'
  | 'no-certificate'
  | 'no-match'
  | 'client-certificate'
  | 'protocol';
export const HANDSHAKE_FAILURES: readonly HandshakeFailure[] = [
  'closed',
  'alert',
  'timeout',
  'limit',
  'not-tls',
  'malformed',
  'unknown-name',
  'no-certificate',
  'no-match',
  'client-certificate',
  'protocol',
];

/** First column of each kind's rows within a region. */
export const KIND_OFFSET: Readonly<Record<MetricKind, number>> = kindOffsets();

/** Columns of one region; a multiple of 8, so that the next one begins on a cache line. */
export const REGION_LENGTH: number = METRIC_KINDS.reduce((sum, kind) => sum + CAPACITY[kind], 0) * ROW_LENGTH;

/** Regions of a board of this many bytes; the cell of each, whether it is in use, comes after all of them. */
export function regionsOf(bytes: number): number {
  return Math.floor(bytes / Float64Array.BYTES_PER_ELEMENT / REGION_LENGTH);
}

function kindOffsets(): Record<MetricKind, number> {
  const offsets: Record<MetricKind, number> = { listener: 0, route: 0, service: 0, endpoint: 0, worker: 0 };
  let rows = 0;
  for (const kind of METRIC_KINDS) {
    offsets[kind] = rows * ROW_LENGTH;
    rows += CAPACITY[kind];
  }
  return offsets;
}
