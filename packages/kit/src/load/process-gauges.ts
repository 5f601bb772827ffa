/**
 * What the load reporter reads from the process, as one capability, so that tests give their own figures: time, CPU time, memory, and the
 * event loop's utilization and delay. The delay is the 99th percentile of how late a 10 ms timer fired since the last reading.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { cpuLimit } from './cpu-limit.ts';

const DELAY_RESOLUTION_MS = 10;

export interface ProcessGauges {
  /** Monotonic milliseconds. */
  now(): number;
  /** User and system CPU time since the start, in milliseconds. */
  cpuMs(): number;
  /** CPUs that the process may use. */
  readonly cpus: number;
  /** Share of memory in use, 0..1. */
  memoryShare(): number;
  /** Share of time that the event loop was busy since the last call, 0..1. */
  eventLoopUtilization(): number;
  /** Milliseconds that timers were late since the last call. */
  eventLoopDelayMs(): number;
  /** Calls `run` each period until the returned function is called. Does not keep the process alive. */
  every(periodMs: number, run: () => void): () => void;
  close(): void;
}

/** Gauges of the running process. */
export function processGauges(): ProcessGauges {
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  const memoryBytesMax = memoryLimit();
  let loopBefore = performance.eventLoopUtilization();
  return {
    now: () => performance.now(),
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    cpus: cpuLimit(),
    memoryShare: () => memoryShare(memoryBytesMax),
    eventLoopUtilization: () => {
      const loop = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(loop, loopBefore);
      loopBefore = loop;
      return utilization;
    },
    eventLoopDelayMs: () => {
      const late = delays.percentile(99) / 1e6 - DELAY_RESOLUTION_MS;
      delays.reset();
      return Math.max(0, late);
    },
    every: (periodMs, run) => {
      const timer = setInterval(run, periodMs).unref();
      return () => clearInterval(timer);
    },
    close: () => delays.disable(),
  };
}

/** The cgroup's limit where it is below the machine's memory; without one, Node says 0 or a figure beyond any machine. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return limit > 0 && limit < total ? limit : total;
}

/** A heap at its limit kills the process even where the machine has memory left: the worse of the two counts. */
function memoryShare(bytesMax: number): number {
  const heap = getHeapStatistics();
  return Math.min(1, Math.max(process.memoryUsage.rss() / bytesMax, heap.used_heap_size / heap.heap_size_limit));
}
