/**
 * Requests that wait for room, per service and worker: bounded, each with a deadline, high priority first, first come first served within a
 * priority. When it is full, a newcomer takes the place of the youngest of a lower priority, if there is one.
 *
 * Overload: when the queue has not been empty for a whole `timeoutMs`, it is no burst but a standing queue, in which everyone would wait
 * until the deadline and then be served for a client that has given up. From then on until it is empty, the wait is cut to a twentieth
 * and the youngest goes first (Maurer, "Fail at Scale", ACM Queue 2015: controlled delay with adaptive LIFO; there 100 ms and 5 ms).
 *
 * No timers inside: the owner calls `expire(now)` at `nextExpiry(now)`. Every operation is O(1) apart from what it returns.
 */
import type { Instant } from '../../base/time.ts';
import type { Priority } from './admission.ts';
import { lineOf, type Lines, newLines, Place } from './priority-lines.ts';

/** A place in the queue; handed out by `offer`, given back by `remove` or `take`. */
export interface Ticket<T> {
  readonly item: T;
  readonly priority: Priority;
  readonly queuedAt: Instant;
}

export type Offer<T> =
  | { readonly kind: 'queued'; readonly ticket: Ticket<T> }
  /** Queued in the place of another, which the owner now refuses. */
  | { readonly kind: 'displaced'; readonly ticket: Ticket<T>; readonly displaced: T }
  | { readonly kind: 'full' };

export interface WaitQueueLimits {
  readonly queueMax: number;
  readonly queueTimeoutMs: number;
}

/** From a burst's wait to a standing queue's. */
const OVERLOAD_DIVISOR = 20;

export class WaitQueue<T> {
  #limits: WaitQueueLimits;
  /** Served in this order; displaced in the opposite one. */
  readonly #lines: Lines<T> = newLines();
  #size = 0;
  /** When it was last found empty; meaningless while it is. */
  #busySince = 0 as Instant;

  constructor(limits: WaitQueueLimits) {
    this.#limits = limits;
  }

  /** New limits hold for those who wait, too; nobody is displaced by them. */
  setLimits(limits: WaitQueueLimits): void {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether the queue stands instead of passing: waits are short and the youngest goes first. */
  isOverloaded(now: Instant): boolean {
    return this.#size > 0 && now - this.#busySince >= this.#limits.queueTimeoutMs;
  }

  /** Asks for a place. */
  offer(item: T, priority: Priority, now: Instant): Offer<T> {
    let displaced: Place<T> | null = null;
    if (this.#size >= this.#limits.queueMax) {
      displaced = this.#youngestBelow(priority);
      if (displaced === null) return { kind: 'full' };
      this.#unlink(displaced);
    } else if (this.#size === 0) this.#busySince = now;
    const ticket = new Place(item, priority, now);
    lineOf(this.#lines, priority).append(ticket);
    this.#size += 1;
    return displaced === null ? { kind: 'queued', ticket } : { kind: 'displaced', ticket, displaced: displaced.item };
  }

  /** The priority of who is next, so that the owner can ask `hasRoom` for it; null when none waits. */
  nextPriority(): Priority | null {
    for (const line of this.#lines) if (line.oldest !== null) return line.priority;
    return null;
  }

  /** Lets the next one go; null when none waits. Call `expire` before, so that nobody past the deadline is served. */
  take(now: Instant): Ticket<T> | null {
    const isOverloaded = this.isOverloaded(now);
    for (const line of this.#lines) {
      const place = isOverloaded ? line.youngest : line.oldest;
      if (place === null) continue;
      this.#unlink(place);
      return place;
    }
    return null;
  }

  /** Gives a place up (the client went away); false when it was not queued any more. */
  remove(ticket: Ticket<T>): boolean {
    if (!(ticket instanceof Place) || !ticket.isQueued) return false;
    this.#unlink(ticket as Place<T>);
    return true;
  }

  /** Takes out those who have waited as long as they may; the owner refuses them. */
  expire(now: Instant): readonly T[] {
    const expired: T[] = [];
    const waitMs = this.#waitMs(now);
    for (const line of this.#lines) {
      while (line.oldest !== null && now - line.oldest.queuedAt >= waitMs) {
        expired.push(line.oldest.item);
        this.#unlink(line.oldest);
      }
    }
    return expired;
  }

  /** When `expire` has something to do next; null when none waits. */
  nextExpiry(now: Instant): Instant | null {
    let oldest = Infinity;
    for (const line of this.#lines) if (line.oldest !== null) oldest = Math.min(oldest, line.oldest.queuedAt);
    if (oldest === Infinity) return null;
    // The start of overload shortens the waits: look then, too.
    const overloadAt = this.isOverloaded(now) ? Infinity : this.#busySince + this.#limits.queueTimeoutMs;
    return Math.min(oldest + this.#waitMs(now), overloadAt) as Instant;
  }

  #waitMs(now: Instant): number {
    return this.isOverloaded(now) ? this.#limits.queueTimeoutMs / OVERLOAD_DIVISOR : this.#limits.queueTimeoutMs;
  }

  #youngestBelow(priority: Priority): Place<T> | null {
    for (let index = this.#lines.length - 1; index >= 0; index--) {
      const line = this.#lines[index]!;
      if (line.priority === priority) return null;
      if (line.youngest !== null) return line.youngest;
    }
    return null;
  }

  #unlink(place: Place<T>): void {
    lineOf(this.#lines, place.priority).unlink(place);
    this.#size -= 1;
  }
}
