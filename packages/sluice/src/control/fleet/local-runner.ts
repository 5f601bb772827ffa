/**
 * The runner of processes and containers: instances of one service on this machine, started one by one through an `InstanceDriver`. Each lives by
 * itself (`local-instance.ts`); here are their names, what they share, and what people are told once instead of once each.
 *
 * Cost: one probe per instance each `ready.intervalMs` and one reading of its usage each 2 s where its service is scaled by that, else
 * each 10 s (`turns.ts` has figures).
 */
import type { FleetServicePlan, ResourcesPlan, RunPlan } from '../../config/fleet-plan.ts';
import type { EndpointPlan } from '../../config/plan.ts';
import { backoffDelay } from '../../core/fleet/backoff.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';
import type { ProbeReadiness } from '../../io/readiness.ts';
import { LocalInstance, type LocalInstanceWorld } from './local-instance.ts';
import {
  type DrivenInstance,
  DriverFault,
  type FoundInstance,
  type InstanceDriver,
  type InstanceWatch,
  type Runner,
  type RunnerWorld,
  type Version,
} from './runner.ts';
import { usageEveryMs } from './usage-meter.ts';

const LOOK_REMEDY = 'see that the engine runs and that Sluice may use it; it is tried again until then';

export interface LocalRunnerOptions {
  readonly world: RunnerWorld;
  /** For this service alone; disposed of with the runner. */
  readonly driver: InstanceDriver;
  readonly probe: ProbeReadiness;
}

export class LocalRunner implements Runner {
  readonly kind: 'process' | 'container';
  readonly hasVersions = true;
  readonly #world: RunnerWorld;
  readonly #driver: InstanceDriver;
  readonly #instanceWorld: LocalInstanceWorld;
  /** By id, oldest first. */
  readonly #instances = new Map<string, LocalInstance>();
  #service: FleetServicePlan;
  #resources: ResourcesPlan | null = null;
  /** Number of the youngest instance. */
  #youngest = 0;
  #stage: 'new' | 'looking' | 'open' | 'ending' | 'over' = 'new';
  /** Asked for before what is there was known. */
  #wanted: (readonly [version: Version, count: number])[] = [];
  #emptied: (() => void)[] = [];
  #looking: Promise<void> = Promise.resolve();
  #endLook: () => void = () => {};
  #hasStarted = false;
  #isEngineAway = false;
  #refusal: string | null = null;
  #blindness: string | null = null;
  #disposal: Promise<void> | null = null;

  constructor({ world, driver, probe }: LocalRunnerOptions) {
    this.kind = driver.kind;
    this.#world = world;
    this.#driver = driver;
    this.#service = world.service;
    this.#instanceWorld = {
      runtime: world.runtime,
      driver,
      probe,
      service: world.service.service,
      changed: world.changed,
      noticed: world.noticed,
      drain: world.drain,
      line: world.line,
      say: (level, what, detail) => this.#say(level, what, detail),
      runOf: (version) => this.#runOf(version),
      usageEveryMs: () => usageEveryMs(this.#service.replicas),
      started: () => this.#started(),
      startFailed: (fault) => this.#startFailed(fault),
      gone: (instance) => this.#gone(instance),
    };
  }

  get blindness(): string | null {
    return this.#blindness;
  }

  instances(): readonly InstanceView[] {
    return Array.from(this.#instances.values(), (instance) => instance.view());
  }

  endpoints(): readonly EndpointPlan[] {
    const { concurrencyMax } = this.#service.replicas;
    const endpoints: EndpointPlan[] = [];
    for (const instance of this.#instances.values()) {
      const endpoint = instance.endpoint(concurrencyMax);
      if (endpoint !== null) endpoints.push(endpoint);
    }
    return endpoints;
  }

  async adopt(versions: readonly Version[]): Promise<void> {
    if (this.#stage !== 'new') return;
    this.#stage = 'looking';
    this.#looking = this.#lookUntilSeen(versions);
    await this.#looking;
    if (!this.#isLooking) return;
    this.#stage = 'open';
    for (const [version, count] of this.#wanted.splice(0)) this.add(version, count);
  }

  add(version: Version, count: number): void {
    // What is there may have these names.
    if (this.#isLooking) return void this.#wanted.push([version, count]);
    if (this.#stage === 'ending' || this.#stage === 'over') return;
    for (let added = 0; added < count; added++) {
      this.#create(`${this.#service.service}.${this.#youngest + 1}`, version).dispatch({ type: 'start' });
    }
  }

  remove(ids: readonly string[], reason: string): void {
    for (const id of ids) this.#instances.get(id)?.dispatch({ type: 'drain', reason });
  }

  setResources(resources: ResourcesPlan): void {
    this.#resources = resources;
    for (const instance of this.#instances.values()) void this.#give(instance, resources);
  }

  update(service: FleetServicePlan): void {
    const isBounded = service.replicas.concurrencyMax !== this.#service.replicas.concurrencyMax;
    this.#service = service;
    for (const instance of this.#instances.values()) instance.update(service.run);
    if (isBounded && this.#instances.size > 0) void this.#world.changed();
  }

  protect(id: string, isProtected: boolean): boolean {
    const instance = this.#instances.get(id);
    if (instance === undefined) return false;
    instance.isProtected = isProtected;
    this.#world.noticed();
    return true;
  }

  async detach(): Promise<void> {
    if (this.#stage === 'over') return;
    this.#end('over');
    await this.#looking;
    await Promise.all(Array.from(this.#instances.values(), (instance) => instance.detach()));
    this.#instances.clear();
    await this.#dispose();
  }

  async stop(): Promise<void> {
    if (this.#stage === 'over') return;
    this.#end('ending');
    await this.#looking;
    for (const instance of [...this.#instances.values()]) instance.dispatch({ type: 'stop' });
    if (this.#instances.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  kill(): void {
    if (this.#stage === 'over') return;
    this.#end('ending');
    for (const instance of [...this.#instances.values()]) instance.dispatch({ type: 'kill' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#stage = 'over';
    await this.#dispose();
  }

  get #isLooking(): boolean {
    return this.#stage === 'looking';
  }

  async #lookUntilSeen(versions: readonly Version[]): Promise<void> {
    for (let failures = 1; this.#isLooking && !(await this.#look(versions)); failures++) await this.#pause(failures);
  }

  /** Looks once for what an earlier life left. @returns Whether it could. */
  async #look(versions: readonly Version[]): Promise<boolean> {
    const found = await this.#driver.adopt((instance) => this.#claim(instance, versions)).catch((error: Error) => error);
    if (found instanceof Error) {
      this.#say('warn', 'engine-away', { service: this.#service.service, reason: `cannot look for instances: ${found.message}` });
      this.#forgetClaims();
      this.#blindness = `its instances cannot be looked for: ${found.message}${isHopeless(found) ? '' : `; ${LOOK_REMEDY}`}`;
      // Another Sluice has the directory, say: nothing can be started either.
      if (found instanceof DriverFault) this.#startFailed(found);
      return false;
    }
    this.#blindness = null;
    const driven = new Map(found.map((instance) => [instance.id, instance]));
    // Gone between its being found and now: another takes its place when the fleet counts.
    for (const [id, instance] of this.#instances) if (!driven.has(id)) instance.dispatch({ type: 'stop' });
    await Promise.all(found.map((instance) => this.#adoptOne(instance)));
    this.#sort();
    this.#hasStarted ||= found.length > 0;
    this.#isEngineAway = false;
    return true;
  }

  /** Oldest first, in whatever order they were found. */
  #sort(): void {
    const sorted = [...this.#instances].toSorted(([a], [b]) => (this.#numberOf(a) ?? 0) - (this.#numberOf(b) ?? 0));
    this.#instances.clear();
    for (const [id, instance] of sorted) this.#instances.set(id, instance);
  }

  async #adoptOne(driven: DrivenInstance): Promise<void> {
    const instance = this.#instances.get(driven.id);
    // Killed while it was being looked for.
    if (instance === undefined) return driven.signal('SIGKILL');
    await instance.adopt(driven);
  }

  /** An instance that was found is ours when its version and its name are. */
  #claim({ id, version }: FoundInstance, versions: readonly Version[]): InstanceWatch | null {
    const known = versions.find(({ name }) => name === version);
    // The name of one that is ended now is not free yet.
    this.#youngest = Math.max(this.#youngest, this.#numberOf(id) ?? 0);
    if (known === undefined || this.#numberOf(id) === null || this.#instances.has(id)) return null;
    return this.#create(id, known).watchFound();
  }

  #forgetClaims(): void {
    for (const instance of [...this.#instances.values()]) instance.dispatch({ type: 'stop' });
  }

  #pause(failures: number): Promise<void> {
    if (!this.#isLooking) return Promise.resolve();
    const { runtime } = this.#world;
    const { baseMs, maxMs } = this.#service.run.restart;
    return new Promise((resolve) => {
      const cancel = runtime.timers.after(backoffDelay({ baseMs, maxMs, jitter: 0.5 }, failures, runtime.random), resolve);
      this.#endLook = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The N of `service.N`; null when it is none. */
  #numberOf(id: string): number | null {
    const prefix = `${this.#service.service}.`;
    const text = id.slice(prefix.length);
    return id.startsWith(prefix) && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
  }

  #create(id: string, version: Version): LocalInstance {
    const instance = new LocalInstance(id, version, this.#instanceWorld);
    this.#instances.set(id, instance);
    this.#youngest = Math.max(this.#youngest, this.#numberOf(id) ?? 0);
    return instance;
  }

  #gone(instance: LocalInstance): void {
    this.#instances.delete(instance.id);
    if (this.#instances.size > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #end(stage: 'ending' | 'over'): void {
    this.#stage = stage;
    this.#wanted = [];
    this.#endLook();
  }

  #dispose(): Promise<void> {
    return (this.#disposal ??= Promise.resolve(this.#driver[Symbol.asyncDispose]()));
  }

  #runOf({ run }: Version): RunPlan {
    return this.#resources !== null && 'resources' in run ? { ...run, resources: this.#resources } : run;
  }

  /** The platform's refusal is the same for all: it is said once. */
  async #give(instance: LocalInstance, resources: ResourcesPlan): Promise<void> {
    const refusal = await instance.setResources(resources).catch((error: Error) => error.message);
    if (refusal === null || refusal === this.#refusal) return;
    this.#refusal = refusal;
    this.#world.say('warn', 'resources-refused', { service: this.#service.service, reason: refusal });
  }

  #started(): void {
    this.#hasStarted = true;
    if (!this.#isEngineAway) return;
    this.#isEngineAway = false;
    this.#world.say('info', 'engine-back', { service: this.#service.service, reason: 'instances can be started again' });
  }

  #startFailed({ retry, message }: DriverFault): void {
    if (retry === 'later' || this.#hasStarted) return;
    this.#hasStarted = true; // said once
    this.#world.unstartable(message);
  }

  /** All instances wait for the same engine: it is said once. */
  readonly #say: RunnerWorld['say'] = (level, what, detail) => {
    if (what === 'engine-away' && this.#isEngineAway) return;
    this.#isEngineAway ||= what === 'engine-away';
    this.#world.say(level, what, detail);
  };
}

/** Such a fault brings its own remedy. */
function isHopeless(fault: Error): boolean {
  return fault instanceof DriverFault && fault.retry === 'never';
}
