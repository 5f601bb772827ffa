/**
 * What all workers and the control plane know of each endpoint and service, as struct-of-arrays over one SharedArrayBuffer.
 * A slot is an endpoint's (or service's) index for as long as it exists; the control plane hands slots out (SlotAllocator)
 * and reuses them only after the drain. Pages that nothing touches cost no memory, so the capacities are fixed and generous.
 *
 * Who writes what: data planes write load (`inflight`, averages, outcome counts); the control plane writes state, weights and
 * limits, then bumps the service's `epoch`, which is how workers notice.
 */

export const ENDPOINTS_MAX = 16_384;
export const SERVICES_MAX = 4_096;
/** Bound sessions (affinity by application cookie, header or address) over all services. */
export const SESSIONS_MAX = 262_144;
/** Worker threads at most; each has its own column of in-flight counts, so that a crashed worker's can be taken back. */
export const WORKERS_MAX = 64;

/** Bits of an endpoint's `state`. Zero means: use it. */
export const DOWN = 1; // failed its active check, or has not passed it yet
export const EJECTED = 2; // passive: stands out as failing
export const DRAINING = 4; // finishes what it has, takes nothing new (existing sessions stay until the drain's deadline)
export const MAINTENANCE = 8; // agent said maint/down, or the drain's deadline has passed: takes nothing at all

export interface EndpointTable {
  readonly buffer: SharedArrayBuffer;
  // per endpoint slot
  /** Requests (and upgraded connections) in flight over all workers. Atomics. */
  readonly inflight: Int32Array;
  /** The same by worker: index `worker * ENDPOINTS_MAX + slot`. Written by its worker only. */
  readonly inflightByWorker: Int32Array;
  /** Bits above. Atomics; written by the control plane. */
  readonly state: Int32Array;
  /** Failures in a row, as the outlier rules count them; reset by a success. Atomics. */
  readonly consecutive5xx: Int32Array;
  readonly consecutiveGateway: Int32Array;
  readonly consecutiveLocal: Int32Array;
  /** Totals since the slot was handed out: requests ended, failures (5xx, gateway and local errors). Atomics. */
  readonly ended: Int32Array;
  readonly failed: Int32Array;
  /** Latency sum in microseconds / 16 (wraps after ~19 hours of latency; readers use differences). Atomics. */
  readonly latencySum: Int32Array;
  /** Averages shared by racy plain writes: a lost update costs one sample. Milliseconds; bytes per second; 0 = no sample. */
  readonly latencyEwma: Float64Array;
  readonly latencyStamp: Float64Array;
  readonly bytesRate: Float64Array;
  readonly bytesStamp: Float64Array;
  /** Weight factor by the agent, 0..2.56 (1 = as configured); NaN never. Written by the control plane. */
  readonly agentWeight: Float64Array;
  /** Requests in flight at most, by the agent (`maxconn:`); 0 = as configured. Written by the control plane. */
  readonly agentRequestsMax: Int32Array;
  /** Reported by the application (ORCA or agent): shares 0..1, requests in flight; -1 = unknown; and when (Instant of this process). */
  readonly reportedCpu: Float64Array;
  readonly reportedMemory: Float64Array;
  readonly reportedInflight: Float64Array;
  readonly reportedStamp: Float64Array;
  /** The same of its event loop: share 0..1 of the time in use, delay in ms; and jobs that wait for it; -1 = unknown. */
  readonly reportedEventLoop: Float64Array;
  readonly reportedEventLoopDelay: Float64Array;
  readonly reportedJobs: Float64Array;
  /** When the endpoint became usable (Instant), for slow start; 0 = at start, no ramp. Control plane. */
  readonly since: Float64Array;
  // per service slot
  /** Bumped whenever anything above that balancing depends on was changed by the control plane. Atomics. */
  readonly epoch: Int32Array;
  readonly serviceInflight: Int32Array;
  readonly serviceInflightByWorker: Int32Array;
  /** Upstream connections open over all workers. Atomics. */
  readonly serviceConnections: Int32Array;
  readonly serviceConnectionsByWorker: Int32Array;
  /** Requests that wait for an instance now, and the bytes that they hold. Atomics. */
  readonly serviceParked: Int32Array;
  readonly serviceParkedByWorker: Int32Array;
  readonly serviceParkedBytes: Int32Array;
  readonly serviceParkedBytesByWorker: Int32Array;
  /** Requests that wait for room under the service's bounds now. Atomics. */
  readonly serviceQueued: Int32Array;
  readonly serviceQueuedByWorker: Int32Array;
  /** Totals of those that waited, in the queue or for an instance, and went on: how many, and for how long (microseconds / 16, as `latencySum`). Atomics. */
  readonly serviceWaited: Int32Array;
  readonly serviceWaitSum: Int32Array;
  /** Totals: requests that were ever parked, and that were refused for overload or because parking was full or too long. Atomics. */
  readonly serviceParkedTotal: Int32Array;
  readonly serviceShed: Int32Array;
  /** Retries in flight over all workers. Atomics. */
  readonly serviceRetries: Int32Array;
  readonly serviceRetriesByWorker: Int32Array;
  /** Totals: requests, and failures as the breaker counts them. Atomics. */
  readonly serviceEnded: Int32Array;
  readonly serviceFailed: Int32Array;
  readonly serviceLatencySum: Int32Array;
  /** Retry tokens × 256. Atomics. */
  readonly retryTokens: Int32Array;
  readonly hedgeTokens: Int32Array;
  /** Concurrency allowed now; 0 = no bound. Written by the control plane (adaptive). */
  readonly concurrencyLimit: Int32Array;
  /** Breaker: 0 closed, 1 open, 2 half-open; trials left when half-open. Atomics. */
  readonly breakerState: Int32Array;
  readonly breakerTrials: Int32Array;
  /** Hedge delay in milliseconds as computed by the control plane from the service's latency histogram; 0 = not known yet. */
  readonly hedgeDelayMs: Float64Array;
  // sessions, in sets of 8 (core/affinity/session-table.ts); racy plain writes: a lost update is a session learned again
  readonly sessionKey: Float64Array;
  readonly sessionStamp: Int32Array;
}

type Field = readonly [name: Exclude<keyof EndpointTable, 'buffer'>, kind: 'i32' | 'f64', length: number];

const LAYOUT: readonly Field[] = [
  ['latencyEwma', 'f64', ENDPOINTS_MAX],
  ['latencyStamp', 'f64', ENDPOINTS_MAX],
  ['bytesRate', 'f64', ENDPOINTS_MAX],
  ['bytesStamp', 'f64', ENDPOINTS_MAX],
  ['agentWeight', 'f64', ENDPOINTS_MAX],
  ['reportedCpu', 'f64', ENDPOINTS_MAX],
  ['reportedMemory', 'f64', ENDPOINTS_MAX],
  ['reportedInflight', 'f64', ENDPOINTS_MAX],
  ['reportedStamp', 'f64', ENDPOINTS_MAX],
  ['reportedEventLoop', 'f64', ENDPOINTS_MAX],
  ['reportedEventLoopDelay', 'f64', ENDPOINTS_MAX],
  ['reportedJobs', 'f64', ENDPOINTS_MAX],
  ['since', 'f64', ENDPOINTS_MAX],
  ['hedgeDelayMs', 'f64', SERVICES_MAX],
  ['sessionKey', 'f64', SESSIONS_MAX],
  ['sessionStamp', 'i32', SESSIONS_MAX],
  ['inflight', 'i32', ENDPOINTS_MAX],
  ['inflightByWorker', 'i32', ENDPOINTS_MAX * WORKERS_MAX],
  ['state', 'i32', ENDPOINTS_MAX],
  ['agentRequestsMax', 'i32', ENDPOINTS_MAX],
  ['consecutive5xx', 'i32', ENDPOINTS_MAX],
  ['consecutiveGateway', 'i32', ENDPOINTS_MAX],
  ['consecutiveLocal', 'i32', ENDPOINTS_MAX],
  ['ended', 'i32', ENDPOINTS_MAX],
  ['failed', 'i32', ENDPOINTS_MAX],
  ['latencySum', 'i32', ENDPOINTS_MAX],
  ['epoch', 'i32', SERVICES_MAX],
  ['serviceInflight', 'i32', SERVICES_MAX],
  ['serviceInflightByWorker', 'i32', SERVICES_MAX * WORKERS_MAX],
  ['serviceConnections', 'i32', SERVICES_MAX],
  ['serviceConnectionsByWorker', 'i32', SERVICES_MAX * WORKERS_MAX],
  ['serviceParked', 'i32', SERVICES_MAX],
  ['serviceParkedByWorker', 'i32', SERVICES_MAX * WORKERS_MAX],
  ['serviceParkedBytes', 'i32', SERVICES_MAX],
  ['serviceParkedBytesByWorker', 'i32', SERVICES_MAX * WORKERS_MAX],
  ['serviceQueued', 'i32', SERVICES_MAX],
  ['serviceQueuedByWorker', 'i32', SERVICES_MAX * WORKERS_MAX],
  ['serviceWaited', 'i32', SERVICES_MAX],
  ['serviceWaitSum', 'i32', SERVICES_MAX],
  ['serviceParkedTotal', 'i32', SERVICES_MAX],
  ['serviceShed', 'i32', SERVICES_MAX],
  ['serviceRetriesByWorker', 'i32', SERVICES_MAX * WORKERS_MAX],
  ['serviceRetries', 'i32', SERVICES_MAX],
  ['serviceEnded', 'i32', SERVICES_MAX],
  ['serviceFailed', 'i32', SERVICES_MAX],
  ['serviceLatencySum', 'i32', SERVICES_MAX],
  ['retryTokens', 'i32', SERVICES_MAX],
  ['hedgeTokens', 'i32', SERVICES_MAX],
  ['concurrencyLimit', 'i32', SERVICES_MAX],
  ['breakerState', 'i32', SERVICES_MAX],
  ['breakerTrials', 'i32', SERVICES_MAX],
];

function tableBytes(): number {
  return LAYOUT.reduce((sum, [, kind, length]) => sum + length * (kind === 'f64' ? 8 : 4), 0);
}

/** Lays the views over a buffer; without one, makes a new, zeroed one (a worker passes the buffer it was sent). */
export function endpointTable(buffer: SharedArrayBuffer = new SharedArrayBuffer(tableBytes())): EndpointTable {
  const views: Record<string, unknown> = { buffer };
  let offset = 0;
  for (const [name, kind, length] of LAYOUT) {
    views[name] = kind === 'f64' ? new Float64Array(buffer, offset, length) : new Int32Array(buffer, offset, length);
    offset += length * (kind === 'f64' ? 8 : 4);
  }
  // Copied because V8 keeps an object built by computed names as a hash map, which would cost every read of a field about 10 ns.
  return { ...views } as unknown as EndpointTable;
}

/** Puts an endpoint's slot into its first state, before any worker sees it. */
export function resetEndpoint(table: EndpointTable, slot: number): void {
  for (const [name, , length] of LAYOUT) {
    if (length === ENDPOINTS_MAX && name !== 'inflight') table[name][slot] = 0;
  }
  table.agentWeight[slot] = 1;
  table.reportedCpu[slot] = -1;
  table.reportedMemory[slot] = -1;
  table.reportedInflight[slot] = -1;
  table.reportedEventLoop[slot] = -1;
  table.reportedEventLoopDelay[slot] = -1;
  table.reportedJobs[slot] = -1;
}
