/** One driver over a real engine, for a test that looks closer than the runner's contract does: what it was told of each instance is kept. */
import type { ContainerRunPlan } from '../../src/config/fleet-plan.ts';
import { ContainerDriver } from '../../src/control/fleet/container-driver.ts';
import type { ContainerHost } from '../../src/control/fleet/container-driver-host.ts';
import type { DrivenInstance, InstanceEnd, InstanceWatch } from '../../src/control/fleet/runner.ts';
import type { TestEngine } from './container-engine.ts';
import { containerHost, containerRun } from './container-fixture.ts';
import { eventually } from './waiting.ts';

/** What an instance's watch heard. */
export class Heard implements InstanceWatch {
  readonly ends: InstanceEnd[] = [];
  readonly lines: string[] = [];

  exited(end: InstanceEnd): void {
    this.ends.push(end);
  }

  line(stream: 'stdout' | 'stderr', text: string): void {
    this.lines.push(stream === 'stdout' ? text : `! ${text}`);
  }

  async end(): Promise<InstanceEnd> {
    await eventually(15_000, 'its end is told', () => this.ends.length > 0);
    return this.ends[0]!;
  }
}

export class ContainerStage implements AsyncDisposable {
  readonly host: ContainerHost;
  readonly driver: ContainerDriver;
  readonly #engine: TestEngine;
  readonly #run: ContainerRunPlan;

  constructor(engine: TestEngine, run: Partial<ContainerRunPlan> = {}, host: ContainerHost = containerHost()) {
    this.#engine = engine;
    this.#run = containerRun(engine, run);
    this.host = host;
    this.driver = new ContainerDriver(host, 'web', this.#run);
  }

  async start(
    id = 'web.1',
    heard: Heard = new Heard(),
    version = 'v1',
  ): Promise<{ readonly driven: DrivenInstance; readonly heard: Heard }> {
    const driven = await this.driver.start({ service: 'web', id, version, run: this.#run }, heard);
    return { driven, heard };
  }

  /** The end of this life of Sluice, by kill -9: nothing is done, and its names are free. */
  async die(): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    await this.#engine.clear();
  }
}
