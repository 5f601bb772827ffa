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
  /** Of the plan that runs. */
  readonly generation: number;
  readonly reloadsApplied: number;
  readonly reloadsRefused: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Seconds since 1970. */
  readonly startSeconds: number;
  readonly certificates: CertificateFacts;
  /** Services whose instances Sluice runs. */
  readonly fleet: readonly FleetServiceStatus[];
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
  /** From the endpoint table, which also balancing reads. */
  | { readonly read: 'table'; readonly value: (table: EndpointTable, slot: number) => number }
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
