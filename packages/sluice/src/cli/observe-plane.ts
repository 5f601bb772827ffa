/** What shows and tells what happens, put together: events, traffic, the live tail, plans that ran, alerts, export. */
import { randomUUID } from 'node:crypto';
import { hostname, totalmem } from 'node:os';
import type { ObserveBackend } from '../admin/observe-backend.ts';
import type { ReloadResult } from '../admin/reload-result.ts';
import type { ControlSettings } from '../config/compile.ts';
import type { Plan } from '../config/plan.ts';
import type { TailFilter } from '../config/worker-protocol.ts';
import { AlertLoop } from '../control/alerting/alert-loop.ts';
import type { Running } from '../control/apply/applier.ts';
import { AccessTail } from '../control/observing/access-tail.ts';
import { EventLog } from '../control/observing/event-log.ts';
import { PlanHistory } from '../control/observing/plan-history.ts';
import { TrafficHistory } from '../control/observing/traffic-history.ts';
import { TelemetryExporter } from '../control/telemetry/exporter.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { EventFormat, EventRecord } from '../observe/events.ts';
import type { FleetServiceStatus } from '../observe/fleet-status.ts';
import type { MetricBoard } from '../observe/metric-board.ts';
import type { ProcessFacts } from '../observe/metric-family.ts';
import type { Status } from '../observe/status.ts';
import type { WorkerTraffic } from '../observe/traffic.ts';
import { lazySink } from './lazy-sink.ts';
import { readVersion } from './version.ts';

/** What only the rest of the program knows; asked for when it runs. */
export interface ObserveNeeds {
  readonly board: MetricBoard;
  readonly table: EndpointTable;
  readonly running: () => Running | null;
  readonly status: () => Status;
  readonly facts: () => ProcessFacts;
  readonly fleet: () => readonly FleetServiceStatus[];
  /** How busy each worker was since the last call. */
  readonly workers: () => readonly WorkerTraffic[];
  /** The configuration that runs, as it was loaded. */
  readonly configured: () => Plan | null;
  /** Applies one that ran before. */
  readonly bringBack: (plan: Plan, by: string) => Promise<ReloadResult>;
  /** What workers send for the live tail. */
  readonly tail: (filter: TailFilter | null) => void;
}

export class ObservePlane implements ObserveBackend, AsyncDisposable {
  readonly events: EventLog;
  readonly traffic = new TrafficHistory();
  readonly access = new AccessTail(nodeRuntime.clock);
  readonly plans = new PlanHistory();
  readonly alerts: AlertLoop;
  readonly exporter: TelemetryExporter;
  /** What an instance may take to be ready, by service. */
  #startWithin: ReadonlyMap<string, number> = new Map();
  #running: () => Running | null = () => null;
  #configured: () => Plan | null = () => null;

  constructor(print: (event: EventRecord, format: EventFormat) => void) {
    this.events = new EventLog({ clock: nodeRuntime.clock, print });
    const memoryBytes = totalmem();
    this.alerts = new AlertLoop({ runtime: nodeRuntime, say: this.events.say, open: lazySink, host: hostname(), memoryBytes });
    this.exporter = new TelemetryExporter({
      runtime: nodeRuntime,
      say: this.events.say,
      version: readVersion(),
      resource: { 'service.instance.id': randomUUID(), 'host.name': hostname(), 'process.pid': process.pid },
    });
    this.events.subscribe((event) => {
      this.alerts.heard(event);
      this.exporter.heard(event);
    });
  }

  /** The rest of the program stands. */
  connect(needs: ObserveNeeds): void {
    this.#running = needs.running;
    this.#configured = needs.configured;
    this.plans.connect({ running: () => needs.running()?.plan ?? null, bringBack: needs.bringBack });
    this.access.connect(needs.tail);
    this.traffic.connect({
      runtime: nodeRuntime,
      board: needs.board,
      table: needs.table,
      running: needs.running,
      workers: needs.workers,
      fleet: needs.fleet,
      usage: processUsage,
      alerts: () => this.alerts.list().filter(({ state }) => state === 'firing').length,
      events: () => this.events.last,
    });
    this.alerts.connect({ ...needs, startWithinMs: (service) => this.#startWithin.get(service) ?? null });
    this.exporter.connect(() => {
      const running = needs.running();
      return running === null ? null : { board: needs.board, names: running.slots, table: needs.table, facts: needs.facts() };
    });
  }

  /** A configuration runs. @param by Who wanted it. */
  applied({ observe: settings, ...others }: ControlSettings, by: string): void {
    const [plan, generation] = [this.#configured(), this.#running()?.plan.generation];
    if (plan !== null && generation !== undefined)
      this.plans.applied({ generation, plan, settings: { ...others, observe: settings } }, by, nodeRuntime.clock.wall());
    this.#startWithin = new Map(others.fleet.services.map(({ service, run }) => [service, run.ready.withinMs]));
    this.events.configure(settings.events);
    this.alerts.follow(settings.alerts);
    this.exporter.follow(settings.otlp);
    // Nobody could see it.
    if ((this.#running()?.plan.admin ?? null) === null) this.traffic.stop();
    else this.traffic.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.traffic.stop();
    await Promise.all([this.alerts[Symbol.asyncDispose](), this.exporter[Symbol.asyncDispose]()]);
  }
}

function processUsage(): { cpuSeconds: number; residentBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}
