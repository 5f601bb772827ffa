/**
 * What goes through now, each second: rates and latencies over the last seconds, where `Status` has sums since the start. Plain JSON, small: names are keys, so that a viewer joins it with the
 * Status that it has.
 */

/** Over the last `windowSeconds`: per second in tenths (bytes in whole ones), milliseconds in hundredths. */
export interface Rate {
  /** Exchanges that ended, per second. */
  readonly rps: number;
  /** 5xx and cut ones among them, per second. */
  readonly errorRps: number;
  /** Milliseconds; null: there was none. */
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
  readonly state: 'up' | 'degraded' | 'down' | 'empty';
  readonly parked: number;
  readonly queued: number;
  readonly shedPerSecond: number;
  readonly retriesPerSecond: number;
  /** By address: those with requests in the window or in flight, or that are not up. Of the others the Status tells the state; all their rates are 0. */
  readonly endpoints: Readonly<Record<string, EndpointTraffic>>;
}

export interface EndpointTraffic extends Rate {
  readonly state: 'up' | 'down' | 'ejected' | 'draining' | 'maintenance';
}

export interface RouteTraffic extends Rate {
  /** Hits among the requests that the cache looked at, 0..1; null: there was none. */
  readonly hitRatio: number | null;
  /** Service to requests per second. */
  readonly services: Readonly<Record<string, number>>;
}

export interface WorkerTraffic {
  readonly index: number;
  /** Event-loop utilisation 0..1 since the last snapshot. */
  readonly utilization: number;
}

export interface TrafficSnapshot {
  /** Unix milliseconds. */
  readonly at: number;
  readonly windowSeconds: number;
  /** Of the plan: another number means that the Status is to be read again. */
  readonly generation: number;
  /** Rises whenever a state that the Status shows has changed: endpoints, instances, deploys, certificates. */
  readonly revision: number;
  /** All listeners together. */
  readonly total: ListenerTraffic;
  readonly listeners: Readonly<Record<string, ListenerTraffic>>;
  /** Those that had a request in the window. */
  readonly routes: Readonly<Record<string, RouteTraffic>>;
  readonly services: Readonly<Record<string, ServiceTraffic>>;
  readonly workers: readonly WorkerTraffic[];
  /** Cores that the process uses, and bytes that it holds. */
  readonly cpuCores: number;
  readonly residentBytes: number;
  /** Alerts that fire now. */
  readonly alerts: number;
}

/** Values over time, for charts: `at[i]` belongs to `values[name][i]`; null where nothing is known. */
export interface TrafficSeries {
  /** Unix seconds, rising. */
  readonly at: readonly number[];
  readonly stepSeconds: number;
  /** `rps`, `errorRps`, `p50Ms`, `p95Ms`, `p99Ms`, `inflight`; of a service with instances also `wanted`, `ready`, `min`, `max`. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}
