/**
 * Tells the end of processes that are not our children, which only looking can: every 250 ms whether the id is there, every 2 s whether it is still
 * the same process and not a zombie whose new parent does not wait for it. So an end is told within 250 ms, a zombie's within 2 s. An id that
 * another process takes within 250 ms would be noticed by the slow look. Costs about 2 µs per process and look.
 */
import type { Cancel, Timers } from '../base/runtime.ts';
import { isRunning } from './proc-stat.ts';

const LOOK_MS = 250;
/** Every so many looks are thorough. */
const THOROUGH_EVERY = 8;

interface Watched {
  readonly pid: number;
  readonly startTicks: number;
  readonly gone: () => void;
}

export class ProcessWatch {
  readonly #timers: Timers;
  readonly #watched = new Set<Watched>();
  #looks = 0;
  #cancel: Cancel | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @param gone Called once. @returns Ends the watch. */
  add(pid: number, startTicks: number, gone: () => void): Cancel {
    const watched = { pid, startTicks, gone };
    this.#watched.add(watched);
    this.#cancel ??= this.#timers.every(LOOK_MS, () => this.#look());
    return () => this.#remove(watched);
  }

  #look(): void {
    const isThorough = ++this.#looks % THOROUGH_EVERY === 0;
    for (const watched of this.#watched) {
      const { pid, startTicks } = watched;
      if (!isThorough && isThere(pid)) continue;
      if (isRunning(pid, startTicks)) continue;
      this.#remove(watched);
      watched.gone();
    }
  }

  #remove(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH; or EPERM, for which the thorough look decides
  }
}
