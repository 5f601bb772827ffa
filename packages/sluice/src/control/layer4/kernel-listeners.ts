/**
 * The listeners of a plan that Linux serves: keeps the kernel at what plan, health, drains, agents and names say. Nothing of it runs before the first
 * such listener. A plan is in force when the kernel has it; what the kernel refuses is a fault of the change.
 */
import type { LookupFunction } from 'node:net';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { after } from '../../base/time.ts';
import { isHostName, isKernelListener, kernelView, type KernelView, placeKey } from '../../config/kernel-description.ts';
import type { Plan, ServicePlan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import { kernelFaults } from '../../core/layer4/kernel-fault.ts';
import { type KernelShare, kernelShares } from '../../core/layer4/kernel-share.ts';
import type { ListenerCounts } from '../../core/layer4/nft-counters.ts';
import type { ForgetSessions, ListFlows } from '../../io/conntrack.ts';
import type { NameClaim } from '../../io/name-claim.ts';
import type { NetworkState } from '../../io/network-state.ts';
import { type Nft, NftError } from '../../io/nft.ts';
import type { KernelRows, WorkerMetrics } from '../../observe/worker-metrics.ts';
import type { SayEvent } from '../say-event.ts';
import { EndpointNames } from './endpoint-names.ts';
import { FlowWatch } from './flow-watch.ts';
import { KernelCounts } from './kernel-counts.ts';
import { KernelLayer4 } from './kernel-layer4.ts';

export interface KernelListenersOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly metrics: WorkerMetrics;
  readonly say: SayEvent;
  readonly nft: Nft;
  readonly network: NetworkState;
  readonly forget: ForgetSessions;
  readonly listFlows: ListFlows;
  readonly lookup: LookupFunction;
  /** Claims a name in this network, so that two programs do not take the table from each other. */
  readonly claim: (name: string) => Promise<NameClaim>;
}

/** The plan that is followed, with its rows. */
interface Followed {
  readonly plan: Plan;
  readonly slots: SlotMap;
}

/** What runs from the first kernel listener on. */
interface Engine {
  readonly table: string;
  readonly layer4: KernelLayer4;
  readonly release: () => void;
}

const DRAIN_LOOK_MS = 250;

export class KernelListeners implements AsyncDisposable {
  readonly #options: KernelListenersOptions;
  readonly #names: EndpointNames;
  readonly #flows: FlowWatch;
  readonly #counts: KernelCounts;
  readonly #unusable = new Set<string>();
  #engine: Engine | null = null;
  #followed: Followed | null = null;
  #rows: ReadonlyMap<string, KernelRows> = new Map();
  #refreshing: Cancel | null = null;
  #isEnding = false;
  #isDisposed = false;

  constructor(options: KernelListenersOptions) {
    const { runtime, table, say, lookup, listFlows, metrics } = options;
    this.#options = options;
    this.#names = new EndpointNames({ runtime, lookup, changed: () => this.#refreshSoon() });
    this.#flows = new FlowWatch({ runtime, table, list: listFlows, say });
    this.#counts = new KernelCounts(metrics);
  }

  /** Follows a plan. @returns Why the kernel cannot, a line each; then the caller gives back the plan of before. */
  async apply(plan: Plan, slots: SlotMap): Promise<readonly string[]> {
    const listeners = plan.listeners.filter(isKernelListener);
    if (this.#isEnding || (listeners.length === 0 && this.#engine === null)) return [];
    try {
      const engine = await this.#open(listeners[0]?.kernel.table ?? null);
      // What endpoints have that are about to go is counted to the end.
      await engine.layer4.count();
      const names = namesOf(plan);
      await this.#names.learn(names);
      this.#followed = { plan, slots };
      const { description } = this.#look(this.#followed);
      const faults = kernelFaults(description);
      if (faults.length > 0) return faults;
      await engine.layer4.set(description);
      this.#names.retain(names);
      return [];
    } catch (error) {
      const names = listeners.map(({ name }) => JSON.stringify(name)).join(', ');
      const who = listeners.length === 0 ? 'kernel listeners' : `${listeners.length === 1 ? 'listener' : 'listeners'} ${names}`;
      return [`${who}: ${messageOf(error)}`];
    }
  }

  /** States or weights of endpoints have changed. */
  changed(): void {
    if (this.#engine === null) return;
    this.#flows.review();
    this.#refreshSoon();
  }

  /**
   * Takes nothing new and waits for what is there, at most this long. Where connections cannot be counted, all of it.
   * @returns How many are left.
   */
  async drain(deadlineMs: number): Promise<number> {
    if (this.#engine === null) return 0;
    const { clock, timers } = this.#options.runtime;
    const deadline = after(clock.now(), deadlineMs);
    this.#isEnding = true;
    // What fails is told by who tries it.
    await this.#engine.layer4.drain().catch(() => {});
    for (;;) {
      const left = await this.#flows.total();
      const leftMs = deadline - clock.now();
      if (left === 0 || leftMs <= 0 || this.#isDisposed) return left ?? 0;
      await new Promise<void>((resolve) => timers.after(Math.min(DRAIN_LOOK_MS, leftMs), resolve));
    }
  }

  /** Removes the table. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    this.#isDisposed = true;
    this.#refreshing?.();
    this.#names.stop();
    this.#flows.stop();
    await this.#engine?.layer4[Symbol.asyncDispose]();
    this.#engine?.release();
  }

  /** The engine, started where it is not there yet. Throws when this machine or user cannot. */
  async #open(table: string | null): Promise<Engine> {
    if (this.#engine !== null) {
      const { table: own } = this.#engine;
      if (table === null || table === own) return this.#engine;
      throw new Error(`kernelTable stays ${JSON.stringify(own)} while this process runs: restart it to change the name`);
    }
    const { nft, network, forget, runtime, say, claim } = this.#options;
    const name = table ?? '';
    const claimed = await claim(`sluice-table-${name}`);
    if (!claimed.isOurs) {
      const who = claimed.pid === null ? 'another program' : `another sluice (pid ${claimed.pid})`;
      throw new Error(`${who} has the nftables table sluice_${name}: stop it, or give this one a name of its own with kernelTable`);
    }
    try {
      // Asks for nothing but shows whether we may and can.
      await nft.hasTable(`sluice_${name}`);
    } catch (error) {
      claimed.release();
      throw error;
    }
    const counted = (counts: readonly ListenerCounts[]): void => this.#take(counts);
    const layer4 = new KernelLayer4({ name, nft, network, forget, runtime, say, counted });
    this.#engine = { table: name, layer4, release: claimed.release };
    return this.#engine;
  }

  #refreshSoon(): void {
    this.#refreshing ??= this.#options.runtime.timers.after(0, () => {
      this.#refreshing = null;
      this.#refresh();
    });
  }

  #refresh(): void {
    if (this.#isEnding || this.#engine === null || this.#followed === null) return;
    this.#engine.layer4.set(this.#look(this.#followed).description).catch((error: unknown) => {
      // What nft says is told by who tries again.
      if (!this.#isEnding && !(error instanceof NftError))
        this.#options.say('error', 'kernel-layer4-refused', { reason: messageOf(error) });
    });
  }

  /** What the kernel is to do now. */
  #look({ plan, slots }: Followed): KernelView {
    const shares = (service: ServicePlan): KernelShare[] => {
      const rows = slots.endpoints[service.name] ?? {};
      const endpoints = service.endpoints.map((endpoint) => ({ ...endpoint, slot: rows[endpoint.address] ?? -1 }));
      return kernelShares(this.#options.table, endpoints, service.panicThreshold);
    };
    const view = kernelView(plan, { shares, addresses: (name) => this.#names.addresses(name) });
    this.#rows = rowsOf(view, slots);
    this.#flows.follow({
      description: view.description,
      slotOf: (listener, address, port) => this.#rows.get(placeKey(listener, { address, port }))?.endpoint,
      slots: new Set(Array.from(this.#rows.values(), ({ endpoint }) => endpoint)),
    });
    this.#sayUnusable(plan, view);
    return view;
  }

  #take(counts: readonly ListenerCounts[]): void {
    const slots = this.#followed?.slots;
    this.#counts.take(
      counts,
      (place) => this.#rows.get(place),
      (name) => slots?.listeners[name] ?? -1,
    );
  }

  /** A name without an address that its listener can use takes nothing: said when it begins. */
  #sayUnusable(plan: Plan, { origins }: KernelView): void {
    const served = new Set(Array.from(origins, ([place, { endpoint }]) => `${place.split(' ', 1)[0]} ${endpoint}`));
    for (const listener of plan.listeners.filter(isKernelListener)) {
      const service = plan.services.find(({ name }) => name === listener.targets[0]?.services[0]?.service);
      for (const { address, target } of service?.endpoints ?? []) {
        const key = `${listener.name} ${address}`;
        if (target.kind !== 'tcp' || !isHostName(target.host) || served.has(key)) {
          this.#unusable.delete(key);
          continue;
        }
        if (this.#unusable.has(key)) continue;
        this.#unusable.add(key);
        const known = this.#names.addresses(target.host);
        const reason = known.length === 0 ? 'has no address' : `has no address that this listener can use: ${known.join(', ')}`;
        this.#options.say('warn', 'kernel-layer4-name', { listener: listener.name, endpoint: address, reason });
      }
    }
  }
}

function rowsOf({ description, origins }: KernelView, slots: SlotMap): Map<string, KernelRows> {
  const rows = new Map<string, KernelRows>();
  for (const { name, protocol, endpoints } of description.listeners) {
    for (const place of endpoints) {
      const key = placeKey(name, place);
      const { service, endpoint } = origins.get(key)!;
      rows.set(key, {
        listener: slots.listeners[name] ?? -1,
        isUdp: protocol === 'udp',
        service: slots.services[service] ?? -1,
        endpoint: slots.endpoints[service]?.[endpoint] ?? -1,
      });
    }
  }
  return rows;
}

/** Names of the endpoints that kernel listeners lead to. */
function namesOf(plan: Plan): ReadonlySet<string> {
  const used = new Set(plan.listeners.filter(isKernelListener).map(({ targets }) => targets[0]?.services[0]?.service));
  const hosts = plan.services
    .filter(({ name }) => used.has(name))
    .flatMap(({ endpoints }) => endpoints.flatMap(({ target }) => (target.kind === 'tcp' && isHostName(target.host) ? [target.host] : [])));
  return new Set(hosts);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
