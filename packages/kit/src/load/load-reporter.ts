/**
 * Tells the load balancer, in a header of every reply, how loaded this instance is (ORCA, `endpoint-load-metrics`). The process is
 * sampled once per interval and the header is formatted then; a request costs about 0.4 µs of CPU (load-reporter.bench.ts). The
 * number of requests in flight is the one at the moment the reply's head is written. Bounded: no state per request beyond the reply itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { headerParts, LOAD_HEADER, type HeaderParts, type LoadFormat, type LoadReport } from './load-report.ts';
import { processGauges, type ProcessGauges } from './process-gauges.ts';

const INTERVAL_MS_DEFAULT = 1000;
const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const RESERVED = ['inflight', 'event_loop_utilization', 'event_loop_delay_ms', 'jobs'];

export interface LoadReporterOptions {
  /** How often the process is sampled, 50..60000 ms. Default 1000. */
  readonly intervalMs?: number;
  /** Form of the header. Default `text`. */
  readonly format?: LoadFormat;
  /** How busy the application is, 0 and above, where it knows better than its event loop (say, used over all database connections). */
  readonly applicationUtilization?: () => number;
  /** Jobs that wait for this instance, 0 and above; the service can be scaled on them (`signal: 'jobs'`). Read once per interval. */
  readonly jobs?: () => number;
  /** Metrics of the application's own, read once per interval. One that throws or gives no finite number is left out. */
  readonly named?: Readonly<Record<string, () => number>>;
}

type NodeHandler<Result> = (request: IncomingMessage, response: ServerResponse) => Result;

export interface LoadReporter {
  /** For Express, Connect and all that take `(request, response, next)`. Put it first. */
  middleware(request: unknown, response: ServerResponse, next: () => void): void;
  /** Wraps a handler of `http.createServer`. */
  wrap<Result>(handler: NodeHandler<Result>): NodeHandler<Result>;
  /** The header now, for a framework that hides Node's response. Counts no request. */
  headers(): Record<typeof LOAD_HEADER, string>;
  /** The figures of the last interval, with the requests in flight now. */
  snapshot(): LoadReport;
  /** Stops sampling. */
  close(): void;
}

/** A reply on its way through the reporter keeps the `writeHead` that was there before. */
const PREVIOUS = Symbol('writeHead before the load reporter');
type TrackedResponse = ServerResponse & { [PREVIOUS]?: ServerResponse['writeHead'] };

/**
 * Starts sampling this process.
 * @throws RangeError for an interval or a metric name outside its limits.
 */
export function loadReporter(options: LoadReporterOptions = {}, gauges: ProcessGauges = processGauges()): LoadReporter {
  validate(options);
  const format = options.format ?? 'text';
  const tally: Tally = { inflight: 0, finished: 0, errors: 0 };
  const sample = sampler(options, tally, gauges);
  let report = sample();
  let parts: HeaderParts = headerParts(report, format);
  const stop = gauges.every(options.intervalMs ?? INTERVAL_MS_DEFAULT, () => {
    report = sample();
    parts = headerParts(report, format);
  });
  let cached = { parts, inflight: -1, value: '' };
  const value = (): string => {
    if (cached.parts !== parts || cached.inflight !== tally.inflight) {
      cached = { parts, inflight: tally.inflight, value: parts.head + tally.inflight + parts.tail };
    }
    return cached.value;
  };
  const track = tracker(tally, value);
  return {
    middleware(_request, response, next) {
      track(response);
      next();
    },
    wrap: (handler) => (request, response) => {
      track(response);
      return handler(request, response);
    },
    headers: () => ({ [LOAD_HEADER]: value() }),
    snapshot: () => ({ ...report, inflight: tally.inflight }),
    close() {
      stop();
      gauges.close();
    },
  };
}

interface Tally {
  inflight: number;
  finished: number;
  errors: number;
}

/** Two functions for all replies of a reporter, none per reply. */
function tracker(tally: Tally, value: () => string): (response: TrackedResponse) => void {
  function writeHead(this: TrackedResponse, ...args: Parameters<ServerResponse['writeHead']>): ServerResponse {
    if (!this.headersSent) this.setHeader(LOAD_HEADER, value());
    return this[PREVIOUS]!.apply(this, args);
  }
  function onClose(this: TrackedResponse): void {
    tally.inflight -= 1;
    tally.finished += 1;
    if (this.statusCode >= 500) tally.errors += 1;
  }
  return (response) => {
    if (response[PREVIOUS] !== undefined) return; // already counted by an outer middleware
    tally.inflight += 1;
    response[PREVIOUS] = response.writeHead;
    response.writeHead = writeHead as ServerResponse['writeHead'];
    response.on('close', onClose); // comes once; `on` spares the wrapper that `once` makes
  };
}

/** Returns a function that gives the figures since its last call. */
function sampler(options: LoadReporterOptions, tally: Tally, gauges: ProcessGauges): () => LoadReport {
  let last = { now: gauges.now(), cpuMs: gauges.cpuMs(), finished: 0, errors: 0 };
  return () => {
    const current = { now: gauges.now(), cpuMs: gauges.cpuMs(), finished: tally.finished, errors: tally.errors };
    const elapsedMs = current.now - last.now;
    const per = (amount: number, unitMs: number): number => (elapsedMs > 0 ? (amount * unitMs) / elapsedMs : 0);
    const loop = gauges.eventLoopUtilization();
    const report: LoadReport = {
      cpuUtilization: per(current.cpuMs - last.cpuMs, 1) / gauges.cpus,
      memoryUtilization: gauges.memoryShare(),
      applicationUtilization: options.applicationUtilization ? (read(options.applicationUtilization) ?? loop) : loop,
      requestsPerSecond: per(current.finished - last.finished, 1000),
      errorsPerSecond: per(current.errors - last.errors, 1000),
      named: {
        event_loop_utilization: loop,
        event_loop_delay_ms: gauges.eventLoopDelayMs(),
        ...namedMetrics(options.jobs === undefined ? {} : { jobs: options.jobs }),
        ...namedMetrics(options.named ?? {}),
      },
      inflight: tally.inflight,
    };
    last = current;
    return report;
  };
}

function namedMetrics(named: Readonly<Record<string, () => number>>): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [name, gauge] of Object.entries(named)) {
    const value = read(gauge);
    if (value !== undefined) metrics[name] = value;
  }
  return metrics;
}

/** An application's gauge must not be able to stop the reports. */
function read(gauge: () => number): number | undefined {
  try {
    const value = gauge();
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function validate({ intervalMs = INTERVAL_MS_DEFAULT, named = {} }: LoadReporterOptions): void {
  if (!(intervalMs >= 50 && intervalMs <= 60_000)) throw new RangeError(`loadReporter: intervalMs must be 50..60000, got ${intervalMs}`);
  for (const name of Object.keys(named)) {
    if (!METRIC_NAME.test(name)) throw new RangeError(`loadReporter: metric name "${name}" must match ${METRIC_NAME.source}`);
    if (RESERVED.includes(name)) throw new RangeError(`loadReporter: metric "${name}" is the reporter's own; choose another name`);
  }
}
