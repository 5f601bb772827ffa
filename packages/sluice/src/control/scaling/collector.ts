/**
 * Makes the ScalingSample of one service: each signal that its policies name is read once, from shared memory, from its instances as their
 * runner sees them, or from the last answer of something outside. Nothing waits here: a decision is never late because a source is.
 */
import type { Instant, Timestamp } from '../../base/time.ts';
import type { ScalingFacts } from '../../config/scaling-facts.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import { isServing } from '../../core/fleet/instance-view.ts';
import type { ScalePolicyPlan, SignalPlan } from '../../core/scaling/policy.ts';
import type { Figure, ScalingSample, ScheduleState } from '../../core/scaling/sample.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import { ROW_LENGTH, STARTED } from '../../observe/metric-layout.ts';
import type { ScaledService } from './scaled-service.ts';
import { builtInReader } from './signals/built-in.ts';
import type { Glance, SignalReader } from './signals/glance.ts';
import { Rise } from './signals/rate.ts';

/** Rows of a service in the shared tables. */
export interface ServiceRows {
  readonly service: number;
  /** By endpoint address. */
  readonly endpoints: Readonly<Record<string, number>>;
}

export interface CollectorOptions {
  readonly table: EndpointTable;
  readonly board: Pick<MetricBoard, 'row'>;
  /** The last answer of a signal that is asked for outside; null = none that is still good. */
  readonly outside: (service: string, policy: string) => Figure | null;
  /** When each schedule of a service began last, by policy name. */
  readonly schedules: (service: string, wall: Timestamp) => ReadonlyMap<string, ScheduleState>;
}

/** A signal that is asked for outside of this process, now and then. */
export type OutsideSignal = Exclude<SignalPlan, { kind: 'built-in' }>;

type SignalPolicy = Extract<ScalePolicyPlan, { signal: SignalPlan }>;

interface Reading {
  readonly plan: string;
  readonly reader: SignalReader;
}

/** Shared by all: a sum is only looked at until the next. */
const ROW = new Float64Array(ROW_LENGTH);

export class Collector {
  readonly #options: CollectorOptions;
  readonly #slot: number;
  #readings: Map<string, Reading> = new Map();
  #policies: readonly ScalePolicyPlan[] = [];
  #started: number | null = null;
  #quietSince: Instant | null = null;
  readonly #arrivals = new Rise(53);
  #facts: Omit<ScalingFacts, 'now'> | null = null;

  /** @param slot The service's row. */
  constructor(options: CollectorOptions, slot: number) {
    this.#options = options;
    this.#slot = slot;
  }

  /** What was seen last, for the functions of the configuration; null before anything was. */
  get facts(): Omit<ScalingFacts, 'now'> | null {
    return this.#facts;
  }

  /** Everything that decides, now. */
  collect(service: ScaledService, rows: ServiceRows, now: Instant, wall: Timestamp): ScalingSample {
    this.#follow(service);
    const row = this.#options.board.row('service', this.#slot, ROW);
    const concurrency = this.#concurrency();
    const counts = service.counts(now);
    this.#note(service.name, counts, concurrency, row[STARTED] ?? 0, now);
    const isBusy = this.#look(row[STARTED] ?? 0, concurrency, now);
    const glance: Glance = {
      now,
      wall,
      service,
      table: this.#options.table,
      slot: this.#slot,
      row,
      ready: readyOf(service, rows),
      concurrency,
      quietMs: this.#quietSince === null ? 0 : now - this.#quietSince,
    };
    return {
      now,
      wall,
      ...counts,
      figures: this.#figures(glance),
      concurrency,
      isBusy,
      schedules: this.#options.schedules(service.name, wall),
      manual: service.manual,
    };
  }

  // oxlint-disable-next-line max-params -- what it notes
  #note(service: string, counts: ReturnType<ScaledService['counts']>, concurrency: number, started: number, now: Instant): void {
    const [gained = 0] = this.#arrivals.look(now, [started]) ?? [];
    const { spanMs } = this.#arrivals;
    const requestsPerSecond = spanMs === 0 ? 0 : (gained * 1_000) / spanMs;
    this.#facts = { service, ready: counts.ready, wanted: counts.wanted, inflight: concurrency, requestsPerSecond };
  }

  #concurrency(): number {
    const { serviceInflight, serviceQueued, serviceParked } = this.#options.table;
    // Counts of a worker that crashed a moment ago may be below zero until they are taken back.
    const sum = [serviceInflight, serviceQueued, serviceParked].reduce((total, column) => total + Atomics.load(column, this.#slot), 0);
    return Math.max(0, sum);
  }

  /** @returns Whether anything was asked since the last time, or is in flight. */
  #look(started: number, concurrency: number, now: Instant): boolean {
    const isBusy = concurrency > 0 || (this.#started !== null && started !== this.#started);
    this.#started = started;
    this.#quietSince = isBusy ? null : (this.#quietSince ?? now);
    return isBusy;
  }

  #figures(glance: Glance): ReadonlyMap<string, Figure | null> {
    const figures = new Map<string, Figure | null>();
    for (const [policy, { reader }] of this.#readings) figures.set(policy, reader.read(glance));
    return figures;
  }

  /** Readers of policies that stay keep what they have seen. */
  #follow(service: ScaledService): void {
    const policies = service.plan.replicas.scale;
    if (policies === this.#policies) return;
    this.#policies = policies;
    const readings = new Map<string, Reading>();
    for (const policy of policies) if ('signal' in policy) readings.set(policy.name, this.#reading(service.name, policy));
    this.#readings = readings;
  }

  #reading(service: string, { name, signal }: SignalPolicy): Reading {
    const plan = JSON.stringify(signal);
    const known = this.#readings.get(name);
    if (known?.plan === plan) return known;
    if (signal.kind === 'built-in') return { plan, reader: builtInReader(signal) };
    return { plan, reader: { read: () => this.#options.outside(service, name) } };
  }
}

/** Instances that serve, and the rows of their endpoints. */
export function readyOf(service: ScaledService, rows: ServiceRows): Glance['ready'] {
  const ready: { view: Glance['ready'][number]['view']; slot: number }[] = [];
  for (const view of service.instances()) {
    if (!isServing(view)) continue;
    const slot = view.address !== null && Object.hasOwn(rows.endpoints, view.address) ? rows.endpoints[view.address]! : -1;
    ready.push({ view, slot });
  }
  return ready;
}
