/**
 * Deadlines of connections, without a timer each: everything that can be late is in one array, looked through every 250 ms. A request
 * moves its deadline by storing a number. 10,000 idle connections cost 0.1 ms per look; accuracy is one period, within the promised 0.5 s.
 */
import type { Instant } from '../base/time.ts';

/** How often everything is looked at, in milliseconds. */
export const SWEEP_PERIOD_MS = 250;

/** Something that can be late. */
export interface Sweepable {
  /** When `onDeadline` is due; Infinity = never. Its owner stores it at will. */
  readonly deadline: number;
  /** Where it stands in the sweeper; the sweeper's own. */
  sweepIndex: number;
  /** The deadline has passed. Must move the deadline or `remove` itself. */
  onDeadline(now: Instant): void;
}

/** All deadlines of one worker. */
export class Sweeper {
  private readonly items: Sweepable[] = [];

  add(item: Sweepable): void {
    item.sweepIndex = this.items.length;
    this.items.push(item);
  }

  /** Does nothing when it is not in. */
  remove(item: Sweepable): void {
    const index = item.sweepIndex;
    if (index < 0) return;
    item.sweepIndex = -1;
    const last = this.items.pop()!;
    if (last === item) return;
    this.items[index] = last;
    last.sweepIndex = index;
  }

  /** Calls everything that is late. What is added or moved meanwhile is seen now or at the next look. */
  sweep(now: Instant): void {
    for (let index = this.items.length - 1; index >= 0; index--) {
      const item = this.items[index];
      if (item !== undefined && item.deadline <= now) item.onDeadline(now);
    }
  }
}
