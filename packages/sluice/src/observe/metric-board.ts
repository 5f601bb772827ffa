/**
 * The reading side of the counters: one SharedArrayBuffer with a region per worker and one for the control plane. Workers write
 * (`WorkerMetrics`), the control plane sums when somebody asks. Reading stops nobody: a sum may be some nanoseconds out of step
 * between columns, never torn (aligned 64-bit cells). What a crashed worker counted stays.
 */
import { assert } from '../base/assert.ts';
import {
  BYTES_IN,
  BYTES_OUT,
  CAPACITY,
  CLOSE_REASONS,
  CONNECTIONS_CLOSED,
  CONNECTIONS_OPENED,
  CUT,
  KIND_OFFSET,
  METRIC_KINDS,
  REGION_LENGTH,
  ROW_LENGTH,
  STARTED,
  STATUS_CLASSES,
} from './metric-layout.ts';
import type { MetricKind } from './metric-layout.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const CLOSED_ERROR = CONNECTIONS_CLOSED + CLOSE_REASONS.indexOf('error');

/** What is read of a row, and whither. */
export interface ColumnsRead {
  /** `count` cells at least. */
  readonly into: Float64Array;
  /** Columns, from the first. */
  readonly count: number;
  readonly regions: readonly number[];
}

/** All counters. */
export class MetricBoard {
  readonly buffer: SharedArrayBuffer;
  /** What the control plane itself counts (ejections, its own log). */
  readonly control: WorkerMetrics;
  readonly #cells: Float64Array;
  readonly #regions: number;

  /** @param workers Data-plane workers at most; their indices are 0 to workers - 1. */
  constructor(workers: number) {
    assert(Number.isInteger(workers) && workers >= 1 && workers <= 1_024, `workers must be 1..1024, got ${workers}`);
    this.#regions = workers + 1;
    this.buffer = new SharedArrayBuffer(this.#regions * (REGION_LENGTH + 1) * Float64Array.BYTES_PER_ELEMENT);
    this.#cells = new Float64Array(this.buffer);
    this.control = new WorkerMetrics(this.buffer, workers);
  }

  /** The columns of a row, summed over the regions in use. Pass `into` (ROW_LENGTH cells) to reuse it. */
  row(kind: MetricKind, slot: number, into: Float64Array = new Float64Array(ROW_LENGTH)): Float64Array {
    return this.columns(kind, slot, { into, count: ROW_LENGTH, regions: this.regions() });
  }

  /** Regions in use now. Most are room for workers that never come: who reads many rows in one go finds them once. */
  regions(): number[] {
    const used: number[] = [];
    for (let region = 0; region < this.#regions; region++) if (this.#isUsed(region)) used.push(region);
    return used;
  }

  /** The first columns of a row, summed over these regions. */
  columns(kind: MetricKind, slot: number, { into, count, regions }: ColumnsRead): Float64Array {
    const cells = this.#cells;
    const first = rowOffset(kind, slot);
    for (let column = 0; column < count; column++) into[column] = 0;
    for (const region of regions) {
      const start = region * REGION_LENGTH + first;
      for (let column = 0; column < count; column++) into[column]! += cells[start + column]!;
    }
    return into;
  }

  /** A number that rises with whatever a row counts of traffic, exchanges that ended and bytes: whether it is worth reading at all. */
  progress(kind: MetricKind, slot: number, regions: readonly number[]): number {
    const cells = this.#cells;
    const first = rowOffset(kind, slot);
    let progress = 0;
    for (const region of regions) {
      const start = region * REGION_LENGTH + first;
      for (let column = 0; column < STARTED; column++) progress += cells[start + column]!;
      progress += cells[start + BYTES_IN]! + cells[start + BYTES_OUT]!;
    }
    return progress;
  }

  /** Exchanges in flight on a listener, route or service: `inflightOf` its row, of which it reads the columns that it needs. */
  inflight(kind: MetricKind, slot: number): number {
    return this.#sum(rowOffset(kind, slot), startedMinusEnded);
  }

  /** Exchanges or attempts that a row has counted, those in flight included; reads only the columns that it needs. */
  begun(kind: MetricKind, slot: number): number {
    return this.#sum(rowOffset(kind, slot), startedOrEnded);
  }

  /** Connections open on a listener. */
  connections(slot: number): number {
    return this.#sum(rowOffset('listener', slot), openedMinusClosed);
  }

  /** Zeroes a row before its slot is handed to another name. Only after the drain: no worker may still write to it. */
  reset(kind: MetricKind, slot: number): void {
    const first = rowOffset(kind, slot);
    for (let region = 0; region < this.#regions; region++) {
      if (!this.#isUsed(region)) continue;
      const start = region * REGION_LENGTH + first;
      // Only what is not 0: writing zeros would make the system map memory that nobody has used.
      for (let cell = start; cell < start + ROW_LENGTH; cell++) if (this.#cells[cell] !== 0) this.#cells[cell] = 0;
    }
  }

  /**
   * A worker crashed: what it had in flight counts as cut, its open connections as closed by an error; its totals stay. Called
   * between the worker's end and its successor's start. Walks the whole region, some milliseconds.
   */
  workerRestarted(worker: number): void {
    assert(worker >= 0 && worker < this.#regions - 1, `the metric board has a region for worker ${worker}`);
    const base = worker * REGION_LENGTH;
    for (const kind of METRIC_KINDS) {
      for (let slot = 0; slot < CAPACITY[kind]; slot++) settle(this.#cells, base + rowOffset(kind, slot));
    }
  }

  #sum(first: number, of: (cells: ArrayLike<number>, start: number) => number): number {
    let sum = 0;
    for (let region = 0; region < this.#regions; region++) {
      if (this.#isUsed(region)) sum += of(this.#cells, region * REGION_LENGTH + first);
    }
    return Math.max(0, sum);
  }

  #isUsed(region: number): boolean {
    return this.#cells[this.#regions * REGION_LENGTH + region] !== 0;
  }
}

/** Exchanges that ended, over all status classes. */
export function endedOf(row: ArrayLike<number>, start = 0): number {
  let ended = 0;
  for (let column = 0; column < STATUS_CLASSES.length; column++) ended += row[start + column] ?? 0;
  return ended;
}

/** Exchanges in flight: listeners, routes and services (the endpoint table knows it of endpoints). Never negative. */
export function inflightOf(row: ArrayLike<number>): number {
  return Math.max(0, startedMinusEnded(row, 0));
}

function startedOrEnded(row: ArrayLike<number>, start: number): number {
  return Math.max(row[start + STARTED] ?? 0, endedOf(row, start));
}

function startedMinusEnded(row: ArrayLike<number>, start: number): number {
  return (row[start + STARTED] ?? 0) - endedOf(row, start);
}

/** Downstream connections open now. */
export function connectionsOf(row: ArrayLike<number>, start = 0): number {
  return Math.max(0, openedMinusClosed(row, start));
}

function openedMinusClosed(row: ArrayLike<number>, start: number): number {
  let open = row[start + CONNECTIONS_OPENED] ?? 0;
  for (let reason = 0; reason < CLOSE_REASONS.length; reason++) open -= row[start + CONNECTIONS_CLOSED + reason] ?? 0;
  return open;
}

function settle(cells: Float64Array, row: number): void {
  if (cells[row + STARTED] !== 0) cells[row + CUT]! += Math.max(0, cells[row + STARTED]! - endedOf(cells, row));
  if (cells[row + CONNECTIONS_OPENED] !== 0) cells[row + CLOSED_ERROR]! += connectionsOf(cells, row);
}

function rowOffset(kind: MetricKind, slot: number): number {
  assert(slot >= 0 && slot < CAPACITY[kind], `a ${kind} slot is in 0..${CAPACITY[kind] - 1}, got ${slot}`);
  return KIND_OFFSET[kind] + slot * ROW_LENGTH;
}
