/** A Runtime whose time moves only when the test moves it, with seeded randomness. */
import type { Cancel, Runtime } from '../../src/base/runtime.ts';
import { seededRandom } from '../../src/base/random.ts';
import { instant, timestamp } from '../../src/base/time.ts';

interface Timer {
  at: number;
  readonly every: number | null;
  readonly run: () => void;
}

export interface ManualRuntime extends Runtime {
  /** Moves time on, running what falls due in its order. */
  advance(ms: number): void;
  /** Timers that wait. */
  readonly waiting: number;
}

export function manualRuntime(seed = 1): ManualRuntime {
  let now = 0;
  const timers = new Set<Timer>();
  const add = (delayMs: number, every: number | null, run: () => void): Cancel => {
    const timer: Timer = { at: now + delayMs, every, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const due = (until: number): Timer | undefined => [...timers].filter((timer) => timer.at <= until).toSorted((a, b) => a.at - b.at)[0];
  return {
    clock: { now: () => instant(now), wall: () => timestamp(1_700_000_000_000 + now) },
    timers: {
      after: (delayMs, run) => add(delayMs, null, run),
      every: (periodMs, run) => add(periodMs, periodMs, run),
    },
    random: seededRandom(seed),
    get waiting() {
      return timers.size;
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        now = Math.max(now, timer.at);
        if (timer.every === null) timers.delete(timer);
        else timer.at += timer.every;
        timer.run();
      }
      now = until;
    },
  };
}
