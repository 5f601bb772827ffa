/**
 * Waits for what drains: endpoints that a change removed, those that the operator takes out, and rows of the tables that their last writer has
 * not left. Looks at the shared counts every 20 ms while there is anything to wait for, and not at all otherwise.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { after, type Instant } from '../../base/time.ts';
import { DRAINING, MAINTENANCE, type EndpointTable } from '../../core/balancing/endpoint-table.ts';
import type { SayEvent } from '../say-event.ts';
import type { Applier, ApplierOptions } from './applier.ts';
import type { SlotBook } from './slot-book.ts';

export interface DrainsOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly applier: Applier;
  readonly book: SlotBook;
  readonly mark: ApplierOptions['mark'];
  readonly say: SayEvent;
}

export interface DrainResult {
  /** Requests that were still in flight at the deadline. */
  readonly inflight: number;
  readonly tookMs: number;
}

interface OperatorDrain {
  readonly service: string;
  readonly address: string;
  readonly slots: { readonly serviceSlot: number; readonly slot: number };
  readonly startedAt: Instant;
  readonly deadline: Instant;
  readonly isSticky: boolean;
  readonly settle: (result: DrainResult) => void;
}

const LOOK_EVERY_MS = 20;

export class Drains {
  readonly #options: DrainsOptions;
  readonly #operator = new Map<string, { drain: OperatorDrain; result: Promise<DrainResult> }>();
  #looking: Cancel | null = null;

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  /**
   * Takes an endpoint out of use until it is removed from the configuration: nothing new is sent to it, and what it has may finish.
   * @param deadlineMs Null takes the service's `drainTimeoutMs`.
   * @returns Null when there is no such endpoint; else a promise of the end of its drain.
   */
  drain(service: string, address: string, deadlineMs: number | null): Promise<DrainResult> | null {
    const { applier, runtime, mark } = this.#options;
    const plan = applier.running?.plan.services.find(({ name }) => name === service);
    const serviceSlot = applier.running?.slots.services[service];
    const slot = applier.running?.slots.endpoints[service]?.[address];
    if (plan === undefined || serviceSlot === undefined || slot === undefined) return null;
    const key = `${service}\n${address}`;
    const known = this.#operator.get(key);
    if (known !== undefined) return known.result;
    mark({ serviceSlot, slot }, DRAINING, 'drained by the operator');
    const { promise, resolve } = Promise.withResolvers<DrainResult>();
    const startedAt = runtime.clock.now();
    const deadline = after(startedAt, deadlineMs ?? plan.drainTimeoutMs);
    const isSticky = plan.affinity !== null;
    const drain = { service, address, slots: { serviceSlot, slot }, startedAt, deadline, isSticky, settle: resolve };
    this.#operator.set(key, { drain, result: promise });
    this.wake();
    return promise;
  }

  /** Something may have begun to drain. */
  wake(): void {
    this.#looking ??= this.#options.runtime.timers.every(LOOK_EVERY_MS, () => this.#look());
  }

  /** Stops looking; what drains is not waited for any more. */
  stop(): void {
    this.#looking?.();
    this.#looking = null;
  }

  #look(): void {
    const { applier, book, runtime } = this.#options;
    const now = runtime.clock.now();
    for (const [key, { drain }] of this.#operator) {
      if (!this.#isDone(drain.slots.slot, drain, now)) continue;
      this.#operator.delete(key);
      this.#finish(drain, now);
    }
    this.#lookAtDepartures(now);
    book.sweep();
    if (this.#operator.size === 0 && applier.departures.length === 0 && book.leaving === 0) this.stop();
  }

  #lookAtDepartures(now: Instant): void {
    const { applier } = this.#options;
    let isAnyDone = false;
    for (const departure of applier.departures) {
      const slot = applier.running?.slots.endpoints[departure.service]?.[departure.address];
      if (departure.isDone || slot === undefined || !this.#isDone(slot, departure, now)) continue;
      departure.isDone = true;
      isAnyDone = true;
    }
    if (isAnyDone) void applier.refresh();
  }

  /** Whether nothing is in flight and nothing sticks to it, or the deadline has passed. */
  #isDone(slot: number, drain: { readonly deadline: Instant; readonly isSticky: boolean }, now: Instant): boolean {
    if (now >= drain.deadline) return true;
    const { table } = this.#options;
    const isGone = (Atomics.load(table.state, slot) & MAINTENANCE) !== 0;
    return Atomics.load(table.inflight, slot) <= 0 && (isGone || !drain.isSticky);
  }

  #finish({ service, address, slots, startedAt, settle }: OperatorDrain, now: Instant): void {
    const { table, mark, say } = this.#options;
    const inflight = Math.max(0, Atomics.load(table.inflight, slots.slot));
    const tookMs = Math.round(now - startedAt);
    mark(slots, DRAINING | MAINTENANCE, 'drained by the operator');
    say('info', 'endpoint-drained', { service, endpoint: address, inflight, tookMs });
    settle({ inflight, tookMs });
  }
}
