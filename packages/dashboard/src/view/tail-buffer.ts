/**
 * The lines of a live tail: the youngest first, at most so many. While it is held, what comes waits beside, with the same bound. `take` is called a few times a second, so that a busy tail is
 * drawn no more often than that.
 */
export interface TailLine<Value> {
  /** Rises by one with each. */
  readonly id: number;
  readonly value: Value;
}

export class TailBuffer<Value> {
  private readonly max: number;
  private waiting: TailLine<Value>[] = [];
  private lines: readonly TailLine<Value>[] = [];
  private nextId = 1;

  constructor(max: number) {
    this.max = max;
  }

  add(value: Value): void {
    this.waiting.push({ id: this.nextId++, value });
    // Cut in large pieces, so that a line costs nothing.
    if (this.waiting.length >= 2 * this.max) this.waiting = this.waiting.slice(-this.max);
  }

  /** That are not shown yet. */
  get pending(): number {
    return Math.min(this.waiting.length, this.max);
  }

  /** Shows what waits. @returns All lines; the same array where nothing came. */
  take(): readonly TailLine<Value>[] {
    if (this.waiting.length === 0) return this.lines;
    const fresh = this.waiting.slice(-this.max).reverse();
    this.waiting = [];
    this.lines = [...fresh, ...this.lines.slice(0, this.max - fresh.length)];
    return this.lines;
  }

  clear(): void {
    this.waiting = [];
    this.lines = [];
  }
}
