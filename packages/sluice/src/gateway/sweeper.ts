/**
 * Deadlines of connections, without a timer each: everything that can be late is in one array, looked through every 250 ms. A request
 * moves its deadline by storing a number. 10,000 idle connections cost 0.1 ms per look; accuracy is one period, within the promised 0.5 s.
 *
 * A sweeper may stand in another one: a listener's connections are one. It is not a `Set` for a reason: each table that a Set has outgrown points to the next one
 * and to whoever was in it, so once one of them has grown old, V8 takes every connection after it for alive until it collects everything (a new TCP
 * connection cost 15 µs more).
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

/** The deadlines of one worker, or of one listener's connections. */
export class Sweeper<Item extends Sweepable = Sweepable> implements Sweepable {
  /** Looked through at each look of the sweeper that it stands in. */
  readonly deadline = 0;
  sweepIndex = -1;
  private readonly items: Item[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: Item): void {
    item.sweepIndex = this.items.length;
    this.items.push(item);
  }

  /** @returns False when it was not in. */
  remove(item: Item): boolean {
    const index = item.sweepIndex;
    if (index < 0) return false;
    item.sweepIndex = -1;
    const last = this.items.pop()!;
    if (last === item) return true;
    this.items[index] = last;
    last.sweepIndex = index;
    return true;
  }

  /** Those that are in now; they may leave meanwhile. */
  all(): readonly Item[] {
    return this.items.slice();
  }

  onDeadline(now: Instant): void {
    this.sweep(now);
  }

  /** Calls everything that is late. What is added or moved meanwhile is seen now or at the next look. */
  sweep(now: Instant): void {
    for (let index = this.items.length - 1; index >= 0; index--) {
      const item = this.items[index];
      if (item !== undefined && item.deadline <= now) item.onDeadline(now);
    }
  }
}
