/**
 * Waits for what a change removed: endpoints until their last request is done or their deadline has passed, rows of the shared tables until
 * their last writer has left. Looks every 20 ms while there is anything to wait for, and not at all otherwise.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import { type EndpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import type { Applier } from './applier.ts';
import type { Departure } from './departures.ts';
import type { SlotBook } from './slot-book.ts';

export interface DepartureWatchOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly applier: Applier;
  readonly book: SlotBook;
}

const LOOK_EVERY_MS = 20;

export class DepartureWatch {
  readonly #options: DepartureWatchOptions;
  #looking: Cancel | null = null;

  constructor(options: DepartureWatchOptions) {
    this.#options = options;
  }

  /** Something may have begun to leave. */
  wake(): void {
    this.#looking ??= this.#options.runtime.timers.every(LOOK_EVERY_MS, () => this.#look());
  }

  /** Stops looking; what leaves is not waited for any more. */
  stop(): void {
    this.#looking?.();
    this.#looking = null;
  }

  #look(): void {
    const { applier, book, runtime } = this.#options;
    const now = runtime.clock.now();
    const done = applier.departures.filter((departure) => !departure.isDone && this.#isDone(departure, now));
    for (const departure of done) departure.isDone = true;
    if (done.length > 0) void applier.refresh();
    book.sweep();
    if (applier.departures.length === 0 && book.leaving === 0) this.stop();
  }

  /** Whether nothing is in flight and nothing sticks to it, or the deadline has passed. */
  #isDone({ service, address, deadline, isSticky }: Departure, now: Instant): boolean {
    const { applier, table } = this.#options;
    const slot = applier.running?.slots.endpoints[service]?.[address];
    if (slot === undefined || now >= deadline) return true;
    const isOut = (Atomics.load(table.state, slot) & MAINTENANCE) !== 0;
    return Atomics.load(table.inflight, slot) <= 0 && (isOut || !isSticky);
  }
}
