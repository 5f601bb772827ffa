/**
 * One engine as the drivers of all services share it: what runs on it and belongs to this Sluice, what is still to be removed, images that are being fetched. Whatever
 * could not be done because the engine was away is done when it is back.
 */
import type { Runtime } from '../../base/runtime.ts';
import { ContainerEngine, type EngineTraits } from '../../clients/container-engine/container-engine.ts';
import { EngineFault } from '../../clients/container-engine/engine-fault.ts';
import { EngineWatch } from '../../clients/container-engine/engine-watch.ts';
import type { ContainerRunPlan } from '../../config/fleet-plan.ts';
import { LABELS } from './container-driver-spec.ts';

/** A container that somebody waits for the end of. `container-driver-instance.ts` is it. */
export interface WatchedContainer {
  readonly handle: string;
  /** Something may have happened to it. */
  look(): Promise<void>;
  /** The kernel killed something in it for want of memory. */
  ranOutOfMemory(): void;
  /** Nobody waits any more. */
  detach(): void;
}

export class SharedEngine implements Disposable {
  readonly runtime: Runtime;
  readonly engine: ContainerEngine;
  /** False from when the engine has said that it has no init program. */
  hasInit = true;
  readonly #watch: EngineWatch;
  readonly #containers = new Map<string, WatchedContainer>();
  /** Ids of what is to be removed. */
  readonly #litter = new Set<string>();
  readonly #pulls = new Map<string, Promise<void>>();
  #traits: Promise<EngineTraits> | null = null;

  constructor(runtime: Runtime, socket: string, owner: string) {
    this.runtime = runtime;
    this.engine = new ContainerEngine(socket);
    this.#watch = new EngineWatch(runtime, this.engine, `${LABELS.owner}=${owner}`, {
      happened: (id, action) => this.#happened(id, action),
      look: () => this.#look(),
    });
  }

  /** Asked for once. @throws {EngineFault} */
  traits(): Promise<EngineTraits> {
    this.#traits ??= this.engine.traits().catch((error: unknown) => {
      this.#traits = null;
      throw error;
    });
    return this.#traits;
  }

  add(container: WatchedContainer): void {
    this.#containers.set(container.handle, container);
  }

  forget(container: WatchedContainer): void {
    this.#containers.delete(container.handle);
  }

  /** Whether it is one of those that are watched. */
  has(id: string): boolean {
    return this.#containers.has(id);
  }

  /** Brings the image as `pull` says; those who want the same at once share it. @throws {EngineFault} */
  async provide({ image, pull }: ContainerRunPlan): Promise<void> {
    if (pull !== 'always' && (await this.engine.hasImage(image))) return;
    if (pull === 'never')
      throw new EngineFault('missing', `there is no image ${image}, and run.container.pull is never: fetch it by hand, or check its name`);
    let pulling = this.#pulls.get(image);
    if (pulling === undefined) {
      pulling = this.engine.pull(image).finally(() => this.#pulls.delete(image));
      this.#pulls.set(image, pulling);
    }
    await pulling;
  }

  /** Removes a container, now or when the engine is back. */
  async remove(id: string): Promise<void> {
    try {
      await this.engine.remove(id);
    } catch {
      this.#litter.add(id);
    }
  }

  /** Nothing is watched any more; what runs goes on. */
  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    for (const container of [...this.#containers.values()]) container.detach();
  }

  #happened(id: string, action: string): void {
    const container = this.#containers.get(id);
    // Docker says `die`, Podman `died`; health checks run and say `exec_die`.
    if (action === 'oom') container?.ranOutOfMemory();
    else if (action === 'die' || action === 'died' || action === 'destroy' || action === 'remove') void container?.look();
  }

  #look(): void {
    for (const container of this.#containers.values()) void container.look();
    void this.#sweep();
  }

  async #sweep(): Promise<void> {
    for (const id of [...this.#litter]) {
      if (this.#litter.delete(id)) await this.remove(id);
    }
  }
}
