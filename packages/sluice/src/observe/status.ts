/**
 * The state of everything at one moment, as `GET /api/status` and `sluice status --json` show it. Plain JSON; fields are only added,
 * never renamed. Latencies and counts are since the start (of the slot); take two and subtract for a rate.
 */
import type { FleetServiceStatus } from './fleet-status.ts';

export interface Status {
  readonly version: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly generation: number;
  readonly workers: number;
  readonly workerRestarts: number;
  readonly reloadsApplied: number;
  readonly reloadsRefused: number;
  readonly listeners: readonly ListenerStatus[];
  /** Of all listeners with TLS. */
  readonly certificates: readonly CertificateStatus[];
  readonly services: readonly ServiceStatus[];
  /** Routes that had a request. */
  readonly routes: readonly RouteStatus[];
  /** Services whose instances Sluice runs. */
  readonly fleet: readonly FleetServiceStatus[];
}

/** What each level counts. */
export interface TrafficStatus {
  readonly requests: number;
  /** 5xx replies and cut exchanges. */
  readonly errors: number;
  readonly inflight: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds; null before the first request. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface ListenerStatus extends TrafficStatus {
  readonly name: string;
  /** Where it listens really, with the port that was given for port 0. */
  readonly address: string;
  /** What is spoken there. `tls` is passed on unopened, by server name; `tcp+tls` is TCP whose TLS ends at the listener. */
  readonly protocol: 'http' | 'https' | 'tcp' | 'tcp+tls' | 'tls' | 'udp' | 'forward-proxy' | 'forward-proxy+tls';
  /** `kernel`: Linux serves it, and tells of beginnings only: a connection is a request without a duration, and none is open here. */
  readonly engine: 'user' | 'kernel';
  readonly connections: number;
}

export interface CertificateStatus {
  readonly listener: string;
  /** Those that it is chosen for. */
  readonly names: readonly string[];
  readonly source: 'files' | 'acme' | 'dev';
  /** RFC 3339; null while it has not been issued yet. */
  readonly notAfter: string | null;
  /** By ACME: when it is ordered next (RFC 3339); null while that is under way, and for other sources. */
  readonly nextAttempt: string | null;
  /** By ACME: why the last order failed; null after one that did not. */
  readonly lastError: string | null;
  /** Whether an OCSP answer is stapled. */
  readonly isStapled: boolean;
}

export interface RouteStatus extends TrafficStatus {
  readonly name: string;
}

export interface ServiceStatus extends TrafficStatus {
  readonly name: string;
  readonly balance: string;
  /** `up` all endpoints usable, `degraded` some, `down` none, `empty` has none. */
  readonly state: 'up' | 'degraded' | 'down' | 'empty';
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly retries: number;
  readonly hedges: number;
  readonly shed: number;
  /** Requests that wait now: for an instance, and for room under the service's bounds. */
  readonly parked: number;
  readonly queued: number;
  /** Something to know, for example that all endpoints failed at once; null when there is nothing. */
  readonly note: string | null;
  readonly endpoints: readonly EndpointStatus[];
}

export type EndpointState = 'up' | 'down' | 'ejected' | 'draining' | 'maintenance';

export interface EndpointStatus extends TrafficStatus {
  readonly address: string;
  readonly state: EndpointState;
  readonly weight: number;
  readonly priority: number;
  readonly retries: number;
  readonly ejections: number;
  /** Why it is in this state, or null. */
  readonly note: string | null;
}
