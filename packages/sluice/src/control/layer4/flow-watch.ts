/**
 * Counts the connections of kernel endpoints, which nobody else can, for those who wait for their end: while an endpoint drains, its connections stand in the
 * table's `inflight`, as those of workers do. Counting costs the kernel a walk over its connections, so it is done only then, once a second at most.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import { DRAINING, type EndpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import type { KernelDescription, KernelListener } from '../../core/layer4/kernel-description.ts';
import { FAMILIES, familyOf } from '../../core/layer4/nft-address.ts';
import { isWildcard } from '../../core/layer4/nft-flows.ts';
import type { ListFlows } from '../../io/conntrack.ts';
import type { SayEvent } from '../say-event.ts';

export interface FlowWatchOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly list: ListFlows;
  readonly say: SayEvent;
}

/** What there is to count. */
export interface FlowScope {
  readonly description: KernelDescription;
  /** The row of each endpoint, by listener, address and port. */
  readonly slotOf: (listener: string, address: string, port: number) => number | undefined;
  /** Rows of all endpoints. */
  readonly slots: ReadonlySet<number>;
}

const LOOK_EVERY_MS = 1_000;
/** A drain is in force by then: what is counted later is all there will be. */
const IN_FORCE_MS = 250;
/** Until the first count, and where there is none, one that may be there. */
const UNKNOWN = 1;

/** Of one row. */
interface Held {
  count: number;
  readonly since: Instant;
}

export class FlowWatch {
  readonly #options: FlowWatchOptions;
  /** What is in `inflight` because of us, by row. */
  readonly #held = new Map<number, Held>();
  #scope: FlowScope | null = null;
  #next: Cancel | null = null;
  #isCounting = false;
  #isStopped = false;
  #reason = '';

  constructor(options: FlowWatchOptions) {
    this.#options = options;
  }

  /** Sets what is there. */
  follow(scope: FlowScope): void {
    this.#scope = scope;
    this.review();
  }

  /** States may have changed: who has begun to drain has connections until the count says otherwise. */
  review(): void {
    const { table } = this.#options;
    const isDraining = (slot: number): boolean => (Atomics.load(table.state, slot) & DRAINING) !== 0;
    const slots = this.#scope?.slots ?? new Set();
    for (const slot of this.#held.keys()) if (!slots.has(slot) || !isDraining(slot)) this.#release(slot);
    for (const slot of slots) if (!this.#held.has(slot) && isDraining(slot)) this.#hold(slot, UNKNOWN);
    this.#schedule(IN_FORCE_MS);
  }

  /** Connections of all endpoints; null when they cannot be counted. */
  async total(): Promise<number | null> {
    const counts = await this.#count();
    return counts === null ? null : [...counts.values()].reduce((sum, count) => sum + count, 0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#next?.();
    this.#next = null;
    for (const slot of this.#held.keys()) this.#release(slot);
  }

  #schedule(delayMs: number): void {
    if (this.#next !== null || this.#isCounting || this.#isStopped || !this.#isWaitedFor()) return;
    this.#next = this.#options.runtime.timers.after(delayMs, () => {
      this.#next = null;
      void this.#look();
    });
  }

  /** Whether somebody waits for a connection to end: not where the drain is over. */
  #isWaitedFor(): boolean {
    const { table } = this.#options;
    return Array.from(this.#held).some(([slot, { count }]) => count > 0 && (Atomics.load(table.state, slot) & MAINTENANCE) === 0);
  }

  async #look(): Promise<void> {
    this.#isCounting = true;
    const before = this.#options.runtime.clock.now() - IN_FORCE_MS;
    const counts = await this.#count();
    this.#isCounting = false;
    if (counts !== null) {
      for (const [slot, { since }] of this.#held) if (since <= before) this.#hold(slot, counts.get(slot) ?? 0);
    }
    this.#schedule(LOOK_EVERY_MS);
  }

  /** By row; null when it failed. */
  async #count(): Promise<ReadonlyMap<number, number> | null> {
    const scope = this.#scope;
    const counts = new Map<number, number>();
    for (const listener of scope?.description.listeners ?? []) {
      for (const family of familiesOf(listener)) {
        const { name, protocol, port } = listener;
        const host = isWildcard(listener) ? null : listener.host;
        const reason = await this.#options.list({ protocol, host, port, family }, (end) => {
          const slot = scope!.slotOf(name, end.address, end.port);
          if (slot !== undefined) counts.set(slot, (counts.get(slot) ?? 0) + 1);
        });
        if (reason === null) continue;
        this.#saySilent(reason);
        return null;
      }
    }
    this.#reason = '';
    return counts;
  }

  #saySilent(reason: string): void {
    if (reason === this.#reason) return;
    this.#reason = reason;
    const effect = 'connections cannot be counted, so drains take all the time that they have';
    this.#options.say('warn', 'kernel-layer4-uncounted', { reason, effect });
  }

  #hold(slot: number, count: number): void {
    const held = this.#held.get(slot);
    Atomics.add(this.#options.table.inflight, slot, count - (held?.count ?? 0));
    if (held === undefined) this.#held.set(slot, { count, since: this.#options.runtime.clock.now() });
    else held.count = count;
  }

  #release(slot: number): void {
    this.#hold(slot, 0);
    this.#held.delete(slot);
  }
}

function familiesOf({ endpoints }: KernelListener): readonly (4 | 6)[] {
  return FAMILIES.filter((family) => endpoints.some(({ address }) => familyOf(address) === family));
}
