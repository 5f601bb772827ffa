/**
 * A driver whose instances are HTTP servers of this process, on a platform that outlives it: it can be away, instances can be killed, and a second
 * driver over the same platform finds what the first one left.
 */
import type { AddressPlan } from '../../src/config/plan.ts';
import type { ResourcesPlan } from '../../src/config/fleet-plan.ts';
import {
  DriverFault,
  type DrivenInstance,
  type FoundInstance,
  type InstanceDriver,
  type InstanceEnd,
  type InstanceWatch,
  type StartOrder,
} from '../../src/control/fleet/runner.ts';
import { startInstance, type Instance } from './instances.ts';

interface FakeInstance {
  readonly order: StartOrder;
  readonly handle: string;
  readonly server: Instance;
  readonly signals: string[];
  watch: InstanceWatch | null;
  isDetached: boolean;
  hasEnded: boolean;
}

/** What goes on beyond the drivers. */
export class FakePlatform implements AsyncDisposable {
  /** By handle; what runs. */
  readonly running = new Map<string, FakeInstance>();
  readonly orders: StartOrder[] = [];
  /** What the next starts end with; undefined: they work. */
  fault: DriverFault | undefined;
  ignoresSigterm = false;
  /** What `setResources` answers. */
  refusal: string | null = null;
  readonly resources: ResourcesPlan[] = [];
  #count = 0;

  away(): void {
    this.fault = new DriverFault('connect ENOENT /run/fake-engine.sock', 'later');
  }

  back(): void {
    this.fault = undefined;
  }

  handles(): readonly string[] {
    return [...this.running.keys()];
  }

  async start(order: StartOrder, watch: InstanceWatch): Promise<FakeInstance> {
    this.orders.push(order);
    if (this.fault !== undefined) throw this.fault;
    const server = await startInstance(order.id);
    const handle = `fake-${++this.#count}`;
    const instance: FakeInstance = { order, handle, server, signals: [], watch, isDetached: false, hasEnded: false };
    this.running.set(handle, instance);
    return instance;
  }

  /** Ends one, as by kill -9. */
  async end(handle: string, end: InstanceEnd = { reason: 'signal SIGKILL', isOutOfMemory: false }): Promise<void> {
    const instance = this.running.get(handle);
    if (instance === undefined || instance.hasEnded) return;
    instance.hasEnded = true;
    await instance.server[Symbol.asyncDispose]();
    this.running.delete(handle);
    instance.watch?.exited(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.handles().map((handle) => this.end(handle)));
  }
}

export class FakeDriver implements InstanceDriver {
  readonly kind = 'process';
  readonly #platform: FakePlatform;

  constructor(platform: FakePlatform) {
    this.#platform = platform;
  }

  async start(order: StartOrder, watch: InstanceWatch): Promise<DrivenInstance> {
    return this.#driven(await this.#platform.start(order, watch));
  }

  async adopt(watch: (found: FoundInstance) => InstanceWatch | null): Promise<readonly DrivenInstance[]> {
    if (this.#platform.fault !== undefined) throw this.#platform.fault;
    const adopted: DrivenInstance[] = [];
    for (const instance of this.#platform.running.values()) {
      const { id, version } = instance.order;
      instance.watch = watch({ id, version });
      instance.isDetached = false;
      if (instance.watch === null) await this.#platform.end(instance.handle);
      else adopted.push(this.#driven(instance));
    }
    return adopted;
  }

  /** What was not left running ends with its driver. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle, isDetached } of [...this.#platform.running.values()]) if (!isDetached) await this.#platform.end(handle);
  }

  #driven(instance: FakeInstance): DrivenInstance {
    const platform = this.#platform;
    const { order, handle, server, signals } = instance;
    const target: AddressPlan = { kind: 'tcp', host: '127.0.0.1', port: server.port };
    return {
      id: order.id,
      version: order.version,
      target,
      handle,
      startedAtMs: Date.now(),
      signal: (signal) => {
        signals.push(signal);
        if (signal === 'SIGTERM' && platform.ignoresSigterm) return;
        void platform.end(handle, { reason: `signal ${signal}`, isOutOfMemory: false });
      },
      setResources: (resources) => {
        platform.resources.push(resources);
        return Promise.resolve(platform.refusal);
      },
      usage: () => Promise.resolve({ cpuSeconds: 0, memoryBytes: 1024 }),
      detach: () => {
        instance.isDetached = true;
        instance.watch = null;
      },
    };
  }
}
