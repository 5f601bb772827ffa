/**
 * Starts the instances of one service as containers of Docker or Podman, and finds those again that an earlier life of Sluice left, by their labels. One
 * per service; what they share is `container-driver-host.ts`, one container that runs is `container-driver-instance.ts`.
 *
 * A container's name is made of the instance's id and its owner, so the engine itself refuses a second one: what a start whose answer was lost has left is found by it.
 */
import { EngineFault } from '../../clients/container-engine/engine-fault.ts';
import type { ContainerState } from '../../clients/container-engine/container-state.ts';
import type { ContainerRunPlan } from '../../config/fleet-plan.ts';
import type { AddressPlan } from '../../config/plan.ts';
import type { SharedEngine } from './container-driver-engine.ts';
import { startFault } from './container-driver-fault.ts';
import type { ContainerHost } from './container-driver-host.ts';
import { ContainerInstance } from './container-driver-instance.ts';
import { containerName, containerSpec, isOnHost, LABELS, targetOf } from './container-driver-spec.ts';
import {
  DriverFault,
  type DrivenInstance,
  type FoundInstance,
  type InstanceDriver,
  type InstanceWatch,
  type StartOrder,
} from './runner.ts';

/** What an instance that nobody wants any more has to end by itself. */
const UNWANTED_STOP_SECONDS = 10;
/** How engines say that they have no program to run as a container's first. */
const NO_INIT = /docker-init|container-init|catatonit|init binary/i;

export class ContainerDriver implements InstanceDriver {
  readonly kind = 'container';
  readonly #host: ContainerHost;
  readonly #service: string;
  readonly #run: ContainerRunPlan;

  /** @param run Names the engine on which `adopt` looks. */
  constructor(host: ContainerHost, service: string, run: ContainerRunPlan) {
    this.#host = host;
    this.#service = service;
    this.#run = run;
  }

  async start(order: StartOrder, watch: InstanceWatch): Promise<DrivenInstance> {
    const { run, service } = order;
    if (run.runner !== 'container')
      throw new DriverFault(`service "${service}": only containers are started here, got runner ${run.runner}`, 'never');
    try {
      const shared = await this.#host.engine(run.engine);
      await shared.provide(run);
      const port = isOnHost(run) ? await this.#host.ports.take(service, '127.0.0.1') : run.port;
      try {
        return await this.#startAt(port, order, { run, shared, watch });
      } catch (error) {
        this.#giveBack(run, port);
        throw error;
      }
    } catch (error) {
      throw startFault(service, error);
    }
  }

  async adopt(watch: (found: FoundInstance) => InstanceWatch | null): Promise<readonly DrivenInstance[]> {
    try {
      const shared = await this.#host.engine(this.#run.engine);
      const states = await this.#find(shared);
      // Nothing can fail from here on: whoever was asked for a watch has an instance.
      return states.flatMap((state) => this.#adoptOne(state, shared, watch) ?? []);
    } catch (error) {
      const fault = startFault(this.#service, error);
      // Then there is nothing to be found, and the first start says why.
      if (fault.retry === 'never') return [];
      throw fault;
    }
  }

  /** Instances that still run are left to whoever has them. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async #startAt(
    port: number,
    order: StartOrder,
    { run, shared, watch }: { readonly run: ContainerRunPlan; readonly shared: SharedEngine; readonly watch: InstanceWatch },
  ): Promise<DrivenInstance> {
    const name = containerName(order.id, this.#host.owner);
    const state = await this.#create(name, port, { order, run, shared });
    const target = targetOf(state);
    if (target === null && !state.hasEnded) {
      await shared.remove(state.id);
      throw new DriverFault(`service "${order.service}": ${noTarget(run)}`, 'never');
    }
    const { id, version } = order;
    const released = (): void => this.#giveBack(run, port);
    // What ended at once has lost its address; nothing is ever sent to it.
    const parts = { id, version, target: target ?? NOWHERE, state, shared, watch, isAdopted: false, released };
    const instance = new ContainerInstance(parts);
    // An end from before it was watched has been told to nobody.
    if (state.hasEnded) await instance.look();
    else void instance.look();
    return instance;
  }

  /** Creates and starts it. @returns What it is now. */
  async #create(
    name: string,
    port: number,
    { order, run, shared }: { readonly order: StartOrder; readonly run: ContainerRunPlan; readonly shared: SharedEngine },
  ): Promise<ContainerState> {
    const { owner, keepAliveMs } = this.#host;
    const { engine } = shared;
    const { hasInit } = shared;
    const spec = containerSpec({ order, run, owner, port, keepAliveMs, hasInit, traits: await shared.traits() });
    let id: string | null = null;
    try {
      id = await this.#createNamed(name, spec, shared);
      await engine.start(id);
      const state = await engine.inspect(id);
      if (state === null) throw new EngineFault('away', `its container was removed while it started`);
      return state;
    } catch (error) {
      // One whose id was never heard was not started; the next that has the name finds it.
      if (id !== null) await shared.remove(id);
      if (!hasInit || !NO_INIT.test((error as Error).message)) throw error;
      shared.hasInit = false;
      return await this.#create(name, port, { order, run, shared });
    }
  }

  /** A container of ours that has the name is what is left of an earlier start. */
  async #createNamed(name: string, spec: object, { engine }: SharedEngine): Promise<string> {
    try {
      return await engine.create(name, spec);
    } catch (error) {
      if (!isNameTaken(error)) throw error;
      const holder = await engine.inspect(name);
      if (holder !== null && holder.labels[LABELS.owner] !== this.#host.owner) {
        throw new EngineFault('refused', `a container that is none of this Sluice's has the name ${name}: remove or rename it`);
      }
      if (holder !== null) await engine.remove(holder.id);
      return await engine.create(name, spec);
    }
  }

  /** All containers of the service that an earlier life left; those that have ended, and those of services that are no more, are cleared away. */
  async #find(shared: SharedEngine): Promise<readonly ContainerState[]> {
    const { engine } = shared;
    await shared.traits();
    const ids = await engine.list([`${LABELS.owner}=${this.#host.owner}`]);
    const states = await Promise.all(ids.filter((id) => !shared.has(id)).map((id) => engine.inspect(id)));
    const found: ContainerState[] = [];
    for (const state of states) {
      if (state === null) continue;
      const service = state.labels[LABELS.service] ?? '';
      if (service === this.#service) found.push(state);
      else if (!this.#host.services.includes(service)) void endUnwanted(state, shared);
    }
    return found;
  }

  #adoptOne(state: ContainerState, shared: SharedEngine, watch: (found: FoundInstance) => InstanceWatch | null): ContainerInstance | null {
    const { [LABELS.instance]: id = '', [LABELS.version]: version = '', [LABELS.reach]: reach } = state.labels;
    const target = targetOf(state);
    const wanted = state.isRunning && target !== null ? watch({ id, version }) : null;
    if (wanted === null || target === null) {
      void endUnwanted(state, shared);
      return null;
    }
    const port = target.kind === 'tcp' && reach === 'host' ? target.port : null;
    if (port !== null) this.#host.ports.reserve(port);
    const released = (): void => {
      if (port !== null) this.#host.ports.giveBack(port);
    };
    const instance = new ContainerInstance({ id, version, target, state, shared, watch: wanted, isAdopted: true, released });
    void instance.look();
    return instance;
  }

  #giveBack(run: ContainerRunPlan, port: number): void {
    if (isOnHost(run)) this.#host.ports.giveBack(port);
  }
}

const NOWHERE: AddressPlan = { kind: 'tcp', host: '127.0.0.1', port: 0 };

function isNameTaken(error: unknown): boolean {
  if (!(error instanceof EngineFault)) return false;
  // Podman answers 500.
  return error.kind === 'conflict' || /name .*(already in use|is in use)/i.test(error.message);
}

async function endUnwanted({ id, isRunning }: ContainerState, shared: SharedEngine): Promise<void> {
  if (isRunning) await shared.engine.stop(id, UNWANTED_STOP_SECONDS).catch(() => {});
  await shared.remove(id);
}

function noTarget({ reach, network }: ContainerRunPlan): string {
  const where = network === null ? 'its network' : `network "${network}"`;
  return reach === 'published'
    ? `the engine has published no port of its container in ${where}: choose another network, or reach: address`
    : `its container has no address in ${where}: choose another network, or reach: published (a rootless engine gives no addresses)`;
}
