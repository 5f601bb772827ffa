/**
 * Every metric that Sluice exposes: name, type, meaning and where its numbers lie. The exposition and docs/reference/metrics.md are made
 * from this one list. Names follow prometheus.io/docs/practices/naming: base units, `_total` for counters. Each level (listener, route,
 * service, endpoint) has its own names, so that summing over a name never counts a request twice.
 */
import { DOWN, DRAINING, EJECTED, MAINTENANCE } from '../core/balancing/endpoint-table.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import { DENIALS } from '../core/forward-proxy/denial.ts';
import { GRPC_STATUS_NAMES } from '../core/grpc/status.ts';
import { connectionsOf, inflightOf } from './metric-board.ts';
import { OTHER_METRICS } from './metric-catalog-process.ts';
import type { MetricFamily, MetricSource } from './metric-family.ts';
import {
  AFFINITY_FORGED,
  AFFINITY_STALE,
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
  DATAGRAMS_DROPPED,
  DATAGRAMS_IN,
  DATAGRAMS_OUT,
  DENIED,
  EJECTIONS,
  FILTER_ANSWERED,
  FILTER_FAILED,
  GRPC_ENDED,
  HANDSHAKE_FAILURES,
  HANDSHAKE_KINDS,
  HANDSHAKES,
  HANDSHAKES_FAILED,
  HTTP2_FAILED,
  HTTP2_FAILURES,
  HTTP2_MALFORMED,
  HEDGES,
  HEDGES_WON,
  PACKETS_IN,
  PACKETS_OUT,
  PARKED,
  RETRIES,
  RETRIES_DENIED,
  SHED,
  WAITED,
  WAITED_SUM,
} from './metric-layout.ts';
import type { MetricKind } from './metric-layout.ts';
import { FILTER_KINDS } from '../core/filters/filter-kinds.ts';
import { CACHE_VERDICTS } from './cache-verdict.ts';

const NAME_LABELS: Readonly<Record<MetricKind, readonly string[]>> = {
  listener: ['listener'],
  route: ['route'],
  service: ['service'],
  endpoint: ['service', 'endpoint'],
  worker: [],
};

/** There may be thousands of routes and endpoints: all buckets of 10,000 would be 31 MB of text, which Prometheus has to keep, too. */
const FEW_BUCKETS_EVERY = 3;

/** What each of the four levels has. */
function traffic(of: MetricKind, prefix: string, noun: string): readonly MetricFamily[] {
  const family = (name: string, type: MetricFamily['type'], help: string, source: MetricSource, ...more: string[]): MetricFamily => {
    return { name: prefix + name, type, help, labels: [...NAME_LABELS[of], ...more], of, source };
  };
  return [
    family('requests_total', 'counter', `${noun}, by status class; cut: no whole reply was sent.`, { read: 'statuses' }, 'code'),
    family('request_duration_seconds', 'histogram', `${noun}: time from first byte in to last byte out, upgrades left out.`, {
      read: 'histogram',
      every: of === 'route' || of === 'endpoint' ? FEW_BUCKETS_EVERY : 1,
    }),
    family('request_bytes_total', 'counter', `${noun}: bytes of bodies received.`, { read: 'column', column: BYTES_IN }),
    family('response_bytes_total', 'counter', `${noun}: bytes of bodies sent back.`, { read: 'column', column: BYTES_OUT }),
  ];
}

function counter(of: MetricKind, name: string, help: string, column: number): MetricFamily {
  return { name, type: 'counter', help, labels: NAME_LABELS[of], of, source: { read: 'column', column } };
}

function rowGauge(of: MetricKind, name: string, help: string, value: (row: Float64Array) => number): MetricFamily {
  return { name, type: 'gauge', help, labels: NAME_LABELS[of], of, source: { read: 'row', value } };
}

function tableGauge(
  of: 'service' | 'endpoint',
  name: string,
  help: string,
  value: (table: EndpointTable, slot: number) => number,
  isAdditive = false,
): MetricFamily {
  return { name, type: 'gauge', help, labels: NAME_LABELS[of], of, source: { read: 'table', value, isAdditive } };
}

const LISTENER_METRICS: readonly MetricFamily[] = [
  ...traffic('listener', 'sluice_', 'Exchanges of a listener'),
  rowGauge('listener', 'sluice_requests_inflight', 'Exchanges that a listener has begun and not ended.', inflightOf),
  rowGauge('listener', 'sluice_connections', 'Client connections open.', connectionsOf),
  counter('listener', 'sluice_connections_opened_total', 'Client connections accepted.', CONNECTIONS_OPENED),
  {
    name: 'sluice_connections_closed_total',
    type: 'counter',
    help: 'Client connections closed, by reason: normal, timeout, error, drain.',
    labels: ['listener', 'reason'],
    of: 'listener',
    source: { read: 'columns', columns: CLOSE_REASONS.map((reason, index) => [`reason="${reason}"`, CONNECTIONS_CLOSED + index]) },
  },
  counter('listener', 'sluice_connections_refused_total', 'Client connections over the limit, closed at once.', CONNECTIONS_REFUSED),
  {
    name: 'sluice_tls_handshakes_total',
    type: 'counter',
    help: 'TLS handshakes completed, by version and by whether an earlier session was resumed.',
    labels: ['listener', 'version', 'resumed'],
    of: 'listener',
    source: {
      read: 'columns',
      columns: HANDSHAKE_KINDS.map(([version, resumed], index) => [`version="${version}",resumed="${resumed}"`, HANDSHAKES + index]),
    },
  },
  {
    name: 'sluice_tls_handshakes_failed_total',
    type: 'counter',
    help: `TLS handshakes not completed, by cause: ${HANDSHAKE_FAILURES.join(', ')}.`,
    labels: ['listener', 'cause'],
    of: 'listener',
    source: { read: 'columns', columns: HANDSHAKE_FAILURES.map((cause, index) => [`cause="${cause}"`, HANDSHAKES_FAILED + index]) },
  },
  {
    name: 'sluice_http2_connections_failed_total',
    type: 'counter',
    help: `Client HTTP/2 connections ended for what the client did, by cause: ${HTTP2_FAILURES.join(', ')}.`,
    labels: ['listener', 'cause'],
    of: 'listener',
    source: { read: 'columns', columns: HTTP2_FAILURES.map((cause, index) => [`cause="${cause}"`, HTTP2_FAILED + index]) },
  },
  counter(
    'listener',
    'sluice_http2_requests_malformed_total',
    'HTTP/2 requests that broke a rule and were reset without an answer.',
    HTTP2_MALFORMED,
  ),
];

const LAYER4_METRICS: readonly MetricFamily[] = [
  {
    name: 'sluice_connections_failed_total',
    type: 'counter',
    help: "Layer 4: connections and UDP sessions that did not end by themselves, by cause, in the access log's words.",
    labels: ['listener', 'cause'],
    of: 'listener',
    source: { read: 'columns', columns: CALL_FAILURES.map((cause, index) => [`cause="${cause}"`, CALLS_FAILED + index]) },
  },
  counter('listener', 'sluice_datagrams_received_total', 'UDP: datagrams from clients.', DATAGRAMS_IN),
  counter('listener', 'sluice_datagrams_sent_total', 'UDP: answers to clients.', DATAGRAMS_OUT),
  counter(
    'listener',
    'sluice_datagrams_dropped_total',
    'UDP: datagrams and answers dropped: too many sessions, no endpoint, or too much that waits already.',
    DATAGRAMS_DROPPED,
  ),
];

const FORWARD_PROXY_METRICS: readonly MetricFamily[] = [
  {
    name: 'sluice_forward_proxy_denied_total',
    type: 'counter',
    help: `Forward proxies: requests and connections refused, by reason: ${DENIALS.join(', ')}.`,
    labels: ['listener', 'reason'],
    of: 'listener',
    source: { read: 'columns', columns: DENIALS.map((reason, index) => [`reason="${reason}"`, DENIED + index]) },
  },
];

/** Packets of kernel listeners, on three levels. */
const KERNEL_METRICS: readonly MetricFamily[] = [
  counter('listener', 'sluice_packets_received_total', 'Kernel layer 4: packets from clients.', PACKETS_IN),
  counter('listener', 'sluice_packets_sent_total', 'Kernel layer 4: packets to clients.', PACKETS_OUT),
  counter('service', 'sluice_service_packets_received_total', 'Kernel layer 4: packets to the endpoints of a service.', PACKETS_IN),
  counter('service', 'sluice_service_packets_sent_total', 'Kernel layer 4: packets from the endpoints of a service.', PACKETS_OUT),
  counter('endpoint', 'sluice_endpoint_packets_received_total', 'Kernel layer 4: packets to an endpoint.', PACKETS_IN),
  counter('endpoint', 'sluice_endpoint_packets_sent_total', 'Kernel layer 4: packets from an endpoint.', PACKETS_OUT),
];

const ROUTE_METRICS: readonly MetricFamily[] = [
  ...traffic('route', 'sluice_route_', 'Exchanges of a route'),
  rowGauge('route', 'sluice_route_requests_inflight', 'Exchanges of a route that have begun and not ended.', inflightOf),
  counter('route', 'sluice_route_retries_total', 'Further attempts of exchanges of a route.', RETRIES),
  {
    name: 'sluice_route_cache_requests_total',
    type: 'counter',
    help: 'Requests of a route with a cache, by what it did.',
    labels: ['route', 'verdict'],
    of: 'route',
    source: { read: 'columns', columns: CACHE_VERDICTS.map((verdict, index) => [`verdict="${verdict}"`, CACHED + index]), isSparse: true },
  },
  counter('route', 'sluice_route_cache_bytes_total', 'Bytes of bodies that the cache sent.', CACHED_BYTES),
  {
    name: 'sluice_route_filter_answers_total',
    type: 'counter',
    help: 'Requests of a route that a filter answered by itself, by filter.',
    labels: ['route', 'filter'],
    of: 'route',
    source: { read: 'columns', columns: FILTER_KINDS.map((kind, index) => [`filter="${kind}"`, FILTER_ANSWERED + index]), isSparse: true },
  },
  {
    name: 'sluice_route_filter_failures_total',
    type: 'counter',
    help: 'Requests of a route in which a filter failed, by filter.',
    labels: ['route', 'filter'],
    of: 'route',
    source: { read: 'columns', columns: FILTER_KINDS.map((kind, index) => [`filter="${kind}"`, FILTER_FAILED + index]), isSparse: true },
  },
  counter('route', 'sluice_route_shed_total', 'Exchanges of a route refused for overload.', SHED),
];

const SERVICE_METRICS: readonly MetricFamily[] = [
  ...traffic('service', 'sluice_service_', 'Exchanges of a service'),
  rowGauge(
    'service',
    'sluice_service_requests_inflight',
    'Exchanges of a service that have begun and not ended, waiting ones included.',
    inflightOf,
  ),
  {
    name: 'sluice_service_grpc_total',
    type: 'counter',
    help: 'Ended gRPC calls, by status: of the service, or of a reply of our own. A status appears with its first call.',
    labels: ['service', 'status'],
    of: 'service',
    source: {
      read: 'columns',
      columns: GRPC_STATUS_NAMES.map((name, status) => [`status="${name}"`, GRPC_ENDED + status]),
      isSparse: true,
    },
  },
  counter('service', 'sluice_retries_total', 'Further attempts after a failed one.', RETRIES),
  counter('service', 'sluice_retries_denied_total', 'Retries that the budget did not allow.', RETRIES_DENIED),
  counter('service', 'sluice_hedges_total', 'Second copies sent because the first was slow.', HEDGES),
  counter('service', 'sluice_hedges_won_total', 'Second copies that answered first.', HEDGES_WON),
  counter(
    'service',
    'sluice_shed_total',
    'Exchanges refused for overload, an open breaker, a full queue, or because no instance came in time.',
    SHED,
  ),
  tableGauge(
    'service',
    'sluice_service_parked',
    'Requests (at layer 4 connections) that wait for an instance.',
    (table, slot) => table.serviceParked[slot]!,
    true,
  ),
  counter('service', 'sluice_parked_total', 'Requests that had to wait for an instance.', PARKED),
  tableGauge(
    'service',
    'sluice_service_queued',
    "Requests that wait for room under the service's bounds.",
    (table, slot) => table.serviceQueued[slot]!,
    true,
  ),
  {
    name: 'sluice_service_waited_seconds',
    type: 'summary',
    help: 'How long requests waited, for an instance or for room, before they went on. One that waited for both counts twice.',
    labels: ['service'],
    of: 'service',
    source: { read: 'durations', sum: WAITED_SUM, count: WAITED },
  },
  counter('service', 'sluice_affinity_forged_total', 'Affinity cookies ignored because their signature is wrong.', AFFINITY_FORGED),
  counter('service', 'sluice_affinity_stale_total', 'Affinity that named an endpoint which is gone, or had expired.', AFFINITY_STALE),
  tableGauge('service', 'sluice_service_connections', 'Upstream connections open.', (table, slot) => table.serviceConnections[slot]!, true),
  tableGauge(
    'service',
    'sluice_service_breaker_state',
    'Circuit breaker: 0 closed, 1 open, 2 half-open.',
    (table, slot) => table.breakerState[slot]!,
  ),
  tableGauge(
    'service',
    'sluice_service_concurrency_limit',
    'Requests that may be in flight now; 0 is no bound.',
    (table, slot) => table.concurrencyLimit[slot]!,
  ),
];

const ENDPOINT_METRICS: readonly MetricFamily[] = [
  ...traffic('endpoint', 'sluice_endpoint_', 'Attempts at an endpoint'),
  tableGauge(
    'endpoint',
    'sluice_endpoint_inflight',
    'Requests in flight at an endpoint, upgraded connections included.',
    (table, slot) => table.inflight[slot]!,
    true,
  ),
  tableGauge('endpoint', 'sluice_endpoint_up', '1 while an endpoint passes its active checks, else 0.', (table, slot) =>
    (table.state[slot]! & (DOWN | MAINTENANCE)) === 0 ? 1 : 0,
  ),
  tableGauge('endpoint', 'sluice_endpoint_ejected', '1 while an endpoint is left out for failing, else 0.', (table, slot) =>
    bit(table.state[slot]!, EJECTED),
  ),
  tableGauge('endpoint', 'sluice_endpoint_draining', '1 while an endpoint finishes and takes no more, else 0.', (table, slot) =>
    bit(table.state[slot]!, DRAINING),
  ),
  counter('endpoint', 'sluice_ejections_total', 'Times that an endpoint was left out for failing.', EJECTIONS),
  counter('endpoint', 'sluice_endpoint_retries_total', 'Failed attempts at an endpoint that were tried elsewhere.', RETRIES),
  counter('endpoint', 'sluice_endpoint_hedges_total', 'Requests at an endpoint so slow that a second copy was sent elsewhere.', HEDGES),
];

/** In the order in which they are exposed and documented. */
export const METRIC_FAMILIES: readonly MetricFamily[] = [
  ...LISTENER_METRICS,
  ...LAYER4_METRICS,
  ...FORWARD_PROXY_METRICS,
  ...ROUTE_METRICS,
  ...SERVICE_METRICS,
  ...ENDPOINT_METRICS,
  ...KERNEL_METRICS,
  ...OTHER_METRICS,
];

function bit(state: number, mask: number): number {
  return (state & mask) === 0 ? 0 : 1;
}

/** The table of docs/reference/metrics.md. */
export function metricsReference(): string {
  const rows = METRIC_FAMILIES.map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help} |`);
  return ['| name | type | labels | what |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
