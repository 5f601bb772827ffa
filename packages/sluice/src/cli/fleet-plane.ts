/**
 * The fleet as the rest of the program sees it: nothing but this file while no service has instances that Sluice runs, and everything (`fleet-parts.ts`) from the first one on.
 */
import type { FleetBackend } from '../admin/fleet-backend.ts';
import { NO_FLEET_BACKEND } from '../admin/no-fleet.ts';
import type { FleetPlan } from '../config/fleet-plan.ts';
import type { EndpointPlan } from '../config/plan.ts';
import type { Running } from '../control/apply/applier.ts';
import type { EndpointProvider, EndpointTraits } from '../control/discovery/endpoint-overlay.ts';
import type { FleetNeeds } from './fleet-figures.ts';
import type { FleetParts } from './fleet-parts.ts';
import type { Configuration } from './plan-loader.ts';

export class FleetPlane implements EndpointProvider, AsyncDisposable {
  readonly #options: FleetNeeds;
  #parts: FleetParts | null = null;
  #loading: Promise<FleetParts> | null = null;
  /** One configuration after the other. */
  #work: Promise<void> = Promise.resolve();
  #hasRead = false;
  #directoryFault: string | null = null;
  #isOpen = false;

  constructor(options: FleetNeeds) {
    this.#options = options;
  }

  /** What the admin API asks. */
  get backend(): FleetBackend {
    return this.#parts?.fleet ?? NO_FLEET_BACKEND;
  }

  /** There will be instances: what runs them is loaded in the meantime. */
  expect(): void {
    void this.#load();
  }

  /** The first configuration was read: its instances start while the workers do. Later ones wait until they run. */
  loaded({ settings: { fleet }, path }: Configuration): void {
    if (this.#hasRead) return;
    this.#hasRead = true;
    if (!isAboutInstances(fleet)) return;
    this.#then(async () => {
      const parts = await this.#load();
      await parts.follow(fleet, path);
      this.#directoryFault = await parts.directoryFault();
      if (this.#directoryFault === null) await parts.start(fleet, path);
    });
  }

  /** Why the first configuration's directory cannot be used, with the remedy: its instances were not started then. Null: it can. */
  async directoryFault(): Promise<string | null> {
    await this.#work;
    return this.#directoryFault;
  }

  /** The workers run it: what it has no more is drained and ended. */
  applied({ slots }: Running, { settings: { fleet }, path }: Configuration): void {
    if (this.#loading === null && !isAboutInstances(fleet)) return;
    this.#then(async () => {
      const isFirst = this.#parts === null;
      const parts = await this.#load();
      if (isFirst) await parts.start(fleet, path);
      await parts.applied(fleet, path, slots);
    });
  }

  endpointsOf(service: string): readonly EndpointPlan[] | null {
    return this.#parts?.fleet.endpointsOf(service) ?? null;
  }

  traits(service: string): EndpointTraits | null {
    return this.#parts?.fleet.traits(service) ?? null;
  }

  /** A worker tells that a request waits for an instance. @param row Of the service. */
  parked(row: number): void {
    this.#parts?.scaling.wakeRow(row);
  }

  /** From now on numbers are decided each second. */
  open(): void {
    this.#isOpen = true;
    this.#parts?.scaling.start();
  }

  /** Sluice is about to end: what runs then is what is needed. Who waits for an instance gets one by the deadline, or is refused. */
  async quiesce(deadlineMs: number): Promise<void> {
    const parts = this.#parts;
    if (parts === null) return;
    try {
      await parts.fleet.quiesce(deadlineMs);
    } catch (error) {
      this.#options.say('error', 'internal-error', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    void parts.scaling[Symbol.asyncDispose]();
  }

  /** Ends the instances, or leaves them where the configuration says so. */
  async stop(): Promise<void> {
    await this.#work;
    await this.#parts?.stop();
  }

  /** Ends all instances, whatever the configuration says: there will be no gateway for them. */
  async end(): Promise<void> {
    await this.#work;
    await this.#parts?.fleet.stop();
  }

  /** SIGKILL to all, now. */
  kill(): void {
    this.#parts?.fleet.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
    await this.#parts?.[Symbol.asyncDispose]();
  }

  #load(): Promise<FleetParts> {
    this.#loading ??= import('./fleet-parts.ts').then(({ FleetParts }) => {
      this.#parts = new FleetParts(this.#options);
      if (this.#isOpen) this.#parts.scaling.start();
      return this.#parts;
    });
    return this.#loading;
  }

  #then(task: () => Promise<void>): void {
    this.#work = this.#work.then(task).catch((error: unknown) => {
      this.#options.say('error', 'internal-error', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
  }
}

/** Without services there may still be instances that outlived an earlier life, and that nobody wants any more. */
function isAboutInstances({ services, isDetached }: FleetPlan): boolean {
  return services.length > 0 || isDetached;
}
