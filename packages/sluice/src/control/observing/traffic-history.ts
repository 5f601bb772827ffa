/**
 * What goes through now and what went through lately: looks at the counters each second, and keeps what charts need: an hour of all together and of each service.
 * Listeners and services are always read; endpoints, routes and workers only while somebody follows, or asked within the last 10 s. Nothing runs before `start`.
 * Bounds: series of 500 services (16 to 26 KiB each); a follower that is slow gets the last snapshot, not all.
 */
import { assert } from '../../base/assert.ts';
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/slot-map.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import { WINDOW_STEPS, thousandths } from '../../observe/row-window.ts';
import { SeriesBook } from '../../observe/series-book.ts';
import type { ListenerTraffic, Rate, TrafficSeries, TrafficSnapshot, WorkerTraffic } from '../../observe/traffic.ts';
import { EndpointMeters } from './endpoint-meters.ts';
import { Following } from './following.ts';
import { StateRevision } from './state-revision.ts';
import { type Pace, TrafficMeters } from './traffic-meters.ts';
import { listenerTraffic, routeTraffic, serviceTraffic, type SnapshotSource } from './traffic-snapshot.ts';

const STEP_MS = 1_000;
/** Somebody asked: endpoints and routes are read this long. */
const INTEREST_MS = 10_000;
const SERVICES_WITH_SERIES_MAX = 500;
const COLUMNS = ['rps', 'errorRps', 'p50Ms', 'p95Ms', 'p99Ms', 'inflight', 'wanted', 'ready', 'min', 'max'];
const COLUMNS_OF_ALL = COLUMNS.slice(0, 6);
const FINE = { stepSeconds: 1, steps: 300, columns: COLUMNS, namesMax: SERVICES_WITH_SERIES_MAX + 1 };
const COARSE = { ...FINE, stepSeconds: 10, steps: 360 };
/** No service is called so. */
const ALL = '';

export interface TrafficNeeds {
  readonly runtime: Runtime;
  readonly board: MetricBoard;
  readonly table: EndpointTable;
  readonly running: () => { readonly plan: Plan; readonly slots: SlotMap } | null;
  readonly fleet: () => readonly FleetServiceStatus[];
  /** Busy shares since the last call. */
  readonly workers: () => readonly WorkerTraffic[];
  /** Processor time used since the start, and memory held. */
  readonly usage: () => { readonly cpuSeconds: number; readonly residentBytes: number };
  /** Alerts that fire. */
  readonly alerts: () => number;
  /** Number of the last event. */
  readonly events: () => number;
}

/** A look at everything. */
interface Step {
  readonly at: number;
  readonly now: number;
}

export class TrafficHistory {
  #needs: TrafficNeeds | null = null;
  #source: SnapshotSource | null = null;
  #cancel: Cancel | null = null;
  /** The last looks, as many as a window has. */
  readonly #steps: Step[] = [];
  readonly #followers = new Set<Following<TrafficSnapshot>>();
  readonly #revision = new StateRevision();
  readonly #fine = new SeriesBook(FINE);
  readonly #coarse = new SeriesBook(COARSE);
  #count = 0;
  #generation = -1;
  #askedAt = -Infinity;
  #isWatched = false;
  /** Endpoints and routes have a sample from between two steps. */
  #hasLooked = false;
  #cpu = { seconds: 0, at: 0, cores: 0 };
  #workers: readonly WorkerTraffic[] = [];
  #fleet: readonly FleetServiceStatus[] = [];
  #snapshot: TrafficSnapshot | null = null;

  connect(needs: TrafficNeeds): void {
    const { board, table } = needs;
    this.#needs = needs;
    const meters = (kind: 'listener' | 'service' | 'route'): TrafficMeters => new TrafficMeters(board, kind);
    this.#source = {
      board,
      table,
      listeners: meters('listener'),
      services: meters('service'),
      endpoints: new EndpointMeters(board),
      routes: meters('route'),
    };
  }

  /** Looks each second from now on. */
  start(): void {
    if (this.#needs === null) return;
    this.#cancel ??= this.#needs.runtime.timers.every(STEP_MS, () => this.#step());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  now(): TrafficSnapshot {
    const needs = this.#needs;
    assert(needs !== null, 'traffic is asked for when the program stands');
    this.#askedAt = needs.runtime.clock.now();
    // Endpoints and routes were not looked at: a snapshot without them would say that there are none.
    if (!this.#isWatched) this.#look();
    return (this.#snapshot ??= this.#make());
  }

  /** Each second, from now on. */
  follow(signal: AbortSignal): AsyncIterable<TrafficSnapshot> {
    const following: Following<TrafficSnapshot> = new Following({ max: 1, signal, ended: () => void this.#followers.delete(following) });
    if (!signal.aborted) this.#followers.add(following);
    return following;
  }

  /** @param service Null: all listeners together. @param seconds 1..3,600; more than 300 come in steps of 10. @returns Null: there is no such service. */
  series(service: string | null, seconds: number): TrafficSeries | null {
    if (service !== null && this.#source?.services.get(service) === undefined) return null;
    const book = seconds <= FINE.steps ? this.#fine : this.#coarse;
    return book.read(service ?? ALL, seconds, COLUMNS_OF_ALL);
  }

  #step(): void {
    const running = this.#needs?.running() ?? null;
    const { runtime, usage, workers, fleet, table, events } = this.#needs!;
    if (running === null) return;
    const now = runtime.clock.now();
    const isWatched = this.#followers.size > 0 || now - this.#askedAt < INTEREST_MS;
    if (this.#hasLooked) this.#forgetLook();
    this.#followPlan(running.plan, running.slots, isWatched);
    this.#steps.push({ at: runtime.clock.wall(), now });
    if (this.#steps.length > WINDOW_STEPS + 1) this.#steps.shift();
    this.#measure(now, usage().cpuSeconds);
    this.#fleet = fleet();
    const source = this.#source!;
    source.listeners.step();
    source.services.step();
    if (isWatched) {
      source.endpoints.step();
      source.routes.step();
      this.#workers = workers().map(({ index, utilization }) => ({ index, utilization: thousandths(utilization) }));
      this.#revision.look(running.plan, running.slots, table, this.#fleet, events());
    }
    this.#record(running.plan);
    this.#snapshot = null;
    if (this.#followers.size === 0) return;
    this.#snapshot = this.#make();
    for (const follower of this.#followers) follower.offer(this.#snapshot);
  }

  /** Somebody asks who has not asked before. */
  #look(): void {
    const running = this.#needs!.running();
    if (running === null) return;
    this.#followPlan(running.plan, running.slots, true);
    const { listeners, services, endpoints, routes } = this.#source!;
    this.#hasLooked = true;
    for (const meters of this.#steps.length === 0 ? [listeners, services, endpoints, routes] : [endpoints, routes]) meters.step();
    this.#snapshot = null;
  }

  /** What is left of the second after it is no step: rates over it would be too low. */
  #forgetLook(): void {
    this.#hasLooked = false;
    this.#isWatched = false;
    this.#source!.endpoints.forget();
    this.#source!.routes.forget();
  }

  #followPlan(plan: Plan, slots: SlotMap, isWatched: boolean): void {
    const { listeners, services, endpoints, routes } = this.#source!;
    const isOther = plan.generation !== this.#generation;
    if (isOther) {
      this.#generation = plan.generation;
      listeners.follow(Object.entries(slots.listeners));
      services.follow(Object.entries(slots.services));
      const names = new Set([ALL, ...plan.services.map(({ name }) => name)]);
      this.#fine.keep(names);
      this.#coarse.keep(names);
    }
    if (isWatched && (isOther || !this.#isWatched)) {
      endpoints.follow(plan, slots);
      routes.follow(Object.entries(slots.routes));
    } else if (!isWatched && this.#isWatched) {
      endpoints.forget();
      routes.forget();
    }
    this.#isWatched = isWatched;
  }

  #measure(now: number, cpuSeconds: number): void {
    const { seconds, at } = this.#cpu;
    const passed = (now - at) / 1_000;
    // Two looks in a row say nothing.
    if (at > 0 && passed < 0.1) return;
    this.#cpu = { seconds: cpuSeconds, at: now, cores: at > 0 ? thousandths((cpuSeconds - seconds) / passed) : 0 };
  }

  #record(plan: Plan): void {
    const at = Math.round(this.#steps.at(-1)!.at / 1_000);
    const instances = new Map(this.#fleet.map((service) => [service.service, service]));
    this.#put(this.#fine, at, plan, instances, 1);
    if (this.#count++ % COARSE.stepSeconds === COARSE.stepSeconds - 1) this.#put(this.#coarse, at, plan, instances, WINDOW_STEPS);
  }

  #put(book: SeriesBook, at: number, plan: Plan, fleet: ReadonlyMap<string, FleetServiceStatus>, steps: number): void {
    const { board, listeners, services } = this.#source!;
    book.advance(at);
    book.put(ALL, figuresOf(listeners.total(this.#pace, this.#inflight(), steps), undefined));
    for (const { name } of plan.services) {
      const meter = services.get(name);
      if (meter === undefined) continue;
      const rate = services.rate(meter, this.#pace, board.inflight('service', meter.slot), steps);
      book.put(name, figuresOf(rate, fleet.get(name)));
    }
  }

  #make(): TrafficSnapshot {
    const { running, usage, alerts } = this.#needs!;
    const source = this.#source!;
    const current = running();
    assert(current !== null, 'traffic is asked for when a plan runs');
    const { plan } = current;
    const pace = this.#pace;
    return {
      at: this.#steps.at(-1)?.at ?? this.#needs!.runtime.clock.wall(),
      windowSeconds: WINDOW_STEPS,
      generation: plan.generation,
      revision: this.#revision.value,
      total: this.#total(),
      listeners: listenerTraffic(source, plan, pace),
      routes: routeTraffic(source, plan, pace),
      services: serviceTraffic(source, plan, pace),
      workers: this.#workers,
      cpuCores: this.#cpu.cores,
      residentBytes: usage().residentBytes,
      alerts: alerts(),
    };
  }

  #total(): ListenerTraffic {
    const { board, listeners } = this.#source!;
    let connections = 0;
    for (const [, { slot }] of listeners.entries()) connections += board.connections(slot);
    return { ...listeners.total(this.#pace, this.#inflight()), connections };
  }

  #inflight(): number {
    const { board, listeners } = this.#source!;
    let inflight = 0;
    for (const [, { slot }] of listeners.entries()) inflight += board.inflight('listener', slot);
    return inflight;
  }

  /** That really passed in the last steps. */
  readonly #pace: Pace = (steps) => {
    const last = this.#steps.length - 1;
    const first = Math.max(0, last - steps);
    return last > first ? (this.#steps[last]!.now - this.#steps[first]!.now) / 1_000 : 0;
  };
}

function figuresOf(rate: Rate, fleet: FleetServiceStatus | undefined): (number | null)[] {
  const { rps, errorRps, p50Ms, p95Ms, p99Ms, inflight } = rate;
  const figures = [rps, errorRps, p50Ms, p95Ms, p99Ms, inflight];
  return fleet === undefined ? figures : [...figures, fleet.wanted, fleet.ready, fleet.min, fleet.max];
}
