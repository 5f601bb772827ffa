/**
 * Requests and layer 4 connections of a service that wait for an instance, in one worker: because none is up, none has room, or the service is paused.
 * `core/limiting/parking.ts` decides who is taken in and who goes first, this decides when. They go on at the end of a turn of the event loop, when the service's
 * endpoints have changed, when a request has ended, when a pause is over; changes that come by shared memory alone are noticed at the next sweep.
 *
 * At most 128 are let go in 5 ms: a fresh instance accepts connections one by one, and a listen queue (511 places in Node) that is full loses a second for each over
 * TCP, and refuses over a unix socket.
 */
import type { Instant } from '../../base/time.ts';
import { NONE } from '../../core/balancing/balancer.ts';
import type { Priority } from '../../core/limiting/admission.ts';
import { BREAKER_OPEN } from '../../core/limiting/breaker-trials.ts';
import { Parking, type ParkingBounds, type ParkingPlace } from '../../core/limiting/parking.ts';
import { countWaited } from '../../core/limiting/wait-counts.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Who can be parked. `exchange.ts` is it, and `layer4/call.ts`. */
export interface Parkable {
  readonly isOver: boolean;
  readonly shedPriority: Priority;
  readonly attempts: number;
  /** Bytes that it holds while it waits: its head, and the content that has come. Null: it cannot wait. */
  readonly heldBytes: number | null;
  /** Endpoints that have failed it. */
  tried: readonly number[];
  leaveQueue: (() => void) | null;
  /** Told of further content, while it is parked. */
  parked: { grew(bytes: number): void } | null;
}

/** Whose requests are parked. `service.ts` is it, and `layer4/stream-service.ts`. */
export interface ParkingOwner<Item extends Parkable> {
  /** An endpoint that would take it now, or NONE. */
  find(item: Item, now: Instant): number;
  /** Whether the service's own bounds let it in now. */
  admits(item: Item): boolean;
  /** Sends it to this endpoint. */
  place(item: Item, slot: number, now: Instant): void;
  /** It cannot wait (any longer): there is no room for it, its time is up, or the service is no more. */
  refuse(item: Item, reason: 'shed' | 'timeout-parked' | 'no-endpoint'): void;
}

/** What is needed of the service. `service-core.ts` is it. */
export interface ParkingService {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: ServicePlan;
}

const GO_MAX = 128;
const GO_PERIOD_MS = 5;
/** The control plane is told again that somebody waits: the first message may have met a change. */
const SAY_AGAIN_MS = 1_000;
/** After so long the endpoint that failed a request may be asked again: another instance may stand at its address. */
const ASK_AGAIN_MS = 1_000;
/** Of those who were failed by all that are there, so many are looked at before the others wait for the next look: every newcomer looks. */
const REFUSED_MAX = 128;

/** Somebody who waits. */
class Guest {
  readonly item: Parkable;
  readonly owner: ParkingOwner<Parkable>;
  place: ParkingPlace<Guest> | null = null;
  private readonly lot: ParkingLot;

  constructor(lot: ParkingLot, item: Parkable, owner: ParkingOwner<Parkable>) {
    this.lot = lot;
    this.item = item;
    this.owner = owner;
  }

  grew(bytes: number): void {
    this.lot.grew(this, bytes);
  }
}

export class ParkingLot {
  /** Newcomers must ask here first: somebody waits, or the service is paused. */
  isHolding = false;
  private readonly service: ParkingService;
  private readonly parking: Parking<Guest>;
  private isScheduled = false;
  private isServing = false;
  private isClosed = false;
  private saidAt = -Infinity;
  /** Those who went on since `wentAt`. */
  private gone = 0;
  private wentAt = -Infinity;
  private pacing: NodeJS.Timeout | null = null;

  constructor(service: ParkingService) {
    this.service = service;
    const { worker, slot } = service;
    this.parking = new Parking<Guest>({ table: worker.table, service: slot, worker: worker.index });
    this.isHolding = service.plan.isPaused;
  }

  /** Of this worker. */
  get size(): number {
    return this.parking.size;
  }

  get isPaused(): boolean {
    return this.service.plan.isPaused;
  }

  /** Those who wait could go on, and do by and by. */
  get isPacing(): boolean {
    return this.pacing !== null;
  }

  /** Whether this one would be taken in, if there is room. */
  takes(item: Parkable): boolean {
    return this.bounds() !== null && item.heldBytes !== null && !this.isBroken;
  }

  /** Somebody comes while others wait, or the service is paused: who waits goes first. @returns Whether the newcomer waits now, or is refused. */
  holdBack<Item extends Parkable>(item: Item, owner: ParkingOwner<Item>, now: Instant): boolean {
    this.serve(now);
    if (this.isPaused) this.receive(item, owner, now);
    return this.isPaused || (this.isPacing && this.park(item, owner, now) === 'parked');
  }

  /** Nobody takes this one: it waits, or is refused where it cannot. */
  receive<Item extends Parkable>(item: Item, owner: ParkingOwner<Item>, now: Instant): void {
    const parked = this.park(item, owner, now);
    if (parked !== 'parked') owner.refuse(item, parked === 'full' ? 'shed' : 'no-endpoint');
  }

  /** Takes one in. `no`: it cannot wait here. */
  park<Item extends Parkable>(item: Item, owner: ParkingOwner<Item>, now: Instant): 'parked' | 'full' | 'no' {
    const bounds = this.bounds();
    if (bounds === null) return 'no';
    if (this.isBroken) return 'full';
    this.wake(now);
    if (item.heldBytes === null) return 'no';
    const guest = new Guest(this, item, owner);
    guest.place = this.parking.enter(guest, item.shedPriority, item.heldBytes, bounds, now);
    if (guest.place === null) return 'full';
    item.parked = guest;
    item.leaveQueue = () => this.leave(guest);
    this.isHolding = true;
    this.service.worker.metrics.parked(this.service.slot);
    return 'parked';
  }

  /** Content of a parked request has come. */
  grew(guest: Guest, bytes: number): void {
    const bounds = this.bounds();
    if (bounds === null || this.parking.grow(guest.place!, bytes, bounds)) return;
    // Not from here: whoever feeds the content still looks at it.
    this.service.worker.later(() => {
      if (guest.item.parked !== guest) return;
      this.leave(guest);
      guest.owner.refuse(guest.item, 'shed');
    });
  }

  /** The plan has changed. */
  update(): void {
    if (this.bounds() === null) this.refuseAll();
    this.look();
    this.schedule();
  }

  /** Somebody may be able to go on: looks at the end of this turn. */
  schedule(): void {
    if (this.isScheduled || this.parking.size === 0) return;
    this.isScheduled = true;
    this.service.worker.later(() => {
      this.isScheduled = false;
      const now = this.service.worker.clock.now();
      this.serve(now);
      if (this.parking.size > 0 && !this.isPacing) this.wake(now);
    });
  }

  /** Lets go whom an endpoint would take. Only at the end of a turn. */
  serve(now: Instant): void {
    if (this.isServing || this.isPaused) return;
    this.isServing = true;
    let refused = 0;
    let place = this.parking.first();
    while (place !== null && refused < REFUSED_MAX && !this.isOutOfBreath(now)) {
      const next = this.parking.after(place);
      const { item, owner } = place.item;
      if (item.attempts > 0 && now - place.queuedAt >= ASK_AGAIN_MS) item.tried = [];
      const slot = owner.find(item, now);
      if (slot === NONE) {
        if (item.tried.length === 0) break; // nobody takes anything
        place = next; // who is there has failed this one already
        refused++;
        continue;
      }
      if (!owner.admits(item)) break;
      this.letGo(place, slot, now);
      place = next === null || next.isQueued ? next : this.parking.first();
    }
    this.isServing = false;
  }

  /** Each sweep. */
  expire(now: Instant): void {
    const bounds = this.bounds();
    if (bounds === null) return;
    for (const guest of this.parking.expire(now, bounds.waitMs)) this.turnAway(guest, 'timeout-parked');
    this.schedule();
  }

  /** Nothing leads here any more: nobody would start an instance. */
  close(): void {
    this.isClosed = true;
    if (this.pacing !== null) clearTimeout(this.pacing);
    this.pacing = null;
    this.refuseAll();
  }

  /** Says that an instance is needed; at once, and then once a second. */
  wake(now: Instant): void {
    if (this.isPaused || now - this.saidAt < SAY_AGAIN_MS || this.bounds() === null) return;
    this.saidAt = now;
    this.service.worker.say({ type: 'parked', service: this.service.slot });
  }

  /** The breaker is open: who comes is refused at once, and so is who was let in before and failed. In a pause it says nothing new. */
  private get isBroken(): boolean {
    return !this.isPaused && this.service.worker.table.breakerState[this.service.slot] === BREAKER_OPEN;
  }

  /** Null: nobody is parked. */
  private bounds(): ParkingBounds | null {
    const { parking } = this.service.plan;
    return this.isClosed || parking === null || parking.requestsMax === 0 ? null : parking;
  }

  private letGo(place: ParkingPlace<Guest>, slot: number, now: Instant): void {
    const { worker, slot: row } = this.service;
    const guest = place.item;
    this.leave(guest);
    guest.item.leaveQueue = null;
    const waitedMs = now - place.queuedAt;
    countWaited(worker.table, row, waitedMs);
    worker.metrics.waited(row, waitedMs);
    this.gone++;
    guest.owner.place(guest.item, slot, now);
  }

  /** Enough have gone for now; the others follow in a moment. */
  private isOutOfBreath(now: Instant): boolean {
    if (now - this.wentAt >= GO_PERIOD_MS) {
      this.wentAt = now;
      this.gone = 0;
    }
    if (this.gone < GO_MAX) return false;
    this.pacing ??= setTimeout(() => {
      this.pacing = null;
      this.schedule();
    }, GO_PERIOD_MS);
    return true;
  }

  private leave(guest: Guest): void {
    guest.item.parked = null;
    this.parking.leave(guest.place!);
    this.look();
  }

  private refuseAll(): void {
    for (let place = this.parking.first(); place !== null; place = this.parking.first()) {
      this.parking.leave(place);
      this.turnAway(place.item, 'no-endpoint');
    }
    this.look();
  }

  /** Of one that has left its place. */
  private turnAway({ item, owner }: Guest, reason: 'timeout-parked' | 'no-endpoint'): void {
    item.parked = null;
    item.leaveQueue = null;
    this.look();
    if (!item.isOver) owner.refuse(item, reason);
  }

  private look(): void {
    this.isHolding = this.isPaused || this.parking.size > 0;
  }
}
