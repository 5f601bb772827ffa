/** The Runtime on Node: `performance.now`, `Date.now`, `Math.random`. */
import { performance } from 'node:perf_hooks';
import type { Cancel, Runtime } from '../base/runtime.ts';
import { instant, timestamp } from '../base/time.ts';

/** The runtime that the program uses outside tests. */
export const nodeRuntime: Runtime = {
  clock: {
    now: () => instant(performance.now()),
    wall: () => timestamp(Date.now()),
  },
  timers: {
    after(delayMs: number, run: () => void): Cancel {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    every(periodMs: number, run: () => void): Cancel {
      const timer = setInterval(run, periodMs);
      return () => clearInterval(timer);
    },
  },
  random: Math.random,
};
