/** Puts the fleet and its scaling together: runners, and what both need of the rest of the control plane. Nothing here decides anything. */
import { BUCKET_COUNT } from '../base/histogram.ts';
import { type FleetPlan, type FleetServicePlan, NO_FLEET } from '../config/fleet-plan.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { VersionFigures } from '../core/fleet/rollout.ts';
import type { Running } from '../control/apply/applier.ts';
import { Fleet } from '../control/fleet/fleet.ts';
import type { FleetWorld } from '../control/fleet/fleet-world.ts';
import { asgRunner } from '../control/fleet/asg-runner.ts';
import { kubernetesRunner } from '../control/fleet/kubernetes-runner.ts';
import { LocalRunner } from '../control/fleet/local-runner.ts';
import { ProcessDriver } from '../control/fleet/process-driver.ts';
import { ProcessHost } from '../control/fleet/process-driver-host.ts';
import type { Runner, RunnerWorld } from '../control/fleet/runner.ts';
import type { HealthMonitor } from '../control/health/health-monitor.ts';
import { signalAsker } from '../control/scaling/ask-signal.ts';
import { ScalingLoop, type ScalingLoopOptions } from '../control/scaling/scaling-loop.ts';
import type { SayEvent } from '../control/say-event.ts';
import { loadLastBegin } from '../io/cron.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { probeReadiness } from '../io/readiness.ts';
import { SignalProcess } from '../io/signal-process.ts';
import type { MetricBoard } from '../observe/metric-board.ts';
import { BUCKETS, CUT, ROW_LENGTH, STATUS_CLASSES } from '../observe/metric-layout.ts';
import { printInstanceLine } from './console.ts';
import type { Configuration } from './plan-loader.ts';

export interface FleetPlaneOptions {
  readonly table: EndpointTable;
  readonly board: MetricBoard;
  readonly health: HealthMonitor;
  readonly say: SayEvent;
  /** What runs; null before the first plan. */
  readonly running: () => Running | null;
  /** Applies what the fleet has now; resolves when every worker knows. */
  readonly changed: () => Promise<void>;
  readonly rebalance: ScalingLoopOptions['rebalance'];
  /** A program that was never there. */
  readonly unstartable: (service: string, reason: string) => void;
}

/** The gateway keeps idle connections for so long; instances are told to keep theirs longer. */
const KEEP_ALIVE_MARGIN_MS = 5_000;
const KEEP_ALIVE_MIN_MS = 65_000;

export class FleetPlane {
  readonly fleet: Fleet;
  readonly scaling: ScalingLoop;
  readonly #options: FleetPlaneOptions;
  readonly #functions = new SignalProcess();
  #plan: FleetPlan = NO_FLEET;
  #host: ProcessHost | null = null;
  #isStarted = false;

  constructor(options: FleetPlaneOptions) {
    const { table, board, say, rebalance, changed, unstartable } = options;
    this.#options = options;
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
      makeRunner: (plan, world) => this.#makeRunner(plan, world),
      changed,
      asked: (service) => this.scaling.wake(service),
      decisions: (service, limit) => this.scaling.decisions(service, limit),
      line: (_service, instance, stream, line) => printInstanceLine(instance, stream, line),
      unstartable,
      ...figuresOf(options),
    });
  }

  /** The first configuration was read: its instances start while the workers do. Later ones wait until they run. */
  loaded({ settings, path }: Configuration): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#follow(settings.fleet, path);
    void this.fleet.start();
  }

  /** The workers run it: what it has no more is drained and ended. */
  applied({ slots }: Running, { settings, path }: Configuration): void {
    this.#follow(settings.fleet, path);
    void this.scaling.follow(this.fleet.services(), slots);
  }

  /** A worker tells that a request waits for an instance. @param row Of the service. */
  parked(row: number): void {
    this.scaling.wakeRow(row);
  }

  /** Sluice is about to end: what runs now is what is needed. */
  quiesce(): void {
    void this.scaling[Symbol.asyncDispose]();
  }

  /** Ends the instances, or leaves them where the configuration says so. */
  async stop(): Promise<void> {
    if (this.#plan.isDetached) await this.fleet.detach();
    else await this.fleet.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scaling[Symbol.asyncDispose]();
    this.#functions.follow(null);
    await this.#host?.[Symbol.asyncDispose]();
  }

  #follow(plan: FleetPlan, path: string | null): void {
    // Endpoints come and go with every instance; functions are read anew only with the configuration.
    if (plan !== this.#plan) this.#functions.follow(path);
    this.#plan = plan;
    this.fleet.follow(plan);
  }

  #makeRunner(plan: FleetServicePlan, world: RunnerWorld): Runner {
    switch (plan.run.runner) {
      case 'process':
        return new LocalRunner({ world, driver: new ProcessDriver(this.#processes(), plan.service), probe: probeReadiness });
      case 'kubernetes':
        return kubernetesRunner(world);
      case 'aws-asg':
        return asgRunner(world);
      case 'container':
        throw new Error(`runner ${plan.run.runner}`);
    }
  }

  #processes(): ProcessHost {
    const { directory, isDetached } = this.#plan;
    const idleMs = Math.max(0, ...(this.#options.running()?.plan.services ?? []).map(({ pool }) => pool.idleTimeoutMs));
    this.#host ??= new ProcessHost({
      directory,
      isDetached,
      keepAliveMs: Math.max(KEEP_ALIVE_MIN_MS, idleMs + KEEP_ALIVE_MARGIN_MS),
      runtime: nodeRuntime,
      say: this.#options.say,
    });
    return this.#host;
  }
}

/** The part of the fleet's world that the shared tables and health answer. */
function figuresOf({ table, board, health, running }: FleetPlaneOptions): Pick<FleetWorld, 'drain' | 'inflight' | 'parked' | 'figures'> {
  const slotOf = (service: string, address: string): number | undefined => running()?.slots.endpoints[service]?.[address];
  return {
    drain: async (service, address, deadlineMs) => {
      const end = await health.drain(service, address, deadlineMs);
      return end.end === 'unknown' ? 0 : end.inflight;
    },
    inflight: (service, address) => {
      const slot = slotOf(service, address);
      return slot === undefined ? 0 : Math.max(0, Atomics.load(table.inflight, slot));
    },
    parked: (service) => {
      const slot = running()?.slots.services[service];
      return slot === undefined ? 0 : Math.max(0, Atomics.load(table.serviceParked, slot));
    },
    figures: (service, addresses) => {
      const slots = addresses.map((address) => slotOf(service, address)).filter((slot) => slot !== undefined);
      return slots.length === 0 ? null : sumFigures(board, slots);
    },
  };
}

/** What all requests to these endpoints showed; failed are those cut and those answered with 5xx. */
function sumFigures(board: MetricBoard, slots: readonly number[]): VersionFigures {
  const row = new Float64Array(ROW_LENGTH);
  const buckets = new Float64Array(BUCKET_COUNT);
  let requests = 0;
  let failures = 0;
  for (const slot of slots) {
    board.row('endpoint', slot, row);
    for (let column = 0; column < STATUS_CLASSES.length; column++) requests += row[column]!;
    failures += row[CUT]! + row[STATUS_CLASSES.indexOf('5xx')]!;
    for (let index = 0; index < BUCKET_COUNT; index++) buckets[index]! += row[BUCKETS + index]!;
  }
  return { requests, failures, buckets };
}
