/**
 * Which counts of the table each worker has raised and not lowered yet: a list per worker in the table's memory that only it writes, so that a crashed one's share can be
 * taken back. 16,384 requests in flight per worker are 64 KiB of it; what is beyond is not limited in concurrency, and the table's `unplaced` counts it.
 */
import { WORKERS_MAX } from '../balancing/endpoint-table.ts';

/** Requests under concurrency limits in flight per worker; one under two limits counts twice. */
export const HELD_MAX = 16_384;

/** Behind the table's header. */
const START_BYTES = 128;

/** Of all workers' lists. */
export const HELD_BYTES = WORKERS_MAX * HELD_MAX * 4;

/** A worker's side. */
export class HeldSlots {
  readonly #column: Int32Array;
  /** Cells that were used and are free again; above `#fresh` none was used yet. */
  readonly #free: number[] = [];
  #fresh = 0;

  /** @param buffer Of the table. The worker's list must be empty: `takeHeld` says what a worker before it has left. */
  constructor(buffer: SharedArrayBuffer, worker: number) {
    this.#column = columnOf(buffer, worker);
  }

  /** Notes one; its cell, or -1 when there is none. */
  add(index: number): number {
    const cell = this.#free.pop() ?? (this.#fresh < HELD_MAX ? this.#fresh++ : -1);
    if (cell >= 0) Atomics.store(this.#column, cell, index);
    return cell;
  }

  /** What a cell notes. */
  at(cell: number): number {
    return Atomics.load(this.#column, cell);
  }

  /** Strikes it out. */
  remove(cell: number): void {
    Atomics.store(this.#column, cell, 0);
    this.#free.push(cell);
  }
}

/** What a worker holds, and clears it. Only after the worker has ended and before its successor starts. */
export function takeHeld(buffer: SharedArrayBuffer, worker: number): readonly number[] {
  const column = columnOf(buffer, worker);
  const held: number[] = [];
  for (let cell = 0; cell < HELD_MAX; cell++) {
    const index = Atomics.exchange(column, cell, 0);
    if (index !== 0) held.push(index);
  }
  return held;
}

function columnOf(buffer: SharedArrayBuffer, worker: number): Int32Array {
  return new Int32Array(buffer, START_BYTES + worker * HELD_MAX * 4, HELD_MAX);
}
