/**
 * Everything that Sluice itself runs: one ServiceFleet for each service of the FleetPlan. It follows the configuration, gives the applier endpoints, gives the scaling loop services to
 * decide about, and answers the admin API.
 */
import type { FleetPlan, FleetServicePlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import type { EndpointProvider, EndpointTraits } from '../discovery/endpoint-overlay.ts';
import type { ScaledService } from '../scaling/scaled-service.ts';
import { type DeployRequest, type FleetResult, type LogLine, type LogQuery, unknown } from './fleet-request.ts';
import type { FleetWorld } from './fleet-world.ts';
import { ServiceFleet } from './service-fleet.ts';

export class Fleet implements EndpointProvider {
  readonly #world: FleetWorld;
  readonly #services = new Map<string, ServiceFleet>();
  /** Removed from the configuration, still draining. */
  readonly #leaving = new Set<ServiceFleet>();
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
    const names = new Set(plan.services.map(({ service }) => service));
    for (const [name, fleet] of this.#services) if (!names.has(name)) this.#retire(name, fleet);
    for (const service of plan.services) this.#followService(service);
  }

  /** Finds what an earlier life left, and brings every service to its initial number. Resolves when it has looked. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await Promise.all(this.#all().map((fleet) => fleet.start()));
  }

  /** Ends all instances; the data plane is gone already. */
  async stop(): Promise<void> {
    await Promise.all(this.#all().map((fleet) => fleet.stop()));
  }

  /** SIGKILL to all, now. */
  kill(): void {
    for (const fleet of this.#all()) fleet.kill();
  }

  /** Leaves all instances running. */
  async detach(): Promise<void> {
    await Promise.all(this.#all().map((fleet) => fleet.detach()));
  }

  endpointsOf(service: string): readonly EndpointPlan[] | null {
    return this.#services.get(service)?.endpoints() ?? null;
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
    return this.#ask(service, (fleet) => fleet.command('rollback'));
  }

  promote(service: string): FleetResult {
    return this.#ask(service, (fleet) => fleet.command('promote'));
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

  decisions(service: string, limit: number): { readonly result: 'ok'; readonly decisions: readonly Decision[] } | FleetResult {
    if (!this.#services.has(service)) return this.#unknown(service);
    return { result: 'ok', decisions: this.#world.decisions(service, limit) };
  }

  logs(service: string, _query: LogQuery): AsyncIterable<LogLine> | FleetResult {
    return this.#unknown(service);
  }

  #all(): readonly ServiceFleet[] {
    return [...this.#services.values(), ...this.#leaving];
  }

  #followService(plan: FleetServicePlan): void {
    const fleet = this.#services.get(plan.service);
    if (fleet !== undefined) return fleet.update(plan);
    const added = new ServiceFleet({ plan, world: this.#world });
    this.#services.set(plan.service, added);
    if (this.#isStarted) void added.start();
  }

  #retire(name: string, fleet: ServiceFleet): void {
    this.#services.delete(name);
    this.#leaving.add(fleet);
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
