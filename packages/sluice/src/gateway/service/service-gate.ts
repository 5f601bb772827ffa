/**
 * The way into a service, in one worker, the same for requests and for connections at layer 4: those who wait for an instance go before who comes, then those who wait for room; then
 * the breaker and the bounds decide (`core/limiting/admission.ts`).
 */
import type { Instant } from '../../base/time.ts';
import { admit } from '../../core/limiting/admission.ts';
import type { LimitsPlan } from '../../config/plan.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Parkable, ParkingLot, ParkingOwner } from './parking-lot.ts';
import { type QueueOwner, ServiceQueue, type Waiting } from './service-queue.ts';

/** Who comes. `exchange.ts` is it, and `layer4/call.ts`. */
export interface Entrant extends Parkable, Waiting {
  leaveQueue: (() => void) | null;
  /** Takes part in half-open trials of the breaker. */
  isTrial: boolean;
}

/** Whose gate it is. `service.ts` is it, and `layer4/stream-service.ts`. */
export interface GateOwner<Item extends Entrant> extends ParkingOwner<Item> {
  readonly plan: { readonly limits: LimitsPlan };
  /** Sends it to an endpoint that was not tried, or lets it wait for an instance. */
  attempt(item: Item, now: Instant): void;
}

/** What is needed of the service. `service-core.ts` is it. */
export interface GatedService {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly lot: ParkingLot;
}

export class ServiceGate<Item extends Entrant> implements QueueOwner<Item> {
  readonly worker: WorkerContext;
  readonly slot: number;
  /** Who waits for room. */
  readonly queue: ServiceQueue<Item>;
  private readonly lot: ParkingLot;
  private readonly owner: GateOwner<Item>;

  constructor(service: GatedService, owner: GateOwner<Item>) {
    this.worker = service.worker;
    this.slot = service.slot;
    this.lot = service.lot;
    this.owner = owner;
    this.queue = new ServiceQueue<Item>(this);
  }

  get plan(): { readonly limits: LimitsPlan } {
    return this.owner.plan;
  }

  /** Lets a newcomer in, or wait, or refuses it. */
  enter(item: Item, now: Instant): void {
    const { owner, queue } = this;
    if (this.lot.isHolding && this.lot.holdBack(item, owner, now)) return;
    if (queue.size > 0) queue.serve(now);
    switch (admit(this.worker.table, this.slot, owner.plan.limits, item.shedPriority)) {
      case 'trial':
        item.isTrial = true;
        return owner.attempt(item, now);
      case 'admit':
        return owner.attempt(item, now);
      case 'queue':
        return queue.enter(item, now);
      case 'shed':
      case 'open':
        return this.shed(item);
    }
  }

  /** Whether one that has waited for an instance is let in now. */
  admits(item: Item): boolean {
    if (item.isTrial) return true;
    const admission = admit(this.worker.table, this.slot, this.owner.plan.limits, item.shedPriority);
    item.isTrial = admission === 'trial';
    return item.isTrial || admission === 'admit';
  }

  /** From the queue: its turn has come. */
  goOn(item: Item, now: Instant): void {
    if (this.lot.isPaused) this.lot.receive(item, this.owner, now);
    else this.owner.attempt(item, now);
  }

  shed(item: Item): void {
    this.owner.refuse(item, 'shed');
  }

  /** Somebody has left: there may be room. */
  left(): void {
    if (this.lot.isHolding) this.lot.schedule();
    this.queue.schedule();
  }

  /** Each sweep. */
  expire(now: Instant): void {
    if (this.queue.size === 0) return;
    this.queue.expire(now);
    this.queue.schedule();
  }
}
