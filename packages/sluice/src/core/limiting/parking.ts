/**
 * Requests of a service that wait for an instance, in one worker: first come, first served within a priority, bounded over all workers in number and bytes, each for
 * so long at most. Unlike `wait-queue.ts` it never lets the youngest go first: those who wait here wait for a start, which serves all of them, and not in an overload
 * that would have to be got rid of.
 *
 * Workers look first and count afterwards, as for all bounds: w workers may pass the number by at most w - 1, and the bytes by as many requests' heads, or pieces of
 * content. No timers inside. Every operation is O(1) apart from what it returns.
 */
import type { Instant } from '../../base/time.ts';
import type { Priority } from './admission.ts';
import { lineOf, type Lines, newLines, Place } from './priority-lines.ts';
import { countParked, countParkedBytes, type ParkedTable } from './wait-counts.ts';

/** Over all workers; satisfied by the plan's. */
export interface ParkingBounds {
  /** 0 parks nothing. */
  readonly requestsMax: number;
  readonly bytesMax: number;
  readonly waitMs: number;
}

export interface ParkingOptions {
  readonly table: ParkedTable;
  /** Row of the service, column of the worker. */
  readonly service: number;
  readonly worker: number;
}

/** A parked request's place. */
export class ParkingPlace<T> extends Place<T> {
  /** What it holds: its head, and the content that has come. */
  bytes = 0;
}

export class Parking<T> {
  readonly #options: ParkingOptions;
  readonly #lines: Lines<T> = newLines();
  #size = 0;

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** In this worker. */
  get size(): number {
    return this.#size;
  }

  /** Takes one in; null when a bound is reached. @param bytes That it holds. */
  enter(item: T, priority: Priority, bytes: number, bounds: ParkingBounds, now: Instant): ParkingPlace<T> | null {
    const { table, service, worker } = this.#options;
    if (Atomics.load(table.serviceParked, service) >= bounds.requestsMax || !this.#hasRoom(bytes, bounds)) return null;
    const place = new ParkingPlace(item, priority, now);
    place.bytes = bytes;
    lineOf(this.#lines, priority).append(place);
    this.#size += 1;
    countParked(table, service, worker, 1);
    countParkedBytes(table, service, worker, bytes);
    return place;
  }

  /** It holds more. @returns False when that is more than may be held: nothing is counted, and it has to leave. */
  grow(place: ParkingPlace<T>, bytes: number, bounds: ParkingBounds): boolean {
    if (!place.isQueued) return true;
    if (!this.#hasRoom(bytes, bounds)) return false;
    const { table, service, worker } = this.#options;
    place.bytes += bytes;
    countParkedBytes(table, service, worker, bytes);
    return true;
  }

  /** Whoever goes first; null when none waits. */
  first(): ParkingPlace<T> | null {
    for (const line of this.#lines) if (line.oldest !== null) return line.oldest as ParkingPlace<T>;
    return null;
  }

  /** Who goes after this one, which still waits. */
  after(place: ParkingPlace<T>): ParkingPlace<T> | null {
    if (place.younger !== null) return place.younger as ParkingPlace<T>;
    for (let index = this.#lines.indexOf(lineOf(this.#lines, place.priority)) + 1; index < this.#lines.length; index++) {
      const { oldest } = this.#lines[index]!;
      if (oldest !== null) return oldest as ParkingPlace<T>;
    }
    return null;
  }

  /** It goes on, or has left; false when it waited no more. */
  leave(place: ParkingPlace<T>): boolean {
    if (!place.isQueued) return false;
    const { table, service, worker } = this.#options;
    lineOf(this.#lines, place.priority).unlink(place);
    this.#size -= 1;
    countParked(table, service, worker, -1);
    countParkedBytes(table, service, worker, -place.bytes);
    return true;
  }

  /** Takes out those who have waited for so long; the owner refuses them. */
  expire(now: Instant, waitMs: number): readonly T[] {
    const expired: T[] = [];
    for (const line of this.#lines) {
      while (line.oldest !== null && now - line.oldest.queuedAt >= waitMs) {
        expired.push(line.oldest.item);
        this.leave(line.oldest as ParkingPlace<T>);
      }
    }
    return expired;
  }

  #hasRoom(bytes: number, bounds: ParkingBounds): boolean {
    const { table, service } = this.#options;
    return Atomics.load(table.serviceParkedBytes, service) + bytes <= bounds.bytesMax;
  }
}
