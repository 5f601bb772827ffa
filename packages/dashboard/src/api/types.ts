/**
 * What the admin API answers, as far as the dashboard reads it. Written by hand, because the dashboard imports nothing of the gateway; `scripts/api-shapes.ts` has the compiler hold the two
 * together. Fields are only ever added there, so an older dashboard reads a newer API.
 */

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Cursor of the next page; null: this is the last one. */
  readonly next: string | null;
}

/** Who asks, and what it may: `read`, `operate`, `admin`. */
export interface Me {
  readonly name: string;
  readonly scope: string;
}

export type ServiceState = 'up' | 'degraded' | 'down' | 'empty';
export type EndpointState = 'up' | 'down' | 'ejected' | 'draining' | 'maintenance';

/** Since the start. */
export interface Counts {
  readonly requests: number;
  readonly errors: number;
  readonly inflight: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

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
  readonly certificates: readonly CertificateStatus[];
  readonly services: readonly ServiceStatus[];
  /** Routes that had a request. */
  readonly routes: readonly RouteStatus[];
  readonly fleet: readonly FleetStatus[];
}

export interface ListenerStatus extends Counts {
  readonly name: string;
  readonly address: string;
  readonly protocol: string;
  readonly engine: 'user' | 'kernel';
  readonly connections: number;
}

export interface CertificateStatus {
  readonly listener: string;
  readonly names: readonly string[];
  readonly source: 'files' | 'acme' | 'dev';
  /** RFC 3339; null: not issued yet. */
  readonly notAfter: string | null;
  readonly nextAttempt: string | null;
  readonly lastError: string | null;
  readonly isStapled: boolean;
}

export interface RouteStatus extends Counts {
  readonly name: string;
}

export interface ServiceStatus extends Counts {
  readonly name: string;
  readonly balance: string;
  readonly state: ServiceState;
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly retries: number;
  readonly hedges: number;
  readonly shed: number;
  readonly parked: number;
  readonly queued: number;
  readonly note: string | null;
  readonly endpoints: readonly EndpointStatus[];
}

export interface EndpointStatus extends Counts {
  readonly address: string;
  readonly state: EndpointState;
  readonly weight: number;
  readonly priority: number;
  readonly retries: number;
  readonly ejections: number;
  readonly note: string | null;
}

/** A service whose instances Sluice runs. */
export interface FleetStatus {
  readonly service: string;
  readonly runner: string;
  readonly wanted: number;
  readonly ready: number;
  readonly min: number;
  readonly max: number;
  /** Fixed by hand; null: the policies decide. */
  readonly manual: number | null;
  readonly isPaused: boolean;
  readonly isAsleep: boolean;
  readonly parked: number;
  readonly version: string;
  readonly deploy: DeployStatus | null;
  readonly instances: readonly InstanceStatus[];
  readonly lastDecision: Decision | null;
  readonly note: string | null;
}

export interface DeployStatus {
  readonly from: string;
  readonly to: string;
  readonly strategy: 'rolling' | 'canary' | 'blue-green';
  readonly phase: string;
  /** Of the requests, 0..1, to the new version. */
  readonly share: number;
  readonly ready: number;
  readonly wanted: number;
  readonly reason: string;
}

export interface InstanceStatus {
  readonly id: string;
  readonly version: string;
  readonly phase: string;
  readonly address: string | null;
  readonly handle: string | null;
  readonly inflight: number;
  /** Cores; null: unknown. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  readonly ageSeconds: number;
  readonly restarts: number;
  readonly isProtected: boolean;
  readonly trouble: string | null;
}

/** Why a service has as many instances as it has. */
export interface Decision {
  readonly service: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly counts: { readonly wanted: number; readonly ready: number; readonly warm: number; readonly starting: number };
  readonly answers: readonly PolicyAnswer[];
  readonly winner: string | null;
  readonly raw: number;
  readonly bounds: readonly { readonly bound: string; readonly from: number; readonly to: number; readonly detail: string }[];
  readonly wanted: number;
  readonly action: 'none' | 'out' | 'in' | 'sleep' | 'wake';
  readonly reason: string;
  readonly victims: readonly {
    readonly id: string;
    readonly isChosen: boolean;
    readonly inflight: number;
    readonly isProtected: boolean;
  }[];
}

export interface PolicyAnswer {
  readonly policy: string;
  readonly figure: number | null;
  readonly target: number | null;
  readonly wanted: number | null;
  readonly holds: boolean;
  readonly detail: string;
}

/** Over the last seconds. */
export interface Rate {
  readonly rps: number;
  readonly errorRps: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly inflight: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
}

export interface ListenerTraffic extends Rate {
  readonly connections: number;
}

export interface ServiceTraffic extends Rate {
  readonly state: ServiceState;
  readonly parked: number;
  readonly queued: number;
  readonly shedPerSecond: number;
  readonly retriesPerSecond: number;
  readonly endpoints: Readonly<Record<string, EndpointTraffic>>;
}

export interface EndpointTraffic extends Rate {
  readonly state: EndpointState;
}

export interface RouteTraffic extends Rate {
  /** 0..1; null: the cache looked at nothing. */
  readonly hitRatio: number | null;
  /** Service to requests per second. */
  readonly services: Readonly<Record<string, number>>;
}

export interface TrafficSnapshot {
  /** Unix milliseconds. */
  readonly at: number;
  readonly windowSeconds: number;
  readonly generation: number;
  readonly revision: number;
  readonly total: ListenerTraffic;
  readonly listeners: Readonly<Record<string, ListenerTraffic>>;
  readonly routes: Readonly<Record<string, RouteTraffic>>;
  readonly services: Readonly<Record<string, ServiceTraffic>>;
  readonly workers: readonly { readonly index: number; readonly utilization: number }[];
  readonly cpuCores: number;
  readonly residentBytes: number;
  /** That fire now. */
  readonly alerts: number;
}

/** `at[i]` (Unix seconds, rising) belongs to `values[name][i]`. */
export interface TrafficSeries {
  readonly at: readonly number[];
  readonly stepSeconds: number;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export type EventLevel = 'info' | 'warn' | 'error';

export interface EventEntry {
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly level: EventLevel;
  readonly what: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export interface EventPage extends Page<EventEntry> {
  /** Some that were asked for are not kept any more. */
  readonly isGap: boolean;
}

export type Severity = 'info' | 'warning' | 'critical';

export interface AlertStatus {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly value: number | null;
  /** Unix milliseconds. */
  readonly since: number;
  readonly resolvedAt: number | null;
  readonly silencedBy: string | null;
  readonly told: readonly string[];
}

export interface SilenceStatus {
  readonly id: string;
  readonly match: Readonly<Record<string, string>>;
  readonly until: number;
  readonly by: string;
  readonly comment: string;
}

export interface AlertRuleStatus {
  readonly name: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly condition: string;
  readonly state: 'ok' | 'pending' | 'firing';
  readonly trouble: string | null;
}

export interface PlanRecord {
  readonly generation: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly changes: readonly string[];
  readonly isKept: boolean;
  readonly isRunning: boolean;
}

export interface Explained {
  readonly ok: true;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly routes: readonly { readonly name: string; readonly verdict: 'chosen' | 'matches' | 'differs'; readonly reason: string }[];
  readonly omitted: number;
  readonly action: string | null;
  readonly filters: readonly string[];
  readonly services: readonly ExplainedService[];
}

export interface ExplainedService {
  readonly name: string;
  readonly share: number;
  readonly balance: string;
  readonly note: string | null;
  readonly endpoints: readonly {
    readonly address: string;
    readonly state: string;
    readonly share: number;
    readonly reason: string | null;
  }[];
}

/** What all tiers but the memory say of themselves; which of the counts there are depends on the tier. */
interface TierStatus {
  readonly state: string;
  readonly hits: number;
  readonly writes: number;
}

export interface CacheStatus {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
  /** Of the whole memory, with what manages it. */
  readonly capacityBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly insertions: number;
  readonly evictions: number;
  /** Null: there is none. */
  readonly disk:
    | (TierStatus & { readonly entries: number; readonly bytes: number; readonly capacityBytes: number; readonly evictions: number })
    | null;
  readonly shared: (TierStatus & { readonly misses: number; readonly errors: number }) | null;
}

export interface CachedReply {
  readonly url: string;
  /** Its key has values of header fields or cookies, too. */
  readonly isVariant: boolean;
  readonly hits: number;
  readonly status: number;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly freshUntil: number;
  /** Softly. */
  readonly isPurged: boolean;
}

export interface AuditEntry {
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly who: string;
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly outcome: string;
}

/** A line that an instance printed. */
export interface LogLine {
  readonly instance: string;
  readonly stream: 'stdout' | 'stderr';
  /** Unix milliseconds. */
  readonly at: number;
  readonly text: string;
}
