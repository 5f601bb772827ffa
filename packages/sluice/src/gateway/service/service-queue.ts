/**
 * Requests (at layer 4 connections) that wait because their service is at its bound, in one worker: `core/limiting/wait-queue.ts` decides who, this decides when. Who waits is let go at
 * the end of a turn of the event loop, as newcomers are (`dispatcher.ts`), and before them. Room that another worker frees is noticed at the next sweep.
 */
import type { Instant } from '../../base/time.ts';
import { hasRoom, type Priority } from '../../core/limiting/admission.ts';
import { countQueued, countWaited } from '../../core/limiting/wait-counts.ts';
import { type Ticket, WaitQueue } from '../../core/limiting/wait-queue.ts';
import type { LimitsPlan } from '../../config/plan.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Who waits. `exchange.ts` is it, and `layer4/stream.ts`. */
export interface Waiting {
  readonly isOver: boolean;
  readonly shedPriority: Priority;
  /** Where it waits, if it does: gives the place up. */
  leaveQueue: (() => void) | null;
}

/** Whose requests wait. `service-gate.ts` is it. */
export interface QueueOwner<Item extends Waiting> {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: { readonly limits: LimitsPlan };
  /** There is room: it goes on. */
  goOn(item: Item, now: Instant): void;
  /** Refuses it: there is no place, or its time is up. */
  shed(item: Item): void;
}

export class ServiceQueue<Item extends Waiting> {
  private readonly owner: QueueOwner<Item>;
  private readonly queue: WaitQueue<Item>;
  private isScheduled = false;
  private isServing = false;

  constructor(owner: QueueOwner<Item>) {
    this.owner = owner;
    this.queue = new WaitQueue<Item>(owner.plan.limits);
  }

  get size(): number {
    return this.queue.size;
  }

  /** The limits changed. */
  update(): void {
    this.queue.setLimits(this.owner.plan.limits);
  }

  /** Takes one in, or refuses it or the one whose place it gets. */
  enter(item: Item, now: Instant): void {
    const { queue } = this;
    const offer = queue.offer(item, item.shedPriority, now);
    if (offer.kind === 'full') return this.owner.shed(item);
    item.leaveQueue = () => this.leave(offer.ticket);
    if (offer.kind !== 'displaced') return this.count(1);
    offer.displaced.leaveQueue = null;
    this.owner.shed(offer.displaced);
  }

  /** Those who waited too long are refused. */
  expire(now: Instant): void {
    for (const item of this.queue.expire(now)) {
      item.leaveQueue = null;
      this.count(-1);
      if (!item.isOver) this.owner.shed(item);
    }
  }

  /** There may be room: looks at the end of this turn. */
  schedule(): void {
    if (this.isScheduled || this.queue.size === 0) return;
    this.isScheduled = true;
    this.owner.worker.later(() => {
      this.isScheduled = false;
      this.serve(this.owner.worker.clock.now());
    });
  }

  /** Lets go as many as there is room for. Only at the end of a turn. */
  serve(now: Instant): void {
    if (this.isServing) return; // one of them ended at once: the loop below goes on
    this.isServing = true;
    const { worker, slot, plan } = this.owner;
    for (let next = this.queue.nextPriority(); next !== null; next = this.queue.nextPriority()) {
      if (!hasRoom(worker.table, slot, plan.limits, next)) break;
      const { item, queuedAt } = this.queue.take(now)!;
      item.leaveQueue = null;
      this.count(-1);
      const waitedMs = now - queuedAt;
      countWaited(worker.table, slot, waitedMs);
      worker.metrics.waited(slot, waitedMs);
      this.owner.goOn(item, now);
    }
    this.isServing = false;
  }

  private leave(ticket: Ticket<Item>): void {
    if (this.queue.remove(ticket)) this.count(-1);
  }

  private count(change: 1 | -1): void {
    countQueued(this.owner.worker.table, this.owner.slot, this.owner.worker.index, change);
  }
}
