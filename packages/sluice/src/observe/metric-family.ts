/** What a metric is: its name, its meaning, and where its numbers are read. The lists are `metric-catalog.ts` (traffic) and `metric-catalog-process.ts` (the rest). */
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { FleetServiceStatus } from './fleet-status.ts';
import type { MetricKind } from './metric-layout.ts';

/** What the process knows of itself; collected by the control plane when somebody asks. */
export interface ProcessFacts {
  readonly version: string;
  /** Of the JavaScript runtime. */
  readonly runtime: string;
  readonly workers: number;
  readonly workerRestarts: number;
  /** Share 0..1 of its time that each worker's event loop was busy lately; without those of which it is not known yet. */
  readonly utilization: readonly WorkerUtilization[];
  /** Time that the event loop of the main thread was busy since its start. */
  readonly mainBusySeconds: number;
  /** Of the plan that runs. */
  readonly generation: number;
  readonly reloadsApplied: number;
  readonly reloadsRefused: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Null where the system does not say. */
  readonly virtualBytes: number | null;
  readonly openFiles: number | null;
  readonly maxFiles: number | null;
  /** Seconds since 1970. */
  readonly startSeconds: number;
  readonly certificates: CertificateFacts;
  /** Services whose instances Sluice runs. */
  readonly fleet: readonly FleetServiceStatus[];
  /** Services with checks, and whether all their endpoints fail the same one. */
  readonly degraded: readonly { readonly service: string; readonly isDegraded: boolean }[];
  readonly caches: readonly CacheTierFacts[];
  /** How many there are of each state and severity; none are left out. */
  readonly alerts: readonly { readonly state: string; readonly severity: string; readonly count: number }[];
  /** Notices to each sink since the start, by what became of a try. */
  readonly notices: readonly { readonly sink: string; readonly outcome: string; readonly count: number }[];
  /** Spans since the start, by what became of them. */
  readonly spans: readonly { readonly outcome: string; readonly count: number }[];
}

export interface WorkerUtilization {
  /** 0-based. */
  readonly worker: number;
  readonly ratio: number;
}

/** A tier of a cache; null: it does not know. */
export interface CacheTierFacts {
  readonly cache: string;
  readonly tier: 'memory' | 'disk' | 'shared';
  readonly entries: number | null;
  readonly bytes: number | null;
  readonly capacityBytes: number | null;
  readonly hits: number | null;
  readonly misses: number | null;
  readonly insertions: number | null;
  readonly evictions: number | null;
}

/** What is known of certificates. */
export interface CertificateFacts {
  /** Each pair of listener and name once. */
  readonly lives: readonly { readonly listener: string; readonly name: string; readonly secondsLeft: number }[];
  /** Orders by ACME since the start. */
  readonly issued: number;
  readonly failed: number;
}

/** How the samples of one family are read. */
export type MetricSource =
  | { readonly read: 'column'; readonly column: number }
  | { readonly read: 'row'; readonly value: (row: Float64Array) => number }
  /** One sample per status class, label `code`. */
  | { readonly read: 'statuses' }
  /** One sample per column, each with labels of its own; `isSparse`: only of columns that have counted something. */
  | { readonly read: 'columns'; readonly columns: readonly (readonly [labels: string, column: number])[]; readonly isSparse?: boolean }
  /** Shows each `every`th bucket: 1 all of them, 3 those up to 0.25 ms, 1 ms, 4 ms, 16 ms, … 60 s. */
  | { readonly read: 'histogram'; readonly every: 1 | 3 }
  /** A summary without quantiles: a column of milliseconds, shown in seconds, and how many they are of. */
  | { readonly read: 'durations'; readonly sum: number; readonly count: number }
  /** From the endpoint table, which also balancing reads; `isAdditive`: the sum over several rows says something. */
  | { readonly read: 'table'; readonly value: (table: EndpointTable, slot: number) => number; readonly isAdditive: boolean }
  /** How many names are shown as `other`, by label. */
  | { readonly read: 'folded' }
  /** Of the whole process; label text (without braces) and value. */
  | { readonly read: 'facts'; readonly samples: (facts: ProcessFacts) => readonly (readonly [labels: string, value: number])[] };

export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
  /** Whose rows it is about; `worker` families are sums over all of them. */
  readonly of: MetricKind;
  readonly source: MetricSource;
}
