/**
 * Those who wait, in one line for each priority, oldest to youngest. Everybody has a place that can be given up from anywhere in O(1). What the lines are for, who is
 * taken in and who goes when, is decided by `wait-queue.ts` and `parking.ts`.
 */
import type { Instant } from '../../base/time.ts';
import type { Priority } from './admission.ts';

/** A place in a line. */
export class Place<T> {
  readonly item: T;
  readonly priority: Priority;
  readonly queuedAt: Instant;
  older: Place<T> | null = null;
  younger: Place<T> | null = null;
  isQueued = true;

  constructor(item: T, priority: Priority, queuedAt: Instant) {
    this.item = item;
    this.priority = priority;
    this.queuedAt = queuedAt;
  }
}

/** One priority's line. */
export class Line<T> {
  readonly priority: Priority;
  oldest: Place<T> | null = null;
  youngest: Place<T> | null = null;

  constructor(priority: Priority) {
    this.priority = priority;
  }

  append(place: Place<T>): void {
    place.older = this.youngest;
    if (this.youngest === null) this.oldest = place;
    else this.youngest.younger = place;
    this.youngest = place;
  }

  unlink(place: Place<T>): void {
    if (place.older === null) this.oldest = place.younger;
    else place.older.younger = place.younger;
    if (place.younger === null) this.youngest = place.older;
    else place.younger.older = place.older;
    place.isQueued = false;
  }
}

/** In the order in which they are served. */
export type Lines<T> = readonly [high: Line<T>, normal: Line<T>, low: Line<T>];

export function newLines<T>(): Lines<T> {
  return [new Line('high'), new Line('normal'), new Line('low')];
}

export function lineOf<T>(lines: Lines<T>, priority: Priority): Line<T> {
  return lines[priority === 'high' ? 0 : priority === 'normal' ? 1 : 2];
}
