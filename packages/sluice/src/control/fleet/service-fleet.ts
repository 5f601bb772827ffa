/**
 * The instances of one service: as many as are wanted, of the version that is wanted. It compares what the runner shows with that whenever something has changed, and each second, and
 * asks the runner for the difference; while a deploy runs, the rollout does (`service-fleet-deploys.ts`). Nothing is waited for: what cannot be done now (an engine that is away) is
 * the runner's to retry, and what is wanted stays noted.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Cancel } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import type { FleetServicePlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import { isPromising, type InstanceView } from '../../core/fleet/instance-view.ts';
import { chooseVictims, isLeaving, type VictimChoice } from '../../core/fleet/victims.ts';
import { eventReason } from '../../core/scaling/reason.ts';
import type { BoundApplied, Decision, VictimRecord } from '../../core/scaling/decision.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import type { EndpointTraits } from '../discovery/endpoint-overlay.ts';
import type { ScaledService } from '../scaling/scaled-service.ts';
import { isSameResources, resourcesOf, withLife } from './fleet-change.ts';
import type { FleetMemory } from './fleet-memory.ts';
import { FleetPause } from './fleet-pause.ts';
import { type DeployRequest, type FleetResult, ok, refused, unknown } from './fleet-request.ts';
import { fleetStatusOf } from './fleet-status-of.ts';
import { StartTimes } from './fleet-start-times.ts';
import type { FleetWorld } from './fleet-world.ts';
import { FleetWork } from './fleet-work.ts';
import { inflightOf } from './rollout-driver.ts';
import type { Runner } from './runner.ts';
import { ServiceDeploys } from './service-fleet-deploys.ts';

export interface ServiceFleetOptions {
  readonly plan: FleetServicePlan;
  readonly world: FleetWorld;
  readonly memory: FleetMemory;
  /** To begin with; null: as configured. */
  readonly wanted: number | null;
  readonly line: (instance: string, stream: 'stdout' | 'stderr', text: string) => void;
}

const LOOK_EVERY_MS = 1_000;

export class ServiceFleet implements ScaledService {
  readonly #world: FleetWorld;
  readonly #memory: FleetMemory;
  readonly #runner: Runner;
  readonly #deploys: ServiceDeploys;
  readonly #pause: FleetPause;
  readonly #work = new FleetWork(() => this.#look());
  readonly #startTimes = new StartTimes();
  #plan: FleetServicePlan;
  #wanted: number;
  #manual: number | null = null;
  /** That protection kept instances that were to go. */
  #held: BoundApplied | null = null;
  /** All instances keep ending, or cannot be started: a request that waited would wait in vain. */
  #isHopeless = false;
  /** Sluice ends: no instance that is not ready by now will be used. */
  #isLast = false;
  /** Addresses that every worker knows: an instance is no other's replacement before. */
  #known: ReadonlySet<string> = new Set();
  #stage: 'new' | 'looking' | 'open' | 'retired' | 'over' = 'new';
  #cancelTimer: Cancel = () => {};
  #emptied: (() => void)[] = [];

  constructor({ plan, world, memory, wanted, line }: ServiceFleetOptions) {
    this.#world = world;
    this.#memory = memory;
    this.#plan = plan;
    this.#wanted = wanted ?? plan.replicas.initial;
    this.#pause = new FleetPause(plan.service, world);
    this.#runner = world.makeRunner(plan, {
      runtime: world.runtime,
      service: plan,
      say: world.say,
      changed: () => this.#changed(),
      noticed: () => this.#work.run(),
      drain: (address, deadlineMs) => world.drain(this.name, address, deadlineMs),
      line,
      unstartable: (reason) => world.unstartable(this.name, reason),
    });
    this.#deploys = new ServiceDeploys({
      service: plan.service,
      world,
      memory,
      runner: this.#runner,
      plan: () => this.#plan,
      isKnown: (address) => this.#known.has(address),
      isAsleep: () => this.#wanted === 0 && this.#live().length === 0,
    });
  }

  get name(): string {
    return this.#plan.service;
  }

  get plan(): FleetServicePlan {
    return this.#plan;
  }

  get startMs(): number | null {
    return this.#startTimes.lastMs;
  }

  get manual(): number | null {
    return this.#manual;
  }

  counts(now: Instant): { readonly wanted: number; readonly ready: number; readonly warm: number; readonly starting: number } {
    const live = this.#live();
    const ready = live.filter(({ phase }) => phase === 'ready');
    const warm = ready.filter(({ since }) => now - since >= this.#plan.replicas.behavior.warmUpMs);
    return { wanted: this.#wanted, ready: ready.length, warm: warm.length, starting: live.length - ready.length };
  }

  instances(): readonly InstanceView[] {
    return this.#runner.instances();
  }

  endpoints(): readonly EndpointPlan[] {
    return this.#runner.endpoints();
  }

  traits(): EndpointTraits {
    const isOpen = this.#pause.isOn || !(this.#isHopeless || (this.#isLast && !this.#isServed));
    return { isPaused: this.#pause.isOn, split: this.#deploys.state?.shares ?? null, ...(isOpen ? {} : { parking: null }) };
  }

  // ---- life

  /** Finds what an earlier life left, and brings the service to its number; resolves when it has looked. */
  async start(): Promise<void> {
    if (this.#stage !== 'new') return;
    this.#stage = 'looking';
    const [versions, fixed] = await Promise.all([this.#deploys.remember(), this.#memory.fixed(this.name)]);
    this.#manual ??= fixed;
    await this.#runner.adopt(versions);
    if (!this.#isLooking) return;
    this.#stage = 'open';
    const { min, max } = this.#plan.replicas;
    const found = this.#live().length;
    // As many as the earlier life had: nobody is ended before the policies have looked.
    if (found > 0) this.#wanted = Math.min(Math.max(found, min), max);
    this.#cancelTimer = this.#world.runtime.timers.every(LOOK_EVERY_MS, () => this.#work.run());
    this.#deploys.open();
    if (found > 0) void this.#changed();
    this.#work.run();
  }

  /** Another configuration of this service. */
  update(plan: FleetServicePlan): void {
    const before = this.#plan;
    this.#plan = plan;
    if (this.#stage === 'retired' || this.#stage === 'over' || isDeepStrictEqual(plan, before)) return;
    const resources = resourcesOf(plan.run);
    if (resources !== null && !isSameResources(resources, resourcesOf(before.run))) this.#runner.setResources(resources);
    this.#runner.update({ ...plan, run: withLife(this.#deploys.current.run, plan.run) });
    this.#deploys.follow();
    this.#work.run();
  }

  /** It is run here no more: all instances are drained and ended; resolves when none is left. */
  async retire(): Promise<void> {
    // What a platform keeps is not ours to end: it goes on without us.
    if (!this.#runner.hasVersions) return await this.detach();
    const wasOpen = this.#stage === 'open';
    this.#end('retired');
    const ids = this.#live().map(({ id }) => id);
    this.#runner.remove(ids, `service ${this.name} is not run here any more`);
    if (wasOpen && this.#runner.instances().length > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
    await this.#runner[Symbol.asyncDispose]();
    this.#end('over');
  }

  /** Sluice is about to end: a pause holds nobody any longer. */
  release(): void {
    this.#pause.stop();
  }

  /** Whether requests wait for an instance that is on its way and has not failed yet. */
  get isAwaited(): boolean {
    if (this.#isServed || this.#world.parked(this.name) === 0) return false;
    return this.#live().some(({ trouble }) => trouble === null);
  }

  /** From now on nobody waits for an instance where none is ready. */
  closeParking(): void {
    this.#isLast = true;
  }

  async stop(): Promise<void> {
    this.#end('over');
    await this.#runner[Symbol.asyncDispose]();
  }

  kill(): void {
    this.#end('over');
    this.#runner.kill();
  }

  async detach(): Promise<void> {
    this.#end('over');
    await this.#runner.detach();
  }

  /** Goes on as another platform's instances of the service were asked to: what a person fixed, and a pause. */
  inherit(before: ServiceFleet): void {
    this.#manual = before.#manual;
    const { leftMs } = before.#pause;
    if (leftMs !== null && leftMs > 0) this.#pause.begin(leftMs);
  }

  // ---- scaling

  want(count: number, decision: Decision): readonly VictimRecord[] {
    this.#wanted = count;
    this.#held = null;
    if (this.#stage !== 'open') return [];
    const excess = this.#live().length - count;
    if (this.#deploys.state !== null || excess <= 0) {
      this.#work.run();
      return [];
    }
    const { ids, records, bound } = this.#victims(excess);
    this.#held = bound;
    if (ids.length > 0) this.#work.run(() => this.#runner.remove(ids, eventReason(decision.reason)));
    return records;
  }

  scale(count: number | 'auto'): FleetResult {
    const { min, max } = this.#plan.replicas;
    if (count !== 'auto' && (!Number.isInteger(count) || count < min || count > max)) {
      return refused(`service "${this.name}": the number of instances must be ${min}..${max} (replicas.min and .max), got ${count}`);
    }
    this.#manual = count === 'auto' ? null : count;
    this.#memory.fix(this.name, this.#manual);
    this.#world.asked(this.name);
    return ok(
      count === 'auto'
        ? `${this.name} is scaled by its policies`
        : `${this.name} has ${count} ${count === 1 ? 'instance' : 'instances'} from now on`,
    );
  }

  protect(id: string, isProtected: boolean): FleetResult {
    if (!this.#runner.protect(id, isProtected)) {
      const ids = this.#runner.instances().map((view) => view.id);
      return unknown(
        `service "${this.name}" has no instance "${id}": ${ids.length === 0 ? 'it has none' : `it has ${ids.slice(0, 20).join(', ')}`}`,
      );
    }
    return ok(isProtected ? `${id} is protected from scale-in; a deploy replaces it all the same` : `${id} is not protected any more`);
  }

  // ---- pauses

  /** @param deadlineMs Null: as long as a request may wait. */
  pause(deadlineMs: number | null): FleetResult {
    return this.#pause.begin(deadlineMs ?? this.#plan.replicas.parking.waitMs);
  }

  resume(): FleetResult {
    return this.#pause.end();
  }

  // ---- deploys

  deploy(request: DeployRequest): FleetResult {
    return this.#worked(this.#deploys.deploy(request));
  }

  rollback(): FleetResult {
    return this.#worked(this.#deploys.rollback());
  }

  promote(): FleetResult {
    return this.#worked(this.#deploys.promote());
  }

  holdDeploy(): FleetResult {
    return this.#worked(this.#deploys.hold());
  }

  continueDeploy(): FleetResult {
    return this.#worked(this.#deploys.continue());
  }

  #worked(result: FleetResult): FleetResult {
    this.#work.run();
    return result;
  }

  // ---- what is there and what is wanted

  #look(): void {
    this.#startTimes.observe(this.#runner.instances());
    if (this.#stage === 'retired' && this.#runner.instances().length === 0) for (const resolve of this.#emptied.splice(0)) resolve();
    if (this.#stage !== 'open') return;
    this.#lookForHope();
    if (this.#deploys.state === null) return this.#reconcile();
    this.#deploys.step(this.#wanted);
    if (this.#deploys.state !== null) return;
    void this.#world.changed();
    this.#work.run();
  }

  #lookForHope(): void {
    const live = this.#live();
    const isHopeless = live.length > 0 && !live.some(isPromising);
    if (isHopeless === this.#isHopeless) return;
    this.#isHopeless = isHopeless;
    void this.#world.changed();
  }

  #reconcile(): void {
    const live = this.#live();
    // Found again from an earlier life, in which another version was current.
    if (live.some(({ version }) => this.#deploys.replace(version))) return this.#work.run();
    if (live.length < this.#wanted) return this.#runner.add(this.#deploys.current, this.#wanted - live.length);
    if (live.length === this.#wanted) return;
    const { ids } = this.#victims(live.length - this.#wanted);
    if (ids.length > 0) this.#runner.remove(ids, `${this.#wanted} are wanted`);
  }

  #victims(count: number): VictimChoice {
    const candidates = this.#runner.instances().map((view) => ({ view, inflight: this.#inflight(view) }));
    return chooseVictims({ candidates, count, versions: this.#deploys.order, wall: this.#world.runtime.clock.wall() });
  }

  get #isServed(): boolean {
    return this.#live().some(({ phase }) => phase === 'ready');
  }

  #live(): readonly InstanceView[] {
    return this.#runner.instances().filter((view) => !isLeaving(view));
  }

  #inflight(view: InstanceView): number {
    return inflightOf(this.#world, this.name, view);
  }

  status(): FleetServiceStatus {
    return fleetStatusOf({
      plan: this.#plan,
      wanted: this.#wanted,
      manual: this.#manual,
      isPaused: this.#pause.isOn,
      parked: this.#world.parked(this.name),
      version: this.#deploys.becoming,
      rollout: this.#deploys.state,
      instances: this.#runner.instances(),
      inflight: (view) => this.#inflight(view),
      lastDecision: this.#world.decisions(this.name, 1)[0] ?? null,
      note: this.#runner.blindness ?? this.#deploys.note ?? this.#held?.detail ?? null,
      wall: this.#world.runtime.clock.wall(),
    });
  }

  /** Endpoints are others: whoever balances learns of it, and then they count. */
  async #changed(): Promise<void> {
    const addresses = this.endpoints().map(({ address }) => address);
    this.#work.run();
    await this.#world.changed();
    this.#known = new Set(addresses);
    this.#work.run();
  }

  get #isLooking(): boolean {
    return this.#stage === 'looking';
  }

  #end(stage: 'retired' | 'over'): void {
    this.#stage = stage;
    this.#pause.stop();
    if (stage === 'over') this.#cancelTimer();
  }
}
