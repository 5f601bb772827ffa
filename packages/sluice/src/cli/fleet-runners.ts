/**
 * Makes the runners of the fleet's services. What processes and containers share on this machine is opened once; modules that most configurations have no use for
 * are loaded with the first service that needs them.
 */
import { type FleetPlan, type FleetServicePlan, NO_FLEET, type RunnerKind } from '../config/fleet-plan.ts';
import type { ContainerHost } from '../control/fleet/container-driver-host.ts';
import { LocalRunner } from '../control/fleet/local-runner.ts';
import { endOtherServices, ProcessDriver } from '../control/fleet/process-driver.ts';
import { ProcessHost } from '../control/fleet/process-driver-host.ts';
import type { Runner, RunnerWorld } from '../control/fleet/runner.ts';
import type { SayEvent } from '../control/say-event.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { probeReadiness } from '../io/readiness.ts';

export interface FleetRunnersOptions {
  readonly say: SayEvent;
  /** For how long the gateway keeps idle connections, in milliseconds. */
  readonly gatewayIdleMs: () => number;
}

type MakeRunner = (plan: FleetServicePlan, world: RunnerWorld) => Runner;

/** Instances are told to keep connections for longer than the gateway does, and than most configurations ever will. */
const KEEP_ALIVE_MARGIN_MS = 5_000;
const KEEP_ALIVE_MIN_MS = 65_000;

export class FleetRunners implements AsyncDisposable {
  readonly #options: FleetRunnersOptions;
  readonly #makers = new Map<RunnerKind, MakeRunner>();
  #plan: FleetPlan = NO_FLEET;
  #processes: ProcessHost | null = null;
  #containers: ContainerHost | null = null;

  constructor(options: FleetRunnersOptions) {
    this.#options = options;
  }

  /** Loads what the plan needs. @param path Of the configuration; null when it is no file. */
  async follow(plan: FleetPlan, path: string | null): Promise<void> {
    this.#plan = plan;
    for (const { run } of plan.services) {
      if (!this.#makers.has(run.runner)) this.#makers.set(run.runner, await this.#maker(run.runner, path));
    }
  }

  /** For a service of the plan that is followed. */
  make(plan: FleetServicePlan, world: RunnerWorld): Runner {
    const maker = this.#makers.get(plan.run.runner);
    if (maker === undefined) throw new Error(`the runner ${plan.run.runner} was not loaded`);
    return maker(plan, world);
  }

  /** Why the directory of the plan cannot be used, with the remedy; null where it can, or there is none. */
  async directoryFault(): Promise<string | null> {
    const { directory, isDetached } = this.#plan;
    if (directory === null || !(isDetached || this.#names('process').length > 0)) return null;
    return this.#processHost()
      .open()
      .then(
        () => null,
        (error: Error) => error.message,
      );
  }

  /** Ends what an earlier life left running of services that are gone since. */
  async endOthers(): Promise<void> {
    if (this.#plan.isDetached) await endOtherServices(this.#processHost(), this.#names());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes?.[Symbol.asyncDispose]();
    await this.#containers?.[Symbol.asyncDispose]();
  }

  async #maker(kind: RunnerKind, path: string | null): Promise<MakeRunner> {
    switch (kind) {
      case 'process':
        return (plan, world) =>
          new LocalRunner({ world, driver: new ProcessDriver(this.#processHost(), plan.service), probe: probeReadiness });
      case 'container':
        return this.#containerMaker(path);
      case 'kubernetes': {
        const { kubernetesRunner } = await import('../control/fleet/kubernetes-runner.ts');
        return (_plan, world) => kubernetesRunner(world);
      }
      case 'aws-asg': {
        const { asgRunner } = await import('../control/fleet/asg-runner.ts');
        return (_plan, world) => asgRunner(world);
      }
    }
  }

  async #containerMaker(path: string | null): Promise<MakeRunner> {
    const [{ ContainerHost }, { ContainerDriver }] = await Promise.all([
      import('../control/fleet/container-driver-host.ts'),
      import('../control/fleet/container-driver.ts'),
    ]);
    const host = (this.#containers ??= new ContainerHost({
      place: this.#plan.directory ?? path ?? process.cwd(),
      services: () => this.#names('container'),
      keepAliveMs: this.#keepAliveMs(),
      runtime: nodeRuntime,
    }));
    return (plan, world) => {
      if (plan.run.runner !== 'container') throw new Error(`${plan.service} runs no containers`);
      return new LocalRunner({ world, driver: new ContainerDriver(host, plan.service, plan.run), probe: probeReadiness });
    };
  }

  #processHost(): ProcessHost {
    const { directory, isDetached } = this.#plan;
    const { say } = this.#options;
    this.#processes ??= new ProcessHost({ directory, isDetached, keepAliveMs: this.#keepAliveMs(), runtime: nodeRuntime, say });
    return this.#processes;
  }

  #keepAliveMs(): number {
    return Math.max(KEEP_ALIVE_MIN_MS, this.#options.gatewayIdleMs() + KEEP_ALIVE_MARGIN_MS);
  }

  #names(kind?: RunnerKind): readonly string[] {
    return this.#plan.services.filter(({ run }) => kind === undefined || run.runner === kind).map(({ service }) => service);
  }
}
