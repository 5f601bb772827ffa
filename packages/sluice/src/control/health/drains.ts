/**
 * Drains by the operator, or by the fleet of an instance that is to end: an endpoint takes nothing new and finishes what it has; sessions that stick to it stay until the deadline, after
 * which it takes nothing at all (MAINTENANCE). It stays out of use until `undrain`.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { DRAINING, type EndpointTable, MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import type { SayEvent } from '../say-event.ts';
import type { RosterEntry } from './roster.ts';
import type { StateBits } from './state-bits.ts';

export interface DrainsOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly bits: StateBits;
  readonly say: SayEvent;
}

/** How a drain ended: everything finished, the deadline came first, or it was taken back. */
export interface DrainEnd {
  readonly end: 'finished' | 'deadline' | 'undrained';
  /** Requests and upgraded connections still in flight. */
  readonly inflight: number;
}

export type DrainOwner = 'operator' | 'fleet';

interface Drain {
  readonly slot: number;
  readonly owner: DrainOwner;
  readonly promise: Promise<DrainEnd>;
  readonly finish: (end: DrainEnd['end']) => void;
}

interface Watched extends Pick<Drain, 'owner' | 'finish'> {
  readonly deadlineMs: number;
  /** Ends the watch. */
  readonly cancels: Cancel[];
}

const REASONS: Readonly<Record<DrainOwner, string>> = { operator: 'drained by the operator', fleet: 'drained, for its instance is to end' };

/** How often requests in flight are looked at. */
const LOOK_MS = 50;

export class Drains {
  readonly #options: DrainsOptions;
  readonly #drains: Map<string, Drain> = new Map();

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  /**
   * Drains an endpoint; one that is draining already goes on as it was asked to first.
   * @returns How it ended, at the deadline at the latest. Where sessions may stick to it, not before the deadline.
   */
  start(entry: RosterEntry, deadlineMs: number, owner: DrainOwner = 'operator'): Promise<DrainEnd> {
    const known = this.#drains.get(entry.key);
    if (known !== undefined) return known.promise;
    const { bits, table } = this.#options;
    bits.claim(entry, owner, DRAINING, REASONS[owner]);
    this.#say(entry, owner, 'endpoint-draining', REASONS[owner]);
    const { promise, resolve } = Promise.withResolvers<DrainEnd>();
    const cancels: Cancel[] = [];
    const finish = (end: DrainEnd['end']): void => {
      for (const cancel of cancels) cancel();
      resolve({ end, inflight: Math.max(0, Atomics.load(table.inflight, entry.slot)) });
    };
    this.#drains.set(entry.key, { slot: entry.slot, owner, promise, finish });
    this.#watch(entry, { deadlineMs, owner, cancels, finish });
    return promise;
  }

  /** Takes a drain back; false when there was none. */
  undo(entry: RosterEntry): boolean {
    const drain = this.#drains.get(entry.key);
    if (drain === undefined) return false;
    this.#drains.delete(entry.key);
    drain.finish('undrained');
    this.#options.bits.claim(entry, drain.owner, 0, '');
    this.#say(entry, drain.owner, 'endpoint-undrained', 'brought back by the operator');
    return true;
  }

  /** Forgets drains of endpoints that are gone. */
  retain(entries: readonly RosterEntry[]): void {
    const present = new Map(entries.map(({ key, slot }) => [key, slot] as const));
    for (const [key, drain] of this.#drains) {
      if (present.get(key) === drain.slot) continue;
      this.#drains.delete(key);
      drain.finish('finished');
    }
  }

  stop(): void {
    // Whoever waits need not ask again.
    for (const drain of this.#drains.values()) drain.finish('deadline');
    this.#drains.clear();
  }

  #watch(entry: RosterEntry, { deadlineMs, owner, cancels, finish }: Watched): void {
    const { runtime, bits, table } = this.#options;
    const isFree = (): boolean => Atomics.load(table.inflight, entry.slot) <= 0;
    const closeDown = (): void => {
      bits.claim(entry, owner, DRAINING | MAINTENANCE, REASONS[owner]);
      const end = isFree() ? 'finished' : 'deadline';
      this.#say(entry, owner, 'endpoint-drained', end === 'finished' ? 'everything in flight has finished' : 'its deadline came first');
      finish(end);
    };
    cancels.push(runtime.timers.after(deadlineMs, closeDown));
    if (entry.service.affinity !== null) return;
    cancels.push(
      runtime.timers.every(LOOK_MS, () => {
        if (isFree()) closeDown();
      }),
    );
  }
  /** The fleet tells of its own drains by the instance (`instance-draining`). */
  #say({ service, endpoint, slot }: RosterEntry, owner: DrainOwner, what: string, reason: string): void {
    if (owner !== 'operator') return;
    const inflight = Math.max(0, Atomics.load(this.#options.table.inflight, slot));
    this.#options.say('info', what, { service: service.name, endpoint: endpoint.address, reason, inflight });
  }
}
