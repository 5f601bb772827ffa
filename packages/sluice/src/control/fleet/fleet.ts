/**
 * Everything that Sluice itself runs: one ServiceFleet for each service of the FleetPlan. It follows the configuration, gives the applier endpoints, gives the scaling loop services to
 * decide about, and answers the admin API.
 */
import { after } from '../../base/time.ts';
import type { FleetPlan, FleetServicePlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import type { EndpointProvider, EndpointTraits } from '../discovery/endpoint-overlay.ts';
import type { ScaledService } from '../scaling/scaled-service.ts';
import { isSameRunner } from './fleet-change.ts';
import { FleetLog } from './fleet-log.ts';
import { FileMemory, type FleetMemory, NO_MEMORY } from './fleet-memory.ts';
import { type DeployRequest, type FleetResult, type LogLine, type LogQuery, unknown } from './fleet-request.ts';
import type { FleetWorld } from './fleet-world.ts';
import { ServiceFleet, type ServiceFleetOptions } from './service-fleet.ts';

/** How often it is looked whether a successor serves. */
const SUCCESSION_MS = 500;

/** Between two looks whether somebody still waits for an instance. */
const QUIESCE_LOOK_MS = 20;

export class Fleet implements EndpointProvider {
  readonly #world: FleetWorld;
  readonly #services = new Map<string, ServiceFleet>();
  readonly #logs = new Map<string, FleetLog>();
  /** Run elsewhere now, by service; they serve until their successors do. */
  readonly #succeeded = new Map<string, ServiceFleet>();
  /** Still draining. */
  readonly #leaving = new Set<ServiceFleet>();
  #memory: FleetMemory = NO_MEMORY;
  #isStarted = false;

  constructor(world: FleetWorld) {
    this.#world = world;
  }

  /** What the scaling loop decides about. */
  services(): readonly ScaledService[] {
    return [...this.#services.values()];
  }

  /** Another configuration: services come, change and go. */
  follow(plan: FleetPlan): void {
    if (plan.directory !== null && this.#memory === NO_MEMORY) this.#memory = new FileMemory(plan.directory, this.#world.say);
    const names = new Set(plan.services.map(({ service }) => service));
    for (const [name, fleet] of this.#services) {
      if (names.has(name)) continue;
      this.#services.delete(name);
      this.#retire(fleet);
    }
    for (const service of plan.services) this.#followService(service);
  }

  /** Finds what an earlier life left, and brings every service to its initial number. Resolves when it has looked. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await Promise.all(this.#all().map((fleet) => fleet.start()));
  }

  /**
   * Sluice is about to end, and after this no worker learns of an instance any more. Pauses are over; requests that wait for an instance that starts get it, until
   * the deadline; those for which none comes are refused now instead of holding up the end.
   */
  async quiesce(deadlineMs: number): Promise<void> {
    const { clock, timers } = this.#world.runtime;
    const until = after(clock.now(), deadlineMs);
    const services = [...this.#services.values()];
    for (const fleet of services) fleet.release();
    await this.#world.changed();
    while (services.some(({ isAwaited }) => isAwaited) && clock.now() < until)
      await new Promise<void>((look) => void timers.after(QUIESCE_LOOK_MS, look));
    for (const fleet of services) fleet.closeParking();
    await this.#world.changed();
  }

  /** Ends all instances; the data plane is gone already. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    await Promise.all([...this.#all().map((fleet) => fleet.stop()), this.#memory.settled()]);
  }

  /** SIGKILL to all, now. */
  kill(): void {
    for (const fleet of this.#all()) fleet.kill();
  }

  /** Leaves all instances running. */
  async detach(): Promise<void> {
    await Promise.all([...this.#all().map((fleet) => fleet.detach()), this.#memory.settled()]);
  }

  endpointsOf(service: string): readonly EndpointPlan[] | null {
    const now = this.#services.get(service)?.endpoints() ?? null;
    const before = this.#succeeded.get(service)?.endpoints() ?? [];
    return now === null || before.length === 0 ? now : [...now, ...before];
  }

  traits(service: string): EndpointTraits | null {
    return this.#services.get(service)?.traits() ?? null;
  }

  /** A worker said `parked`: a request waits for an instance of this service. */
  wake(service: string): void {
    if (this.#services.has(service)) this.#world.asked(service);
  }

  status(): readonly FleetServiceStatus[] {
    return [...this.#services.values()].map((fleet) => fleet.status());
  }

  scale(service: string, count: number | 'auto'): FleetResult {
    return this.#ask(service, (fleet) => fleet.scale(count));
  }

  deploy(service: string, request: DeployRequest): FleetResult {
    return this.#ask(service, (fleet) => fleet.deploy(request));
  }

  rollback(service: string): FleetResult {
    return this.#ask(service, (fleet) => fleet.rollback());
  }

  promote(service: string): FleetResult {
    return this.#ask(service, (fleet) => fleet.promote());
  }

  holdDeploy(service: string): FleetResult {
    return this.#ask(service, (fleet) => fleet.holdDeploy());
  }

  continueDeploy(service: string): FleetResult {
    return this.#ask(service, (fleet) => fleet.continueDeploy());
  }

  pause(service: string, deadlineMs: number | null): FleetResult {
    return this.#ask(service, (fleet) => fleet.pause(deadlineMs));
  }

  resume(service: string): FleetResult {
    return this.#ask(service, (fleet) => fleet.resume());
  }

  protect(service: string, instance: string, isProtected: boolean): FleetResult {
    return this.#ask(service, (fleet) => fleet.protect(instance, isProtected));
  }

  decisions(
    service: string,
    limit: number,
    isChanges: boolean,
  ): { readonly result: 'ok'; readonly decisions: readonly Decision[] } | FleetResult {
    if (!this.#services.has(service)) return this.#unknown(service);
    return { result: 'ok', decisions: this.#world.decisions(service, limit, isChanges) };
  }

  logs(service: string, query: LogQuery): AsyncIterable<LogLine> | FleetResult {
    const fleet = this.#services.get(service);
    if (fleet === undefined) return this.#unknown(service);
    const log = this.#logOf(service);
    const { instance } = query;
    const isKnown = instance === null || log.has(instance) || fleet.instances().some(({ id }) => id === instance);
    return isKnown ? log.read(query) : unknown(`service "${service}" has no instance "${instance}", and had none lately`);
  }

  #all(): readonly ServiceFleet[] {
    return [...this.#services.values(), ...this.#succeeded.values(), ...this.#leaving];
  }

  #followService(plan: FleetServicePlan): void {
    const fleet = this.#services.get(plan.service);
    if (fleet === undefined) return this.#add(plan, null);
    if (isSameRunner(fleet.plan.run, plan.run)) return fleet.update(plan);
    this.#add(plan, fleet.counts(this.#world.runtime.clock.now()).wanted);
    this.#services.get(plan.service)!.inherit(fleet);
    this.#succeed(fleet);
  }

  #add(plan: FleetServicePlan, wanted: number | null): void {
    const { service } = plan;
    const line: ServiceFleetOptions['line'] = (instance, stream, text) => {
      this.#logOf(service).add(instance, stream, text, this.#world.runtime.clock.wall());
      if (isShown(fleet.plan)) this.#world.line(service, instance, stream, text);
    };
    const fleet: ServiceFleet = new ServiceFleet({ plan, world: this.#world, memory: this.#memory, wanted, line });
    this.#services.set(service, fleet);
    if (this.#isStarted) void fleet.start();
  }

  /** Another platform runs the service from now on: what ran it serves until its successor does. */
  #succeed(fleet: ServiceFleet): void {
    const { name } = fleet;
    const { timers, clock } = this.#world.runtime;
    const earlier = this.#succeeded.get(name);
    if (earlier !== undefined) this.#retire(earlier);
    this.#succeeded.set(name, fleet);
    const until = after(clock.now(), fleet.plan.run.ready.withinMs);
    const cancel = timers.every(SUCCESSION_MS, () => {
      const counts = this.#services.get(name)?.counts(clock.now());
      const isUp = counts === undefined || counts.ready >= counts.wanted || clock.now() >= until;
      if (!isUp && this.#succeeded.get(name) === fleet) return;
      cancel();
      if (this.#succeeded.get(name) !== fleet) return;
      this.#succeeded.delete(name);
      this.#retire(fleet);
    });
  }

  #retire(fleet: ServiceFleet): void {
    this.#leaving.add(fleet);
    void fleet.retire().finally(() => {
      this.#leaving.delete(fleet);
      if (this.#services.has(fleet.name)) return;
      this.#logs.get(fleet.name)?.close();
      this.#logs.delete(fleet.name);
    });
  }

  #logOf(service: string): FleetLog {
    let log = this.#logs.get(service);
    if (log === undefined) this.#logs.set(service, (log = new FleetLog()));
    return log;
  }

  #ask(service: string, answer: (fleet: ServiceFleet) => FleetResult): FleetResult {
    const fleet = this.#services.get(service);
    return fleet === undefined ? this.#unknown(service) : answer(fleet);
  }

  #unknown(service: string): FleetResult {
    const known = [...this.#services.keys()];
    const remedy = known.length === 0 ? 'no service has "run"' : `those with "run" are ${known.join(', ')}`;
    return unknown(`the fleet runs no service "${service}": ${remedy}`);
  }
}

/** Whether the lines of its instances go to the terminal; `sluice logs` has them all the same. */
function isShown({ run }: FleetServicePlan): boolean {
  return run.runner !== 'process' || run.logs.terminal;
}
