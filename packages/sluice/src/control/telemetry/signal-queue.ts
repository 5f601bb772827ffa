/**
 * What waits to be exported, of one signal: bounded, the oldest dropped and counted; one batch under way. A collector that is away is asked again after 1 s, 2 s, … 60 s, or when it says;
 * what it refuses is given up. What has been taken counts as exported, and nothing else does.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Delivery } from '../../clients/otlp/collector.ts';
import type { SignalReport } from './signal-report.ts';

export interface SignalQueueOptions<Item> {
  readonly runtime: Runtime;
  /** Items that wait, the batch under way included. */
  readonly max: number;
  readonly report: SignalReport;
  readonly send: (batch: readonly Item[]) => Promise<Delivery>;
}

const BATCH_MAX = 512;
/** How long the first of a batch waits for others. */
const GATHER_MS = 1_000;

export class SignalQueue<Item> {
  readonly #options: SignalQueueOptions<Item>;
  #waiting: Item[] = [];
  #sending: readonly Item[] = [];
  #timer: Cancel | null = null;
  #isAway = false;
  #turn: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: SignalQueueOptions<Item>) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.length + this.#sending.length;
  }

  push(items: readonly Item[]): void {
    if (this.#isClosed) return this.#options.report.dropped(items.length);
    for (const item of items) this.#waiting.push(item);
    this.#trim();
    if (this.#turn !== null || this.#isAway || this.#waiting.length === 0) return;
    if (this.#waiting.length >= BATCH_MAX) this.#start();
    else this.#timer ??= this.#options.runtime.timers.after(GATHER_MS, () => this.#start());
  }

  /** Sends all that waits; ends early where the collector is away. */
  async flush(): Promise<void> {
    await this.#turn;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const before = this.#options.report.isAway;
      this.#start();
      await this.#turn;
      if (before || this.#options.report.isAway) return;
    }
  }

  /** Ends it. @returns What waits still, for whom it may be sent to instead. */
  close(): readonly Item[] {
    this.#isClosed = true;
    this.#timer?.();
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }

  #start(): void {
    this.#timer?.();
    this.#timer = null;
    this.#isAway = false;
    this.#turn ??= this.#run().finally(() => (this.#turn = null));
  }

  /** Full batches at once; what is less waits for others again. */
  async #run(): Promise<void> {
    do await this.#sendBatch();
    while (!this.#isAway && !this.#isClosed && this.#waiting.length >= BATCH_MAX);
    if (this.#isAway || this.#isClosed || this.#waiting.length === 0) return;
    this.#timer = this.#options.runtime.timers.after(GATHER_MS, () => this.#start());
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#waiting.splice(0, BATCH_MAX);
    if (batch.length === 0) return;
    this.#sending = batch;
    const delivery = await this.#options.send(batch);
    this.#sending = [];
    const waitMs = this.#options.report.delivered(delivery, batch.length);
    if (waitMs === null) return;
    if (this.#isClosed) return this.#options.report.dropped(batch.length);
    this.#isAway = true;
    this.#waiting.unshift(...batch);
    this.#timer = this.#options.runtime.timers.after(waitMs, () => this.#start());
  }

  #trim(): void {
    const excess = this.size - this.#options.max;
    if (excess <= 0) return;
    this.#options.report.dropped(this.#waiting.splice(0, excess).length);
  }
}
