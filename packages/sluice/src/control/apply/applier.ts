/**
 * The life of a change: load, validate and compile (`load`), lay found endpoints, proofs and staples over it, keep what must still drain, give rows, tell health,
 * give it to the workers, take back what is gone. A wrong configuration changes nothing: the old one runs on and every fault is
 * returned. A plan that a worker cannot run is undone the same way.
 */
import { assert } from '../../base/assert.ts';
import type { Runtime } from '../../base/runtime.ts';
import { diffPlans, type PlanDiff, summarizeDiff } from '../../config/diff.ts';
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import { DRAINING } from '../../core/balancing/endpoint-table.ts';
import { overlayEndpoints, type EndpointProvider } from '../discovery/endpoint-overlay.ts';
import type { SayEvent } from '../say-event.ts';
import { type CertificateExtras, overlayCertificates } from './certificate-overlay.ts';
import { ChangeQueue, type ChangeScope } from './change-queue.ts';
import { mergeDepartures, type Departure, type MergedPlan } from './departures.ts';
import { fixAddresses, listenerFaults, type AddressWorld } from './listener-addresses.ts';
import type { SlotBook } from './slot-book.ts';

/** A compiled configuration, or everything that is wrong with it. */
export type Loaded = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly faults: readonly string[] };

export type ApplyResult =
  | { readonly ok: true; readonly generation: number; readonly changes: readonly string[]; readonly tookMs: number }
  /** `isMisconfigured`: the configuration itself is wrong; else it is right, but cannot be run here and now. */
  | { readonly ok: false; readonly faults: readonly string[]; readonly isMisconfigured: boolean };

/** Who follows the plan in the control plane (health, limits). */
export interface PlanFollower {
  apply(plan: Plan, slots: SlotMap): void;
}

export interface ApplierOptions extends AddressWorld {
  readonly runtime: Runtime;
  readonly load: () => Promise<Loaded>;
  readonly providers: readonly EndpointProvider[];
  /** What ACME orders and OCSP stapling add. */
  readonly certificates: CertificateExtras;
  readonly book: SlotBook;
  readonly followers: readonly PlanFollower[];
  readonly workers: { apply(plan: Plan, slots: SlotMap): Promise<readonly string[]> };
  /** Says of an endpoint, on behalf of the plan, that these state bits hold (0 takes it back). */
  readonly mark: (slots: { readonly serviceSlot: number; readonly slot: number }, bits: number, reason: string) => void;
  readonly say: SayEvent;
  /** Another plan runs, made from this one, which `load` gave. */
  readonly applied: (configured: Plan) => void;
}

/** A plan that runs, with its rows. */
export interface Running {
  readonly plan: Plan;
  readonly slots: SlotMap;
}

export class Applier {
  readonly #options: ApplierOptions;
  readonly #queue: ChangeQueue<ApplyResult>;
  /** The last good configuration, before providers and departures. */
  #configured: Plan | null = null;
  /** The same with what providers and certificates add: what is wanted. */
  #target: Plan | null = null;
  /** The same with what still drains: what there is. */
  #running: Running | null = null;
  #generation = 0;
  #departures = new Map<string, Departure>();
  #isClosed = false;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#queue = new ChangeQueue((scope) => this.#change(scope));
  }

  /** What the workers run; null before the first plan. */
  get running(): Running | null {
    return this.#running;
  }

  /** Endpoints that a change removed and that still finish. */
  get departures(): readonly Departure[] {
    return [...this.#departures.values()];
  }

  /** Reads the configuration again and applies it. */
  reload(): Promise<ApplyResult> {
    return this.#queue.request({ reload: true });
  }

  /** Applies what providers have found, what certificates need and what has left since. */
  refresh(): Promise<ApplyResult> {
    return this.#queue.request({ reload: false });
  }

  /** Finishes the change that runs; there are no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue.idle();
  }

  async #change({ reload }: ChangeScope): Promise<ApplyResult> {
    if (this.#isClosed) return failed(['sluice is stopping: nothing is changed any more']);
    const startedAt = this.#options.runtime.clock.now();
    const loaded = reload || this.#configured === null ? await this.#load() : null;
    if (loaded !== null && !loaded.ok) {
      // What providers found meanwhile is applied all the same.
      if (this.#configured !== null) await this.#apply(this.#configured);
      return { ...loaded, isMisconfigured: true };
    }
    const configured = loaded?.plan ?? this.#configured;
    assert(configured !== null, 'a plan was loaded before it is applied');
    const result = await this.#apply(configured);
    if (!result.ok) return result;
    this.#configured = configured;
    return { ...result, tookMs: Math.round(this.#options.runtime.clock.now() - startedAt) };
  }

  async #load(): Promise<Loaded> {
    try {
      return await this.#options.load();
    } catch (error) {
      return { ok: false, faults: [`configuration could not be loaded: ${error instanceof Error ? error.message : String(error)}`] };
    }
  }

  async #apply(configured: Plan): Promise<ApplyResult> {
    const { runtime, providers, certificates } = this.#options;
    const before = this.#running?.plan ?? null;
    const completed = overlayCertificates(overlayEndpoints(configured, providers), certificates);
    const target = await fixAddresses(completed, before, this.#options);
    const faults = await listenerFaults(target, before, this.#options);
    if (faults.length > 0) return failed(faults);
    const merged = mergeDepartures(target, before, this.#departures, runtime.clock.now());
    const diff = this.#target === null ? null : diffPlans(this.#target, target);
    for (const key of merged.returned) this.#mark(this.#departures.get(key), 0, '');
    if (!this.#isRunning(merged, diff)) {
      const errors = await this.#run(merged);
      if (errors.length > 0) return failed(errors);
    }
    // Last, when every worker knows what takes the place of those that leave. A plan that is the same but for who drains needs no more.
    for (const key of merged.left) this.#mark(merged.departures.get(key), DRAINING, 'removed from the configuration');
    this.#departures = merged.departures;
    this.#target = target;
    this.#options.applied(configured);
    return { ok: true, generation: this.#generation, changes: describeChange(diff), tookMs: 0 };
  }

  /** Whether the workers run this already. While nothing leaves, what is wanted is what runs: the large plans are compared once. */
  #isRunning(merged: MergedPlan, diff: PlanDiff | null): boolean {
    if (this.#running === null || diff === null) return false;
    const isNothingLeaving = this.#departures.size === 0 && merged.departures.size === 0;
    return isNothingLeaving ? diff.isEmpty : diffPlans(this.#running.plan, merged.plan).isEmpty;
  }

  /** Gives the plan to everybody, or leaves everything as it was. */
  async #run(merged: MergedPlan): Promise<readonly string[]> {
    const { book, followers, workers } = this.#options;
    const before = this.#running;
    const full = book.assign(merged.plan);
    if (full.length > 0) {
      if (before !== null) book.retain(before.plan);
      return full;
    }
    const next: Running = { plan: { ...merged.plan, generation: ++this.#generation }, slots: book.map(merged.plan) };
    for (const follower of followers) follower.apply(next.plan, next.slots);
    const errors = await workers.apply(next.plan, next.slots);
    if (errors.length > 0) {
      await this.#undo(before, merged, errors);
      return errors;
    }
    this.#running = next;
    book.retain(next.plan);
    return [];
  }

  #mark(departure: Departure | undefined, bits: number, reason: string): void {
    if (departure === undefined || this.#running === null) return;
    const { service, address } = departure;
    const serviceSlot = this.#running.slots.services[service];
    const slot = this.#running.slots.endpoints[service]?.[address];
    if (serviceSlot !== undefined && slot !== undefined) this.#options.mark({ serviceSlot, slot }, bits, reason);
  }

  async #undo(before: Running | null, merged: MergedPlan, errors: readonly string[]): Promise<void> {
    const { book, followers, workers, say } = this.#options;
    if (before === null) return;
    for (const key of merged.returned) this.#mark(this.#departures.get(key), DRAINING, 'removed from the configuration');
    say('error', 'apply-undone', { generation: this.#generation, reason: errors.join('; ') });
    const again: Running = { plan: { ...before.plan, generation: ++this.#generation }, slots: before.slots };
    for (const follower of followers) follower.apply(again.plan, again.slots);
    const more = await workers.apply(again.plan, again.slots);
    if (more.length > 0) say('error', 'undo-failed', { generation: this.#generation, reason: more.join('; ') });
    this.#running = again;
    book.retain(again.plan);
  }
}

function failed(faults: readonly string[]): ApplyResult {
  return { ok: false, faults, isMisconfigured: false };
}

/** What differs, in words; empty when nothing does. */
function describeChange(diff: PlanDiff | null): readonly string[] {
  if (diff === null) return ['first plan'];
  return diff.isEmpty ? [] : summarizeDiff(diff).split('; ');
}
