/** Requests that wait for a connection of one endpoint: in order, for a bounded time, and at most so many of a service. */
import type { Instant } from '../../base/time.ts';
import type { PoolPlan } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';

interface Waiter {
  readonly exchange: Exchange;
  readonly until: number;
}

/** Whose endpoint it is. `service/service.ts` is it. */
export interface WaitOwner {
  /** Requests of the service that wait for a connection, in this worker. */
  waiting: number;
  /** An attempt never got a connection. */
  attemptUnplaced(exchange: Exchange, slot: number, failure: UpstreamFailure): void;
  /** Nobody waits for this attempt any more. */
  attemptAbandoned(slot: number): void;
}

export class WaitLine {
  private readonly owner: WaitOwner;
  private readonly slot: number;
  private readonly waiters: Waiter[] = [];

  constructor(owner: WaitOwner, slot: number) {
    this.owner = owner;
    this.slot = slot;
  }

  get size(): number {
    return this.waiters.length;
  }

  /** False when there is no room. */
  add(exchange: Exchange, now: Instant, plan: PoolPlan): boolean {
    if (this.owner.waiting >= plan.waitingMax) return false;
    const waiter: Waiter = { exchange, until: now + plan.waitTimeoutMs };
    this.waiters.push(waiter);
    this.owner.waiting++;
    exchange.leaveQueue = () => {
      const index = this.waiters.indexOf(waiter);
      if (index < 0) return;
      this.waiters.splice(index, 1);
      this.owner.waiting--;
      this.owner.attemptAbandoned(this.slot);
    };
    return true;
  }

  /** Who is next, once those who are late have been told; null when nobody waits. */
  next(now: Instant): Exchange | null {
    this.tellLate(now);
    const waiter = this.waiters.shift();
    if (waiter === undefined) return null;
    this.owner.waiting--;
    waiter.exchange.leaveQueue = null;
    return waiter.exchange;
  }

  /** Those who waited too long are told. */
  tellLate(now: Instant): void {
    while (this.waiters.length > 0 && this.waiters[0]!.until <= now) {
      const { exchange } = this.waiters.shift()!;
      exchange.leaveQueue = null;
      this.owner.waiting--;
      this.owner.attemptUnplaced(exchange, this.slot, FAILURES.poolTimeout);
    }
  }
}
