/**
 * The fleet and its scaling, put together: runners, and what both need of the rest of the control plane. Nothing here decides anything. Loaded with the first service
 * whose instances Sluice runs (`fleet-plane.ts`).
 */
import { dirname, join } from 'node:path';
import { FLEET_DIRECTORY, type FleetPlan, NO_FLEET } from '../config/fleet-plan.ts';
import type { Plan } from '../config/plan.ts';
import type { SlotMap } from '../config/slot-map.ts';
import { Fleet } from '../control/fleet/fleet.ts';
import type { SayEvent } from '../control/say-event.ts';
import { signalAsker } from '../control/scaling/ask-signal.ts';
import { ScalingLoop } from '../control/scaling/scaling-loop.ts';
import { loadLastBegin } from '../io/cron.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { SignalProcess } from '../io/signal-process.ts';
import { printInstanceLine } from './console.ts';
import { type FleetNeeds, figuresOf } from './fleet-figures.ts';
import { FleetRunners } from './fleet-runners.ts';
import { leftInstances, leftSentence } from './left-instances.ts';

export class FleetParts {
  readonly fleet: Fleet;
  readonly scaling: ScalingLoop;
  readonly #functions = new SignalProcess();
  readonly #runners: FleetRunners;
  readonly #say: SayEvent;
  #plan: FleetPlan = NO_FLEET;

  constructor(options: FleetNeeds) {
    const { table, board, say, rebalance, changed, unstartable } = options;
    this.#say = say;
    this.#runners = new FleetRunners({ say, gatewayIdleMs: () => longestIdleMs(options.running()?.plan ?? null) });
    this.scaling = new ScalingLoop({
      runtime: nodeRuntime,
      table,
      board,
      say,
      fleet: () => this.#plan,
      ask: signalAsker(this.#functions),
      cron: loadLastBegin,
      rebalance,
    });
    this.fleet = new Fleet({
      runtime: nodeRuntime,
      say,
      makeRunner: (plan, world) => this.#runners.make(plan, world),
      changed,
      asked: (service) => this.scaling.wake(service),
      decisions: (service, limit, isChanges) => this.scaling.decisions(service, limit, isChanges),
      line: (_service, instance, stream, line) => printInstanceLine(instance, stream, line),
      unstartable,
      ...figuresOf(options),
    });
  }

  /** Gets ready for what this configuration has. @param path Of its file. */
  async follow(plan: FleetPlan, path: string | null): Promise<void> {
    await this.#runners.follow(plan, path);
    // Endpoints come and go with every instance; functions are read anew only with the configuration.
    if (plan !== this.#plan) this.#functions.follow(path);
    this.#plan = plan;
    this.fleet.follow(plan);
  }

  /** Why the directory that is followed cannot be used, with the remedy; null where it can, or there is none. */
  directoryFault(): Promise<string | null> {
    return this.#runners.directoryFault();
  }

  /** Starts what this configuration has before the workers run it. @param path Of its file. */
  async start(plan: FleetPlan, path: string | null): Promise<void> {
    await this.follow(plan, path);
    void this.#begin(path);
  }

  /** The workers run it: what it has no more is drained and ended. */
  async applied(plan: FleetPlan, path: string | null, slots: SlotMap): Promise<void> {
    await this.follow(plan, path);
    void this.scaling.follow(this.fleet.services(), slots);
  }

  /** Ends the instances, or leaves them where the configuration says so. */
  async stop(): Promise<void> {
    if (this.#plan.isDetached) await this.fleet.detach();
    else await this.fleet.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scaling[Symbol.asyncDispose]();
    this.#functions.follow(null);
    await this.#runners[Symbol.asyncDispose]();
  }

  /** Looking for what an earlier life left may take as long as an engine is away. */
  async #begin(path: string | null): Promise<void> {
    try {
      const isLeft = this.#warnOfLeft(path);
      await this.fleet.start();
      await this.#runners.endOthers();
      await isLeft;
    } catch (error) {
      this.#say('error', 'fleet-not-started', { reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** A detached Sluice left instances in the usual place, and nobody finds them there now. */
  async #warnOfLeft(path: string | null): Promise<void> {
    const { directory, services } = this.#plan;
    if (directory !== null || !services.some(({ run }) => run.runner === 'process')) return;
    const usual = usualDirectory(path);
    const left = await leftInstances(usual);
    if (left.length > 0) this.#say('warn', 'instances-left', { reason: leftSentence(left, usual) });
  }
}

/** Where a detached Sluice remembers its instances unless told otherwise. */
function usualDirectory(path: string | null): string {
  return join(path === null ? process.cwd() : dirname(path), FLEET_DIRECTORY);
}

/** How long the gateway keeps idle connections at most. */
function longestIdleMs(plan: Plan | null): number {
  return Math.max(0, ...(plan?.services ?? []).map(({ pool }) => pool.idleTimeoutMs));
}
