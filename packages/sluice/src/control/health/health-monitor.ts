/**
 * Health as one thing: active probes, outlier ejection, agents and drains over one set of state bits. Give it each plan before the
 * workers get it, so that an endpoint that has to pass its probe first is never used before.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { Timestamp } from '../../base/time.ts';
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import type { AskAgent } from '../../io/agent-check.ts';
import type { Probe } from '../../io/probe.ts';
import type { SayEvent } from '../say-event.ts';
import { AgentLoop } from './agent-loop.ts';
import { type DrainEnd, type DrainOwner, Drains } from './drains.ts';
import { OutlierLoop } from './outlier-loop.ts';
import { Prober } from './prober.ts';
import { roster, type RosterEntry, rosterKey } from './roster.ts';
import { type EndpointState, StateBits, type StateSlots } from './state-bits.ts';
import type { LastProbe } from './watch.ts';

export interface HealthMonitorOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly probe: Probe;
  readonly askAgent: AskAgent;
  readonly say: SayEvent;
  /** Told of each ejection, for the metrics. */
  readonly ejected?: (service: number, endpoint: number) => void;
  /** States or weights of endpoints have changed, for those who do not see the epochs. */
  readonly changed?: () => void;
  /** Probes under way at most. Default 64. */
  readonly probesMax?: number;
  /** Whether a passed probe ends an ejection. Default false: a shallow check would bring back what fails real requests. */
  readonly returnOnPassedProbe?: boolean;
}

export interface EndpointHealth {
  readonly address: string;
  readonly state: EndpointState;
  /** Why; null while it is up. */
  readonly reason: string | null;
  readonly since: Timestamp;
  readonly lastProbe: LastProbe | null;
}

export interface ServiceHealth {
  readonly service: string;
  /** All endpoints fail the same check; they are used all the same. */
  readonly isDegraded: boolean;
  readonly endpoints: readonly EndpointHealth[];
}

/** No such endpoint, with a text that says so. */
export interface UnknownEndpoint {
  readonly end: 'unknown';
  readonly message: string;
}

const PROBES_MAX = 64;

export class HealthMonitor implements AsyncDisposable {
  readonly #bits: StateBits;
  readonly #prober: Prober;
  readonly #outliers: OutlierLoop;
  readonly #agents: AgentLoop;
  readonly #drains: Drains;
  #entries: ReadonlyMap<string, RosterEntry> = new Map();
  #services: readonly string[] = [];

  constructor(options: HealthMonitorOptions) {
    const { runtime, table, say } = options;
    const bits = new StateBits(table, runtime.clock, options.changed);
    this.#bits = bits;
    this.#outliers = new OutlierLoop({
      runtime,
      table,
      bits,
      say,
      ejected: (entry) => options.ejected?.(entry.serviceSlot, entry.slot),
    });
    const passed = (entry: RosterEntry): void => {
      if (options.returnOnPassedProbe === true) this.#outliers.restore(entry);
    };
    this.#prober = new Prober({ runtime, probe: options.probe, bits, say, passed, concurrencyMax: options.probesMax ?? PROBES_MAX });
    this.#agents = new AgentLoop({ runtime, table, bits, say, ask: options.askAgent });
    this.#drains = new Drains({ runtime, table, bits, say });
  }

  /** Looks after the plan's endpoints from now on. What is the same as before keeps its state and its schedule. */
  apply(plan: Pick<Plan, 'services'>, slots: SlotMap): void {
    const entries = roster(plan.services, slots);
    const present = new Map(entries.map((entry) => [entry.key, entry] as const));
    const running = new Set(this.#services);
    for (const [key, { slot }] of this.#entries) if (present.get(key)?.slot !== slot) this.#bits.forget(slot);
    for (const entry of entries) this.#bits.adopt(entry, running.has(entry.service.name), entry.service.health?.initial === 'down');
    this.#entries = present;
    this.#services = plan.services.map(({ name }) => name);
    this.#drains.retain(entries);
    this.#outliers.apply(plan.services, entries);
    this.#agents.apply(entries);
    this.#prober.apply(entries);
  }

  /** A worker has seen a row of failures reach its count (the `suspect` message). */
  suspect(service: number, endpoint: number): void {
    this.#outliers.suspect(service, endpoint);
  }

  /** Claims bits for the plan: endpoints that a change has removed and that still finish; 0 takes it back. */
  mark(slots: StateSlots, bits: number, reason: string): void {
    this.#bits.claim(slots, 'plan', bits, reason);
  }

  /**
   * Takes an endpoint out of use gently; settles when it is done, at the deadline at the latest.
   * @param owner Who drains it, for the status. One that is draining already stays its first owner's.
   */
  drain(service: string, address: string, deadlineMs: number, owner: DrainOwner = 'operator'): Promise<DrainEnd | UnknownEndpoint> {
    const entry = this.#entries.get(rosterKey(service, address));
    return entry === undefined ? Promise.resolve(this.#unknown(service, address)) : this.#drains.start(entry, deadlineMs, owner);
  }

  /** Brings a drained endpoint back into use. */
  undrain(service: string, address: string): 'undrained' | 'not-drained' | UnknownEndpoint {
    const entry = this.#entries.get(rosterKey(service, address));
    if (entry === undefined) return this.#unknown(service, address);
    return this.#drains.undo(entry) ? 'undrained' : 'not-drained';
  }

  /** What is known of each endpoint, in the plan's order. */
  status(): readonly ServiceHealth[] {
    const endpoints = new Map<string, EndpointHealth[]>(this.#services.map((service) => [service, []]));
    for (const entry of this.#entries.values()) endpoints.get(entry.service.name)?.push(this.#healthOf(entry));
    return [...endpoints].map(([service, own]) => ({ service, isDegraded: this.#prober.isDegraded(service), endpoints: own }));
  }

  /** Ends all probes and sweeps. The states stay as they are. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#prober.stop();
    this.#outliers.stop();
    this.#agents.stop();
    this.#drains.stop();
  }

  #healthOf({ key, slot, endpoint }: RosterEntry): EndpointHealth {
    return { address: endpoint.address, ...this.#bits.report(slot), lastProbe: this.#prober.lastProbe(key) };
  }

  #unknown(service: string, address: string): UnknownEndpoint {
    const own = [...this.#entries.values()].filter((entry) => entry.service.name === service).map(({ endpoint }) => endpoint.address);
    if (!this.#services.includes(service)) {
      return { end: 'unknown', message: `there is no service "${service}"; services: ${this.#services.join(', ') || 'none'}` };
    }
    return { end: 'unknown', message: `service "${service}" has no endpoint "${address}"; endpoints: ${own.join(', ') || 'none'}` };
  }
}
