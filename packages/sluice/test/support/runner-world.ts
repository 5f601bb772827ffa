/** The world of a runner under its contract: remembers what it was told, and lets the test decide when a drain is over. */
import type { Runtime } from '../../src/base/runtime.ts';
import type { FleetServicePlan } from '../../src/config/fleet-plan.ts';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import type { SayEvent } from '../../src/control/say-event.ts';
import type { Runner, RunnerWorld } from '../../src/control/fleet/runner.ts';

/** A drain that the runner asked for. */
interface AskedDrain {
  readonly address: string;
  readonly deadlineMs: number;
  /** Ends it: so much is still in flight. */
  readonly done: (inflight: number) => void;
}

/** For what tells nobody, such as the platform itself. */
const LOOK_EVERY_MS = 20;

export class ContractWorld implements RunnerWorld {
  readonly runtime: Runtime = nodeRuntime;
  readonly service: FleetServicePlan;
  /** The addresses of `endpoints()` at each `changed()`. */
  readonly changes: (readonly string[])[] = [];
  readonly drains: AskedDrain[] = [];
  /** `what` of the events. */
  readonly said: string[] = [];
  readonly hopeless: string[] = [];
  readonly #stepMs: number;
  #holdsDrains = false;
  #runner: Runner | null = null;
  #waiting: (() => void)[] = [];

  constructor(service: FleetServicePlan, stepMs: number) {
    this.service = service;
    this.#stepMs = stepMs;
  }

  readonly say: SayEvent = (_level, what) => {
    this.said.push(what);
    this.#wake();
  };

  readonly changed = (): Promise<void> => {
    this.changes.push(this.#runner?.endpoints().map(({ address }) => address) ?? []);
    this.#wake();
    return Promise.resolve();
  };

  readonly noticed = (): void => this.#wake();
  readonly line = (): void => {};
  readonly unstartable = (reason: string): void => void this.hopeless.push(reason);

  readonly drain = (address: string, deadlineMs: number): Promise<number> =>
    new Promise((resolve) => {
      this.drains.push({ address, deadlineMs, done: resolve });
      if (!this.#holdsDrains) resolve(0);
      this.#wake();
    });

  /** Whose endpoints `changes` shows. */
  watch(runner: Runner): void {
    this.#runner = runner;
  }

  /** From now on a drain ends when the test says so. */
  holdDrains(): void {
    this.#holdsDrains = true;
  }

  /** Waits, one step at most, until it holds; looks whenever the runner said something. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + this.#stepMs;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not within ${this.#stepMs} ms: ${what}; there is: ${this.#picture()}`);
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #picture(): string {
    const instances = this.#runner?.instances().map(({ id, phase, trouble }) => `${id} ${phase} ${trouble?.detail ?? ''}`) ?? [];
    return `[${instances.join(', ')}], said [${this.said.join(', ')}]`;
  }
}
