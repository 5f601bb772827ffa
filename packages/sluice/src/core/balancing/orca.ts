/**
 * Load that an application reports in the `endpoint-load-metrics` field of its replies (ORCA, Open Request Cost Aggregation): `TEXT
 * cpu_utilization=0.3, named_metrics.inflight=7` or `JSON {"cpu_utilization":0.3}`. Names as in xds.data.orca.v3.OrcaLoadReport and Envoy's
 * orca_parser; JSON also in protobuf's camel case. The binary form is ignored. Never throws: what is not understood is left out.
 */
import type { Instant } from '../../base/time.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** What was reported; -1 = not. */
export interface LoadReport {
  /** Shares of what there is; CPU may be above 1. */
  cpu: number;
  memory: number;
  /** The application's own idea of how busy it is, 0..1 and above. */
  application: number;
  /** Requests and errors per second. */
  rps: number;
  eps: number;
  /** Requests in flight in the application, from all its clients. */
  inflight: number;
  /** Share 0..1 of the time that its event loop was busy, and how late timers were, in ms. */
  eventLoop: number;
  eventLoopDelay: number;
  /** Jobs that wait for it. */
  jobs: number;
}

/** Longer values are not read. */
const LENGTH_MAX = 4096;
/** Entries of the text form that are read. */
const ENTRIES_MAX = 64;

/**
 * Reads a field value.
 * @returns null when the form is unknown, the value is malformed or too long, or nothing that we know is in it.
 */
export function parseLoadReport(value: string): LoadReport | null {
  if (value.length > LENGTH_MAX) return null;
  const report: LoadReport = {
    cpu: -1,
    memory: -1,
    application: -1,
    rps: -1,
    eps: -1,
    inflight: -1,
    eventLoop: -1,
    eventLoopDelay: -1,
    jobs: -1,
  };
  if (value.startsWith('TEXT ')) readText(value, report);
  else if (value.startsWith('JSON ')) readJson(value.slice(5), report);
  return isEmpty(report) ? null : report;
}

/** Puts a report where balancers and scaling read it. Shares that it does not name keep their value; requests in flight and jobs change too fast for that. */
export function writeLoadReport(table: EndpointTable, slot: number, report: LoadReport, now: Instant): void {
  if (report.cpu >= 0) table.reportedCpu[slot] = Math.min(report.cpu, 1);
  if (report.memory >= 0) table.reportedMemory[slot] = Math.min(report.memory, 1);
  table.reportedInflight[slot] = report.inflight;
  if (report.eventLoop >= 0) table.reportedEventLoop[slot] = Math.min(report.eventLoop, 1);
  if (report.eventLoopDelay >= 0) table.reportedEventLoopDelay[slot] = report.eventLoopDelay;
  table.reportedJobs[slot] = report.jobs;
  table.reportedStamp[slot] = now;
}

function isEmpty({ cpu, memory, application, rps, eps, inflight, eventLoop, eventLoopDelay, jobs }: LoadReport): boolean {
  return Math.max(cpu, memory, application, rps, eps, inflight, eventLoop, eventLoopDelay, jobs) < 0;
}

/** `name=number` pairs between commas, spaces around them. */
function readText(value: string, report: LoadReport): void {
  let from = 5;
  for (let entry = 0; entry < ENTRIES_MAX && from < value.length; entry++) {
    const comma = value.indexOf(',', from);
    const to = comma < 0 ? value.length : comma;
    const equals = value.indexOf('=', from);
    if (equals > 0 && equals < to) setMetric(report, value.slice(from, equals).trim(), parseNumber(value.slice(equals + 1, to)));
    from = to + 1;
  }
}

function readJson(text: string, report: LoadReport): void {
  const fields = parseObject(text);
  if (fields === null) return;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number') setMetric(report, name, value);
    else if ((name === 'named_metrics' || name === 'namedMetrics') && isObject(value)) readNamed(value, report);
  }
}

function readNamed(metrics: Readonly<Record<string, unknown>>, report: LoadReport): void {
  for (const [name, value] of Object.entries(metrics)) if (typeof value === 'number') setMetric(report, `named_metrics.${name}`, value);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** NaN unless the whole text is a number. `Number('')` would be 0. */
function parseNumber(text: string): number {
  const trimmed = text.trim();
  return trimmed === '' ? NaN : Number(trimmed);
}

function setMetric(report: LoadReport, name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) return;
  switch (name) {
    case 'cpu_utilization':
    case 'cpuUtilization':
    case 'cpu':
      report.cpu = value;
      return;
    case 'mem_utilization':
    case 'memUtilization':
    case 'mem':
      report.memory = value;
      return;
    case 'application_utilization':
    case 'applicationUtilization':
      report.application = value;
      return;
    case 'rps_fractional':
    case 'rpsFractional':
      report.rps = value;
      return;
    case 'eps':
      report.eps = value;
      return;
    case 'named_metrics.inflight':
    case 'inflight':
    case 'rif':
      report.inflight = value;
      return;
    case 'named_metrics.event_loop_utilization':
      report.eventLoop = value;
      return;
    case 'named_metrics.event_loop_delay_ms':
      report.eventLoopDelay = value;
      return;
    case 'named_metrics.jobs':
      report.jobs = value;
      return;
    default:
  }
}
