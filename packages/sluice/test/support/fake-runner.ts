/** A runner without instances: they start, get ready and end on manual time, and do what the test says. */
import { timestamp } from '../../src/base/time.ts';
import type { FleetServicePlan, ResourcesPlan } from '../../src/config/fleet-plan.ts';
import type { EndpointPlan } from '../../src/config/plan.ts';
import type { InstanceView } from '../../src/core/fleet/instance-view.ts';
import type { Runner, RunnerWorld, Version } from '../../src/control/fleet/runner.ts';

export class FakeRunner implements Runner {
  readonly kind: Runner['kind'];
  hasVersions = true;
  /** From start to ready; null: never. By version, else `''`. */
  readonly startMs: Map<string, number | null> = new Map([['', 300]]);
  /** Found by `adopt`, where their version is among those asked for. */
  found: readonly { readonly version: string; readonly count: number }[] = [];
  readonly adopted: string[][] = [];
  readonly added: Version[] = [];
  readonly removed: { readonly id: string; readonly reason: string }[] = [];
  readonly resources: ResourcesPlan[] = [];
  readonly updates: FleetServicePlan[] = [];
  readonly ends: string[] = [];
  readonly world: RunnerWorld;
  /** While it is not null, `adopt` goes on. */
  blindness: string | null = null;
  /** Nothing is started meanwhile; what was asked for is remembered. */
  isEngineAway = false;
  #instances: InstanceView[] = [];
  #ids = 0;

  constructor(plan: FleetServicePlan, world: RunnerWorld) {
    this.kind = plan.run.runner;
    this.world = world;
  }

  instances(): readonly InstanceView[] {
    return [...this.#instances];
  }

  /** Of a version, ready. */
  ready(version?: string): readonly InstanceView[] {
    return this.#instances.filter((view) => view.phase === 'ready' && (version ?? view.version) === view.version);
  }

  endpoints(): readonly EndpointPlan[] {
    return this.#instances.flatMap(({ phase, address, version }) => {
      if (address === null || (phase !== 'ready' && phase !== 'draining')) return [];
      const target = { kind: 'unix', path: address.slice('unix:'.length) } as const;
      return [{ address, target, weight: 1, priority: 0, requestsMax: 0, version }];
    });
  }

  adopt(versions: readonly Version[]): Promise<void> {
    this.adopted.push(versions.map(({ name }) => name));
    for (const { version, count } of this.found) {
      if (this.hasVersions && !versions.some(({ name }) => name === version)) continue;
      for (let made = 0; made < count; made++) this.set(this.#create(version), { phase: 'ready' });
    }
    return this.blindness === null ? Promise.resolve() : new Promise(() => {});
  }

  add(version: Version, count: number): void {
    for (let made = 0; made < count; made++) {
      this.added.push(version);
      const id = this.#create(version.name);
      const startMs = this.startMs.get(version.name) ?? this.startMs.get('')!;
      if (this.startMs.get(version.name) === null) continue;
      this.world.runtime.timers.after(startMs, () => {
        if (this.view(id)?.phase === 'starting' && !this.isEngineAway) this.set(id, { phase: 'ready' });
      });
    }
  }

  remove(ids: readonly string[], reason: string): void {
    for (const id of ids) {
      const view = this.view(id);
      if (view === undefined || view.phase === 'draining') continue;
      this.removed.push({ id, reason });
      this.set(id, { phase: 'draining' });
      void this.world.drain(view.address ?? '', this.world.service.run.drainTimeoutMs).then(() => this.gone(id));
    }
  }

  setResources(resources: ResourcesPlan): void {
    this.resources.push(resources);
  }

  update(service: FleetServicePlan): void {
    this.updates.push(service);
  }

  protect(id: string, isProtected: boolean): boolean {
    if (this.view(id) === undefined) return false;
    this.#change(id, { isProtected });
    return true;
  }

  detach(): Promise<void> {
    this.ends.push('detach');
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.ends.push('stop');
    this.#instances = [];
    return Promise.resolve();
  }

  kill(): void {
    this.ends.push('kill');
    this.#instances = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  view(id: string): InstanceView | undefined {
    return this.#instances.find((view) => view.id === id);
  }

  /** Another phase or trouble, as the platform would show it. */
  set(id: string, changes: Partial<InstanceView>): void {
    this.#change(id, { since: this.world.runtime.clock.now(), ...changes });
    void this.world.changed();
  }

  /** It is no more. */
  gone(id: string): void {
    this.#instances = this.#instances.filter((view) => view.id !== id);
    void this.world.changed();
    this.world.noticed();
  }

  #change(id: string, changes: Partial<InstanceView>): void {
    this.#instances = this.#instances.map((view) => (view.id === id ? { ...view, ...changes } : view));
    this.world.noticed();
  }

  #create(version: string): string {
    const id = `${this.world.service.service}.${++this.#ids}`;
    const { clock } = this.world.runtime;
    const view: InstanceView = {
      id,
      version,
      phase: 'starting',
      since: clock.now(),
      startedAt: timestamp(clock.wall()),
      address: `unix:/${id}`,
      handle: String(1_000 + this.#ids),
      restarts: 0,
      isProtected: false,
      trouble: null,
      cpu: null,
      memoryBytes: null,
    };
    this.#instances.push(view);
    this.world.noticed();
    return id;
  }
}
