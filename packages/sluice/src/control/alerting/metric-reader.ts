/**
 * Reads single metrics of the catalogue for rules, without writing them as text, and the figures that only alerts look at. Rows and facts
 * are read once per look, and only those that a rule wants: 200 services cost some 0.2 ms.
 */
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import { BUCKET_COUNT } from '../../base/histogram.ts';
import type { Sample } from '../../core/alerting/sample.ts';
import { labelValue } from '../../observe/escape.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import { endedOf } from '../../observe/metric-board.ts';
import { METRIC_FAMILIES } from '../../observe/metric-catalog.ts';
import type { MetricFamily, MetricSource, ProcessFacts } from '../../observe/metric-family.ts';
import { BUCKETS, type MetricKind, STARTED, STATUS_CLASSES } from '../../observe/metric-layout.ts';
import type { Running } from '../apply/applier.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';
import type { MachineShares } from './machine-watch.ts';

export interface MetricWorld {
  readonly board: MetricBoard;
  readonly table: EndpointTable;
  readonly running: () => Running | null;
  readonly facts: () => ProcessFacts;
  /** What an instance of a service may take to be ready, milliseconds; null: Sluice does not run it. */
  readonly startWithinMs: (service: string) => number | null;
}

/** What is known of the world from looks before this one. */
export interface Looked {
  readonly machine: MachineShares;
  /** Services of which nothing has been ready yet, and nothing has to be. */
  readonly starting: (fleet: readonly FleetServiceStatus[]) => ReadonlySet<string>;
}

/** What objectives look at: all that ended, those that failed, and the latency histogram among its cells. */
export interface ServiceCounts {
  readonly total: number;
  readonly failed: number;
  readonly row: Float64Array;
}

interface NamedRow {
  readonly labels: string;
  readonly slot: number;
}

type RowSource = Exclude<MetricSource, { read: 'facts' | 'folded' }>;

const FAMILIES: ReadonlyMap<string, MetricFamily> = new Map(METRIC_FAMILIES.map((family) => [family.name, family]));
const SERVER_ERRORS = STATUS_CLASSES.indexOf('5xx');
const CUT = STATUS_CLASSES.indexOf('cut');

/** One look: make one, ask it, drop it. */
export class MetricReader {
  readonly #world: MetricWorld;
  readonly #looked: Looked;
  readonly #running: Running | null;
  readonly #names = new Map<MetricKind, readonly NamedRow[]>();
  readonly #rows = new Map<string, Float64Array>();
  readonly #samples = new Map<string, readonly Sample[]>();
  #facts: ProcessFacts | null = null;

  constructor(world: MetricWorld, looked: Looked) {
    this.#world = world;
    this.#looked = looked;
    this.#running = world.running();
  }

  /** Empty for a metric without series. */
  read(metric: string): readonly Sample[] {
    const known = this.#samples.get(metric);
    if (known !== undefined) return known;
    const samples = this.#read(metric);
    this.#samples.set(metric, samples);
    return samples;
  }

  /** Null: there is no such service. */
  service(name: string): ServiceCounts | null {
    const slot = this.#running?.slots.services[name];
    if (slot === undefined) return null;
    const row = this.#row('service', slot);
    // A reply that was cut is neither: most are clients that have left.
    return { total: endedOf(row) - row[CUT]!, failed: row[SERVER_ERRORS]!, row };
  }

  #read(metric: string): readonly Sample[] {
    const family = FAMILIES.get(metric);
    if (family === undefined) return this.#figure(metric);
    const { source, of } = family;
    if (source.read === 'facts') return source.samples(this.#processFacts()).map(([text, value]) => ({ text, value }));
    // Rules see every series: nothing is folded.
    if (source.read === 'folded') return [];
    const samples: Sample[] = [];
    for (const named of this.#named(of)) this.#push(samples, of, source, named);
    return samples;
  }

  #push(samples: Sample[], of: MetricKind, source: RowSource, { labels, slot }: NamedRow): void {
    if (source.read === 'table') {
      samples.push({ text: labels, value: source.value(this.#world.table, slot) });
      return;
    }
    const row = this.#row(of, slot);
    switch (source.read) {
      case 'column':
        samples.push({ text: labels, value: row[source.column]! });
        return;
      case 'row':
        samples.push({ text: labels, value: source.value(row) });
        return;
      case 'statuses':
        STATUS_CLASSES.forEach((code, column) => samples.push({ text: `${labels},code="${code}"`, value: row[column]! }));
        return;
      case 'columns':
        for (const [more, column] of source.columns) {
          if (source.isSparse !== true || row[column]! > 0) samples.push({ text: `${labels},${more}`, value: row[column]! });
        }
        return;
      case 'durations':
        samples.push({ text: labels, value: row[source.sum]! / 1_000, count: row[source.count]! });
        return;
      case 'histogram':
        samples.push({ text: labels, value: 0, buckets: row.subarray(BUCKETS, BUCKETS + BUCKET_COUNT) });
        return;
    }
  }

  #figure(name: string): readonly Sample[] {
    switch (name) {
      case 'alert_service_endpoints_usable':
        return this.#usable();
      case 'alert_scaler_at_max':
        return this.#processFacts().fleet.flatMap(({ service, wanted, min, max, manual }) =>
          max > min && manual === null ? [{ text: `service="${labelValue(service)}"`, value: Number(wanted >= max) }] : [],
        );
      case 'alert_memory_share':
        return this.#looked.machine.memory === null ? [] : [{ text: '', value: this.#looked.machine.memory }];
      case 'alert_disk_share':
        return this.#looked.machine.disks.map(({ path, share }) => ({ text: `path="${labelValue(path)}"`, value: share }));
      default:
        return [];
    }
  }

  /** Endpoints in use per service; services that sleep, are paused, or are still starting are none of it. */
  #usable(): readonly Sample[] {
    const { plan, slots } = this.#running ?? {};
    if (plan === undefined || slots === undefined) return [];
    const { fleet } = this.#processFacts();
    const starting = this.#looked.starting(fleet);
    const asleep = new Set(fleet.flatMap(({ service, isAsleep, isPaused }) => (isAsleep || isPaused ? [service] : [])));
    const { state } = this.#world.table;
    const samples: Sample[] = [];
    for (const { name } of plan.services) {
      if (asleep.has(name) || starting.has(name)) continue;
      let usable = 0;
      const endpoints = slots.endpoints[name] ?? {};
      for (const address in endpoints) if (state[endpoints[address]!] === 0) usable++;
      samples.push({ text: `service="${labelValue(name)}"`, value: usable });
    }
    return samples;
  }

  #named(kind: MetricKind): readonly NamedRow[] {
    let named = this.#names.get(kind);
    if (named === undefined) this.#names.set(kind, (named = this.#name(kind)));
    return named;
  }

  #name(kind: MetricKind): readonly NamedRow[] {
    if (kind === 'worker') return [{ labels: '', slot: 0 }];
    const slots = this.#running?.slots;
    if (slots === undefined) return [];
    if (kind !== 'endpoint') {
      const rows = Object.entries(kind === 'listener' ? slots.listeners : kind === 'route' ? slots.routes : slots.services).map(
        ([name, slot]) => ({ labels: `${kind}="${labelValue(name)}"`, slot }),
      );
      return kind === 'route' ? rows.filter(({ slot }) => this.#row(kind, slot)[STARTED]! > 0) : rows;
    }
    return Object.entries(slots.endpoints).flatMap(([service, endpoints]) =>
      Object.entries(endpoints).map(([address, slot]) => ({
        labels: `service="${labelValue(service)}",endpoint="${labelValue(address)}"`,
        slot,
      })),
    );
  }

  #row(kind: MetricKind, slot: number): Float64Array {
    const key = `${kind} ${slot}`;
    let row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, (row = this.#world.board.row(kind, slot)));
    return row;
  }

  #processFacts(): ProcessFacts {
    return (this.#facts ??= this.#world.facts());
  }
}
