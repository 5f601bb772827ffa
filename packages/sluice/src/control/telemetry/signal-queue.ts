/**
 * What waits to be exported, of one signal: bounded, the oldest dropped and counted; one batch under way. A collector that is away is asked again after 1 s, 2 s, … 60 s, or when it says;
 * what it refuses is given up. What has been taken counts as exported, and nothing else does.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Delivery } from '../../clients/otlp/delivery.ts';
import type { SignalReport } from './signal-report.ts';

export interface SignalQueueOptions<Item> {
  readonly runtime: Runtime;
  /** What may wait, in `sizeOf`, the batch under way included. */
  readonly max: number;
  /** What an item counts for: 1, or how many it stands for. */
  readonly sizeOf: (item: Item) => number;
  readonly report: SignalReport;
  readonly send: (batch: readonly Item[]) => Promise<Delivery>;
}

/** A batch ends with the item that reaches it. */
const BATCH_MAX = 512;
/** How long the first of a batch waits for others. */
const GATHER_MS = 1_000;

export class SignalQueue<Item> {
  readonly #options: SignalQueueOptions<Item>;
  #waiting: Item[] = [];
  /** Of what waits, of what is under way. */
  #waitingSize = 0;
  #sendingSize = 0;
  #timer: Cancel | null = null;
  #isAway = false;
  #turn: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: SignalQueueOptions<Item>) {
    this.#options = options;
  }

  get size(): number {
    return this.#waitingSize + this.#sendingSize;
  }

  push(items: readonly Item[]): void {
    const { report, sizeOf } = this.#options;
    if (this.#isClosed) return report.dropped(items.reduce((sum, item) => sum + sizeOf(item), 0));
    for (const item of items) {
      this.#waiting.push(item);
      this.#waitingSize += sizeOf(item);
    }
    this.#trim();
    if (this.#turn !== null || this.#isAway || this.#waiting.length === 0) return;
    if (this.#waitingSize >= BATCH_MAX) this.#start();
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
    this.#waitingSize = 0;
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
    while (!this.#isAway && !this.#isClosed && this.#waitingSize >= BATCH_MAX);
    if (this.#isAway || this.#isClosed || this.#waiting.length === 0) return;
    this.#timer = this.#options.runtime.timers.after(GATHER_MS, () => this.#start());
  }

  async #sendBatch(): Promise<void> {
    const { report, send, runtime } = this.#options;
    const { items, size } = this.#take(BATCH_MAX);
    if (items.length === 0) return;
    this.#sendingSize = size;
    const delivery = await send(items);
    this.#sendingSize = 0;
    const waitMs = report.delivered(delivery, size);
    if (waitMs === null) return;
    if (this.#isClosed) return report.dropped(size);
    this.#isAway = true;
    this.#waiting.unshift(...items);
    this.#waitingSize += size;
    this.#timer = runtime.timers.after(waitMs, () => this.#start());
  }

  /** The oldest, until they count for so much. */
  #take(wanted: number): { readonly items: readonly Item[]; readonly size: number } {
    let count = 0;
    let size = 0;
    while (size < wanted && count < this.#waiting.length) size += this.#options.sizeOf(this.#waiting[count++]!);
    this.#waitingSize -= size;
    return { items: this.#waiting.splice(0, count), size };
  }

  #trim(): void {
    const excess = this.size - this.#options.max;
    if (excess > 0) this.#options.report.dropped(this.#take(excess).size);
  }
}
