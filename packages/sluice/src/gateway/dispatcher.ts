/**
 * Requests leave for upstream at the end of the event loop's turn, after every socket that was readable in it has been read. An idle upstream
 * connection that was closed, or to which its origin wrote something unasked, is thereby found out before a request takes it (CVE-2026-105481's class), also
 * when the loop was held up: after a long turn one more look at the sockets is taken first. One immediate serves all requests of a turn.
 */
import type { Clock, Instant } from '../base/time.ts';
import type { Exchange } from './exchange/exchange.ts';

/** A turn that took longer may have missed what arrived meanwhile. */
const LONG_TURN_MS = 5;

export class Dispatcher {
  private readonly clock: Clock;
  private queue: Exchange[] = [];
  private spare: Exchange[] = [];
  private tasks: (() => void)[] = [];
  private isScheduled = false;
  private hasLookedAgain = false;
  private since = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Sends the exchange to its service at the end of this turn. */
  add(exchange: Exchange): void {
    this.queue.push(exchange);
    this.schedule(exchange.startedAt);
  }

  /** Runs something at the end of this turn, without recursion. */
  later(task: () => void): void {
    this.tasks.push(task);
    this.schedule(this.clock.now());
  }

  private schedule(now: Instant): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.since = now;
    setImmediate(() => this.run());
  }

  private run(): void {
    const now = this.clock.now();
    if (now - this.since > LONG_TURN_MS && !this.hasLookedAgain) {
      this.hasLookedAgain = true;
      this.since = now;
      setImmediate(() => this.run());
      return;
    }
    this.hasLookedAgain = false;
    this.isScheduled = false;
    const { queue } = this;
    this.queue = this.spare;
    this.spare = queue;
    for (const exchange of queue) {
      if (!exchange.isOver) exchange.service!.dispatch(exchange, now);
    }
    queue.length = 0;
    if (this.tasks.length > 0) for (const task of this.tasks.splice(0)) task();
  }
}
