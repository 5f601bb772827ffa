/**
 * Every outside capability that control loops use, as types, so that tests and the simulator can stand in
 * for the world. `io/` implements them on Node. Grow this file by narrow interfaces, never by one wide one.
 */
import type { Clock } from './time.ts';
import type { Random } from './random.ts';

/** Cancels what it came from; calling it twice is harmless. */
export type Cancel = () => void;

/** Runs something later, on the monotonic clock. */
export interface Timers {
  /** Calls `run` once, `delayMs` from now (accuracy: the event loop's, about 1 ms). */
  after(delayMs: number, run: () => void): Cancel;
  /** Calls `run` each `periodMs` until cancelled. Never overlaps itself: ticks that fall in a busy loop are dropped. */
  every(periodMs: number, run: () => void): Cancel;
}

/** What every control loop is handed. */
export interface Runtime {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}
