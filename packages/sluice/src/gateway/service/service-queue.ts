/**
 * Requests that wait because their service is at its bound, in one worker: `core/limiting/wait-queue.ts` decides who, this decides when. Who waits is let go at
 * the end of a turn of the event loop, as newcomers are (`dispatcher.ts`), and before them. Room that another worker frees is noticed at the next sweep.
 */
import type { Instant } from '../../base/time.ts';
import { hasRoom } from '../../core/limiting/admission.ts';
import { WaitQueue } from '../../core/limiting/wait-queue.ts';
import type { LimitsPlan } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whose requests wait. `service.ts` is it. */
export interface QueueOwner {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: { readonly limits: LimitsPlan };
  attempt(exchange: Exchange, now: Instant): void;
  /** Refuses it: there is no place, or its time is up. */
  shed(exchange: Exchange): void;
}

export class ServiceQueue {
  private readonly owner: QueueOwner;
  private readonly queue: WaitQueue<Exchange>;
  private isScheduled = false;
  private isServing = false;

  constructor(owner: QueueOwner) {
    this.owner = owner;
    this.queue = new WaitQueue<Exchange>(owner.plan.limits);
  }

  get size(): number {
    return this.queue.size;
  }

  /** The limits changed. */
  update(): void {
    this.queue.setLimits(this.owner.plan.limits);
  }

  /** Takes an exchange in, or refuses it or the one whose place it gets. */
  enter(exchange: Exchange, now: Instant): void {
    const { queue } = this;
    const offer = queue.offer(exchange, exchange.route!.plan.shedPriority, now);
    if (offer.kind === 'full') return this.owner.shed(exchange);
    exchange.leaveQueue = () => void queue.remove(offer.ticket);
    if (offer.kind !== 'displaced') return;
    offer.displaced.leaveQueue = null;
    this.owner.shed(offer.displaced);
  }

  /** Those who waited too long are refused. */
  expire(now: Instant): void {
    for (const exchange of this.queue.expire(now)) {
      exchange.leaveQueue = null;
      if (!exchange.isOver) this.owner.shed(exchange);
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
      const exchange = this.queue.take(now)!;
      exchange.leaveQueue = null;
      this.owner.attempt(exchange, now);
    }
    this.isServing = false;
  }
}
