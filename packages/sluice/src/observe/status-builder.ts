/** Makes the Status out of the plan, the metric board and the endpoint table: the control plane hands them in, nothing is stored here. */
import { percentile } from '../base/histogram.ts';
import type { Timestamp } from '../base/time.ts';
import { DOWN, DRAINING, EJECTED, MAINTENANCE } from '../core/balancing/endpoint-table.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { MetricNames } from './exposition.ts';
import { isoTime } from './log-time.ts';
import { connectionsOf, endedOf, inflightOf } from './metric-board.ts';
import type { MetricBoard } from './metric-board.ts';
import type { ProcessFacts } from './metric-family.ts';
import { BUCKETS, BYTES_IN, BYTES_OUT, CUT, EJECTIONS, HEDGES, RETRIES, ROW_LENGTH, SHED } from './metric-layout.ts';
import type { MetricKind } from './metric-layout.ts';
import type {
  CertificateStatus,
  EndpointState,
  EndpointStatus,
  ListenerStatus,
  RouteStatus,
  ServiceStatus,
  Status,
  TrafficStatus,
} from './status.ts';

/** What is needed of the Plan. */
export interface StatusPlan {
  readonly listeners: readonly StatusListener[];
  readonly services: readonly StatusService[];
  readonly routes: readonly { readonly name: string }[];
}

interface StatusListener {
  readonly name: string;
  readonly kind: 'http' | 'stream' | 'datagram' | 'forward';
  /** Not null where TLS ends. */
  readonly tls?: object | null;
  readonly readsServerName?: boolean;
  /** Where there is a choice. */
  readonly engine?: 'user' | 'kernel';
}

interface StatusService {
  readonly name: string;
  readonly balance: { readonly algorithm: string };
  readonly endpoints: readonly StatusEndpoint[];
}

interface StatusEndpoint {
  readonly address: string;
  readonly weight: number;
  readonly priority: number;
}

export interface StatusInput {
  readonly plan: StatusPlan;
  readonly names: MetricNames;
  readonly board: MetricBoard;
  readonly table: EndpointTable;
  readonly facts: ProcessFacts;
  readonly pid: number;
  readonly now: Timestamp;
  /** Where each listener listens, by name. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly certificates: readonly CertificateStatus[];
  /** Why a service, or an endpoint (`SERVICE ADDRESS`, one space between), is as it is. */
  readonly notes: ReadonlyMap<string, string>;
}

const SERVER_ERROR = 5;
const EMPTY_ROW = new Float64Array(ROW_LENGTH);

/** The Status now. A name that has no slot yet shows zeros. */
export function buildStatus(input: StatusInput): Omit<Status, 'fleet'> {
  const { facts, plan, names } = input;
  const startMs = facts.startSeconds * 1_000;
  return {
    version: facts.version,
    pid: input.pid,
    startedAt: isoTime(startMs as Timestamp),
    uptimeSeconds: Math.max(0, Math.floor((input.now - startMs) / 1_000)),
    generation: facts.generation,
    workers: facts.workers,
    workerRestarts: facts.workerRestarts,
    reloadsApplied: facts.reloadsApplied,
    reloadsRefused: facts.reloadsRefused,
    listeners: plan.listeners.map((listener) => listenerStatus(input, listener)),
    certificates: input.certificates,
    services: plan.services.map((service) => serviceStatus(input, service)),
    routes: plan.routes
      .map(({ name }) => routeStatus(input, name, slotOf(names.routes, name)))
      .filter(({ requests, inflight }) => requests + inflight > 0),
  };
}

function listenerStatus(input: StatusInput, listener: StatusListener): ListenerStatus {
  const { name, engine = 'user' } = listener;
  const row = rowOf(input, 'listener', slotOf(input.names.listeners, name));
  const address = input.addresses.get(name) ?? '';
  return { name, address, protocol: protocolOf(listener), engine, connections: connectionsOf(row), ...traffic(row, inflightOf(row)) };
}

/** What a listener speaks, in the words of the configuration. */
export function protocolOf({ kind, tls = null, readsServerName = false }: Omit<StatusListener, 'name'>): ListenerStatus['protocol'] {
  switch (kind) {
    case 'http':
      return tls === null ? 'http' : 'https';
    case 'stream':
      if (readsServerName) return 'tls';
      return tls === null ? 'tcp' : 'tcp+tls';
    case 'datagram':
      return 'udp';
    case 'forward':
      return tls === null ? 'forward-proxy' : 'forward-proxy+tls';
  }
}

function routeStatus(input: StatusInput, name: string, slot: number | undefined): RouteStatus {
  const row = rowOf(input, 'route', slot);
  return { name, ...traffic(row, inflightOf(row)) };
}

function serviceStatus(input: StatusInput, service: StatusService): ServiceStatus {
  const slot = slotOf(input.names.services, service.name);
  const row = rowOf(input, 'service', slot);
  const endpoints = service.endpoints.map((endpoint) => endpointStatus(input, service.name, endpoint));
  return {
    name: service.name,
    balance: service.balance.algorithm,
    state: serviceState(endpoints),
    breaker: (['closed', 'open', 'half-open'] as const)[slot === undefined ? 0 : input.table.breakerState[slot]!] ?? 'closed',
    ...traffic(row, inflightOf(row)),
    retries: row[RETRIES]!,
    hedges: row[HEDGES]!,
    shed: row[SHED]!,
    parked: slot === undefined ? 0 : input.table.serviceParked[slot]!,
    queued: slot === undefined ? 0 : input.table.serviceQueued[slot]!,
    note: input.notes.get(service.name) ?? null,
    endpoints,
  };
}

function endpointStatus(input: StatusInput, service: string, endpoint: StatusEndpoint): EndpointStatus {
  const { address, weight, priority } = endpoint;
  const slot = slotOf(slotOf(input.names.endpoints, service) ?? {}, address);
  const row = rowOf(input, 'endpoint', slot);
  return {
    address,
    state: endpointState(slot === undefined ? 0 : input.table.state[slot]!),
    weight,
    priority,
    ...traffic(row, slot === undefined ? 0 : Math.max(0, input.table.inflight[slot]!)),
    retries: row[RETRIES]!,
    ejections: row[EJECTIONS]!,
    note: input.notes.get(`${service} ${address}`) ?? null,
  };
}

function traffic(row: Float64Array, inflight: number): TrafficStatus {
  return {
    requests: endedOf(row),
    errors: row[SERVER_ERROR]! + row[CUT]!,
    inflight,
    bytesIn: row[BYTES_IN]!,
    bytesOut: row[BYTES_OUT]!,
    p50Ms: percentile(row, 0.5, BUCKETS),
    p95Ms: percentile(row, 0.95, BUCKETS),
    p99Ms: percentile(row, 0.99, BUCKETS),
  };
}

/** The strongest reason first. */
export function endpointState(bits: number): EndpointState {
  if ((bits & MAINTENANCE) !== 0) return 'maintenance';
  if ((bits & DRAINING) !== 0) return 'draining';
  if ((bits & DOWN) !== 0) return 'down';
  return (bits & EJECTED) === 0 ? 'up' : 'ejected';
}

function serviceState(endpoints: readonly EndpointStatus[]): ServiceStatus['state'] {
  if (endpoints.length === 0) return 'empty';
  const usable = endpoints.filter(({ state }) => state === 'up').length;
  return usable === endpoints.length ? 'up' : usable === 0 ? 'down' : 'degraded';
}

function rowOf({ board }: StatusInput, kind: MetricKind, slot: number | undefined): Float64Array {
  return slot === undefined ? EMPTY_ROW : board.row(kind, slot);
}

/** Names come from a configuration: `constructor` must not find what every object inherits. */
function slotOf<Slot>(slots: Readonly<Record<string, Slot>>, name: string): Slot | undefined {
  return Object.hasOwn(slots, name) ? slots[name] : undefined;
}
