/** One measured window of one proxy under wrk, and medians over rounds. */
import type { Subject } from './peers/subject.ts';
import { cpuMicros } from './proc.ts';
import { runWrk, type WrkOptions } from './wrk.ts';

/** Figures of one window; `failures` counts socket errors and answers other than 2xx and 3xx. */
export interface Figures {
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
}

/** Loads the proxy and reads its CPU time before and after. */
export async function measure(subject: Subject, load: Omit<WrkOptions, 'port'>): Promise<Figures> {
  const before = cpuMicros(subject.started.pid);
  const result = await runWrk({ ...load, port: subject.port });
  const used = cpuMicros(subject.started.pid) - before;
  return {
    cpuMicrosPerRequest: used / Math.max(1, result.requests),
    requestsPerSecond: result.requests / (result.durationMicros / 1e6),
    p50Ms: result.p50Micros / 1000,
    p99Ms: result.p99Micros / 1000,
    failures: result.socketErrors + result.badStatuses,
  };
}

/** The middle value; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}

/** Medians figure by figure; failures add up. */
export function medianFigures(rounds: readonly Figures[]): Figures {
  const over = (pick: (figures: Figures) => number): number => median(rounds.map(pick));
  return {
    cpuMicrosPerRequest: over((figures) => figures.cpuMicrosPerRequest),
    requestsPerSecond: over((figures) => figures.requestsPerSecond),
    p50Ms: over((figures) => figures.p50Ms),
    p99Ms: over((figures) => figures.p99Ms),
    failures: rounds.reduce((sum, figures) => sum + figures.failures, 0),
  };
}
