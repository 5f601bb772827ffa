/**
 * A load report as ORCA defines it (Open Request Cost Aggregation, xds/data/orca/v3/orca_load_report.proto), and its two forms in the
 * response header `endpoint-load-metrics`: `TEXT key=value, named_metrics.key=value` and `JSON {...}`. Fields are named as in the proto.
 */

/** The response header that carries a report. */
export const LOAD_HEADER = 'endpoint-load-metrics';

/** What an instance says about its load. Shares are fractions: 1 is all of what it may use. */
export interface LoadReport {
  /** CPU time used over CPU time available, in the last interval. Above 1 only where a limit may be exceeded in bursts. */
  readonly cpuUtilization: number;
  /** The larger of resident memory over its limit and heap over its limit, 0..1. */
  readonly memoryUtilization: number;
  /** How busy the application is; the event loop's utilization unless the application says otherwise. */
  readonly applicationUtilization: number;
  /** Requests finished per second in the last interval. */
  readonly requestsPerSecond: number;
  /** Replies with a 5xx status per second in the last interval. */
  readonly errorsPerSecond: number;
  /** `event_loop_utilization` (0..1), `event_loop_delay_ms`, `jobs` where the application counts them, and metrics of its own. */
  readonly named: Readonly<Record<string, number>>;
  /** Requests now being handled. */
  readonly inflight: number;
}

export type LoadFormat = 'text' | 'json';

/** A header value cut at the only figure that changes with every request: `head + inflight + tail`. */
export interface HeaderParts {
  readonly head: string;
  readonly tail: string;
}

/** Formats a report once per interval, so that a request costs one concatenation. */
export function headerParts(report: LoadReport, format: LoadFormat): HeaderParts {
  return format === 'json' ? jsonParts(report) : textParts(report);
}

function textParts(report: LoadReport): HeaderParts {
  const pairs = fields(report).map(([name, value]) => `${name}=${value}`);
  const named = namedFields(report).map(([name, value]) => `named_metrics.${name}=${value}`);
  return { head: `TEXT ${[...pairs, ...named].join(', ')}, named_metrics.inflight=`, tail: '' };
}

function jsonParts(report: LoadReport): HeaderParts {
  const pairs = fields(report).map(([name, value]) => `"${name}":${value}`);
  const named = namedFields(report).map(([name, value]) => `"${name}":${value}`);
  return { head: `JSON {${pairs.join(',')},"named_metrics":{${[...named, '"inflight":'].join(',')}`, tail: '}}' };
}

function fields(report: LoadReport): [string, number][] {
  return [
    ['cpu_utilization', rounded(report.cpuUtilization)],
    ['mem_utilization', Math.min(1, rounded(report.memoryUtilization))],
    ['application_utilization', rounded(report.applicationUtilization)],
    ['rps_fractional', rounded(report.requestsPerSecond)],
    ['eps', rounded(report.errorsPerSecond)],
  ];
}

function namedFields(report: LoadReport): [string, number][] {
  return Object.entries(report.named).flatMap(([name, value]) => (Number.isFinite(value) ? [[name, rounded(value)]] : []));
}

/** Four decimals are finer than any sample; the proto wants its own fields at 0 or above. */
function rounded(value: number): number {
  if (!Number.isFinite(value)) return 0;
  return Math.abs(value) < 1e11 ? Math.round(value * 10_000) / 10_000 : value;
}
