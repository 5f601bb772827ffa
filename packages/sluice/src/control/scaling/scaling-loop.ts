/**
 * Keeps the number of instances of every service right: each second, and at once when a request has to wait for one, it collects what is known
 * (`collector.ts`), has it decided (`core/scaling/scaler.ts`), tells the fleet, and keeps the record. It reads shared memory and
 * asks nobody: 200 services with four signals and a forecast each take 6 ms of CPU per second, 0.6 % of a core.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { after, type Instant } from '../../base/time.ts';
import type { FleetPlan } from '../../config/fleet-plan.ts';
import type { SlotMap } from '../../config/slot-map.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { HistoryExport } from '../../core/scaling/minute-history.ts';
import type { ReplicasPlan } from '../../core/scaling/policy.ts';
import { Scaler } from '../../core/scaling/scaler.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import type { LastBegin } from '../../io/cron.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import type { SayEvent } from '../say-event.ts';
import type { ServiceRows } from './collector.ts';
import { HistoryKeeper } from './history-keeper.ts';
import { MachineBudget } from './machine-budget.ts';
import { type AskSignal, OutsideSignals } from './outside-signals.ts';
import type { ScaledService } from './scaled-service.ts';
import { Schedules } from './schedules.ts';
import { type ServiceScaler, ServiceScaling, type ServiceScalingOptions } from './service-scaling.ts';

/** Ends a share of the long-lived connections to an endpoint. Rows of the shared tables. */
export interface RebalanceOrder {
  readonly service: number;
  readonly endpoint: number;
  readonly share: number;
  readonly spreadMs: number;
}

export interface ScalingLoopOptions {
  readonly runtime: Runtime;
  readonly table: EndpointTable;
  readonly board: Pick<MetricBoard, 'row'>;
  readonly say: SayEvent;
  /** As it is configured now. */
  readonly fleet: () => Pick<FleetPlan, 'budget' | 'directory'>;
  /** Asks for a signal outside: `signalAsker`. */
  readonly ask: AskSignal;
  /** Loads what knows cron: `loadLastBegin`. */
  readonly cron: () => Promise<LastBegin>;
  /** Default: `core/scaling/scaler.ts`. */
  readonly scaler?: (service: string, plan: ReplicasPlan) => ServiceScaler;
  readonly rebalance: (order: RebalanceOrder) => void;
}

const TICK_MS = 1_000;
const KEEP_MS = 600_000;
/** Requests that begin to wait in many workers at once are one reason to decide. */
const WAKE_GAP_MS = 50;

export class ScalingLoop implements AsyncDisposable {
  readonly #options: ScalingLoopOptions;
  readonly #inner: ServiceScalingOptions;
  readonly #outside: OutsideSignals;
  readonly #schedules: Schedules;
  readonly #keeper: HistoryKeeper;
  readonly #budget = new MachineBudget();
  #services: Map<string, ServiceScaling> = new Map();
  readonly #wakes = new Wakes();
  #cancel: Cancel | null = null;
  #cancelKeeping: Cancel | null = null;
  #isOver = false;

  constructor(options: ScalingLoopOptions) {
    const { runtime, table, board, say, ask } = options;
    this.#options = options;
    this.#outside = new OutsideSignals({ runtime, say, ask, facts: (service) => this.#services.get(service)?.collector.facts ?? null });
    this.#schedules = new Schedules({ say, load: options.cron });
    this.#keeper = new HistoryKeeper({ say, directory: () => options.fleet().directory });
    this.#inner = {
      table,
      board,
      say,
      random: runtime.random,
      outside: (service, policy) => this.#outside.figure(service, policy, runtime.clock.now()),
      schedules: (service, wall) => this.#schedules.states(service, wall),
    };
  }

  /** Begins to tick. */
  start(): void {
    const { timers } = this.#options.runtime;
    this.#cancel ??= timers.every(TICK_MS, () => this.#tick());
    this.#cancelKeeping ??= timers.every(KEEP_MS, () => void this.#keep());
  }

  /**
   * Scales these from now on. One that has no row in the shared tables yet follows with the plan that gives it one.
   * @returns When what has to be loaded for it is (cron, kept histories); decisions are made meanwhile, too. Never rejects.
   */
  async follow(services: readonly ScaledService[], slots: SlotMap): Promise<void> {
    if (this.#isOver) return;
    const followed = new Map<string, ServiceScaling>();
    const loading: Promise<void>[] = [];
    for (const service of services) {
      if (!Object.hasOwn(slots.services, service.name)) continue;
      const rows = { service: slots.services[service.name]!, endpoints: slots.endpoints[service.name] ?? {} };
      const known = this.#services.get(service.name);
      known?.follow(service, rows);
      const scaling = known ?? this.#open(service, rows);
      followed.set(service.name, scaling);
      if (scaling !== known) loading.push(this.#remember(service, scaling));
    }
    this.#services = followed;
    this.#outside.follow(services);
    await Promise.all([this.#schedules.follow(services), ...loading]);
  }

  /** Decides for this service at once: a request waits for an instance, or somebody fixed the number. Calls in quick succession count as one. */
  wake(service: string): void {
    const scaling = this.#services.get(service);
    if (scaling === undefined || this.#cancel === null) return;
    const { clock, timers } = this.#options.runtime;
    this.#wakes.wake(service, clock.now(), timers, () => this.#decideNow(service));
  }

  /** The same, by the service's row: as workers tell it. */
  wakeRow(row: number): void {
    for (const [name, scaling] of this.#services) if (scaling.row === row) return this.wake(name);
  }

  /** The last decisions, the youngest first. @param isChanges The last of all, and those that changed the number. */
  decisions(service: string, limit: number, isChanges = false): readonly Decision[] {
    return this.#services.get(service)?.log.list(limit, isChanges) ?? [];
  }

  /** The last one; null before there was any. */
  lastDecision(service: string): Decision | null {
    return this.#services.get(service)?.log.last ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#cancelKeeping?.();
    this.#cancelKeeping = null;
    this.#wakes.stop();
    this.#outside.stop();
    await this.#keep();
  }

  #open(service: ScaledService, rows: ServiceRows): ServiceScaling {
    const make = this.#options.scaler ?? ((name, plan) => new Scaler(name, plan));
    return new ServiceScaling(service, rows, make(service.name, service.plan.replicas), this.#inner);
  }

  /** Forecasts go on where an earlier life left them. */
  async #remember({ name, plan }: ScaledService, { scaler }: ServiceScaling): Promise<void> {
    if (!plan.replicas.scale.some(({ policy }) => policy === 'predict')) return;
    const history = await this.#keeper.load(name);
    if (history !== null && !scaler.importHistory(history)) this.#keeper.unusable(name, 'it is of another version, or malformed');
  }

  #keep(): Promise<void> {
    const histories: [string, HistoryExport][] = [];
    for (const [name, { scaler }] of this.#services) {
      const history = scaler.exportHistory();
      if (history !== null && history.values.length > 0) histories.push([name, history]);
    }
    return this.#keeper.save(histories);
  }

  #tick(): void {
    const services = [...this.#services.values()].map(({ service }) => service);
    this.#budget.look(services, this.#options.fleet().budget, this.#options.runtime.clock.now());
    for (const scaling of this.#services.values()) this.#decide(scaling);
  }

  #decideNow(service: string): void {
    const scaling = this.#services.get(service);
    if (scaling !== undefined) this.#decide(scaling);
  }

  #decide(scaling: ServiceScaling): void {
    const { clock } = this.#options.runtime;
    const now = clock.now();
    this.#budget.decided(scaling.decide(now, clock.wall(), this.#budget.ceiling(scaling.service.name)));
    for (const { endpoint, share, spreadMs } of scaling.rebalance(now)) {
      this.#options.rebalance({ service: scaling.row, endpoint, share, spreadMs });
    }
  }
}

/** The first wake of a service runs at once; those that come within the gap after it run together, once, at its end. */
class Wakes {
  readonly #woken = new Map<string, { readonly at: Instant; later: Cancel | null }>();

  wake(service: string, now: Instant, timers: Runtime['timers'], run: () => void): void {
    const last = this.#woken.get(service);
    if (last !== undefined && last.later !== null) return;
    const due = last === undefined ? now : after(last.at, WAKE_GAP_MS);
    if (now >= due) return this.#run(service, now, run);
    last!.later = timers.after(due - now, () => this.#run(service, due, run));
  }

  stop(): void {
    for (const { later } of this.#woken.values()) later?.();
    this.#woken.clear();
  }

  #run(service: string, now: Instant, run: () => void): void {
    this.#woken.set(service, { at: now, later: null });
    run();
  }
}
