/**
 * Export to one collector, from the plan that asks for it to the one that asks for another: a queue for spans, one for events, and metrics as
 * they are each time. What speaks OTLP is loaded with the first export.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Collector } from '../../clients/otlp/collector.ts';
import type { Delivery } from '../../clients/otlp/delivery.ts';
import type { OtlpPlan } from '../../config/otlp-plan.ts';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { ExpositionInput } from '../../observe/exposition.ts';
import type { SayEvent } from '../say-event.ts';
import { SignalQueue } from './signal-queue.ts';
import { type Signal, type SignalCounts, SignalReport } from './signal-report.ts';

export interface PipelineOptions {
  readonly plan: OtlpPlan;
  readonly runtime: Runtime;
  readonly say: SayEvent;
  readonly version: string;
  readonly resource: Readonly<Record<string, string | number>>;
  readonly counts: Readonly<Record<Signal, SignalCounts>>;
  /** What metrics are read from; null while nothing runs. */
  readonly metrics: () => ExpositionInput | null;
}

/** What waits still when a pipeline ends. */
export interface Leftover {
  readonly spans: readonly SpanBatch[];
  readonly events: readonly EventEntry[];
}

const UNAVAILABLE: Delivery = { end: 'refused', reason: 'packages are missing' };
const CLOSED: Delivery = { end: 'away', reason: 'export to it has ended', afterMs: null };

export class Pipeline {
  readonly plan: OtlpPlan;
  readonly #options: PipelineOptions;
  #collector: Collector | null = null;
  readonly #spans: SignalQueue<SpanBatch>;
  readonly #events: SignalQueue<EventEntry>;
  readonly #metricReport: SignalReport;
  #metricTimer: Cancel | null = null;
  #collecting: Promise<void> | null = null;
  /** A package is missing: neither metrics nor events are sent until a plan asks anew. */
  #isUnavailable = false;
  #isClosed = false;

  constructor(options: PipelineOptions) {
    const { plan, runtime, counts } = options;
    this.plan = plan;
    this.#options = options;
    const { host } = new URL(plan.url);
    const report = (signal: Signal): SignalReport =>
      new SignalReport({ signal, collector: host, counts: counts[signal], runtime, say: (...event) => this.#tell(signal, event) });
    const common = { runtime, max: plan.queueMax };
    this.#spans = new SignalQueue({
      ...common,
      sizeOf: ({ spans }) => spans,
      report: report('traces'),
      send: (batch) => this.#try('traces', (collector) => collector.sendSpans(batch)),
    });
    this.#events = new SignalQueue({
      ...common,
      sizeOf: () => 1,
      report: report('logs'),
      send: (batch) => this.#try('logs', (collector) => collector.sendEvents(batch)),
    });
    this.#metricReport = report('metrics');
    if (plan.metrics !== null) this.#collectIn(plan.metrics.everyMs);
  }

  spans(batches: readonly SpanBatch[]): void {
    if (this.plan.traces) this.#spans.push(batches);
  }

  events(items: readonly EventEntry[]): void {
    if (this.plan.logs) this.#events.push(items);
  }

  /** Sends what waits and how metrics stand now. */
  async flush(): Promise<void> {
    await Promise.all([this.#spans.flush(), this.#events.flush(), this.plan.metrics === null ? null : this.#collect()]);
  }

  /** What waits or is under way. */
  get waiting(): { readonly spans: number; readonly events: number } {
    return { spans: this.#spans.size, events: this.#events.size };
  }

  /** Ends at once, what is under way too. */
  close(): Leftover {
    this.#isClosed = true;
    this.#metricTimer?.();
    const left = { spans: this.#spans.close(), events: this.#events.close() };
    this.#collector?.[Symbol.dispose]();
    return left;
  }

  #collectIn(delayMs: number): void {
    this.#metricTimer?.();
    this.#metricTimer = this.#isClosed ? null : this.#options.runtime.timers.after(delayMs, () => void this.#collect());
  }

  /** Cumulative: the next collection says all that a lost one would have said, so none waits. */
  #collect(): Promise<void> {
    this.#collecting ??= this.#sendMetrics().finally(() => (this.#collecting = null));
    return this.#collecting;
  }

  async #sendMetrics(): Promise<void> {
    const everyMs = this.plan.metrics?.everyMs ?? 0;
    const input = this.#options.metrics();
    if (input === null) return this.#collectIn(everyMs);
    const delivery = await this.#try('metrics', (collector) => collector.sendMetrics(() => input));
    const waitMs = this.#metricReport.delivered(delivery, 1);
    if (waitMs !== null) this.#metricReport.dropped(1);
    this.#collectIn(Math.max(everyMs, waitMs ?? 0));
  }

  async #try(signal: Signal, send: (collector: Collector) => Promise<Delivery>): Promise<Delivery> {
    if (this.#isLacking(signal)) return UNAVAILABLE;
    try {
      const collector = await this.#open();
      return this.#isClosed ? CLOSED : await send(collector);
    } catch (error) {
      const { OtlpFault } = await import('../../clients/otlp/otlp-fault.ts');
      if (!(error instanceof OtlpFault))
        return { end: 'refused', reason: error instanceof Error ? error.message.slice(0, 200) : String(error) };
      if (!this.#isUnavailable) this.#options.say('error', 'otlp-unavailable', { reason: error.message, remedy: error.remedy });
      this.#isUnavailable = true;
      return UNAVAILABLE;
    }
  }

  async #open(): Promise<Collector> {
    const { Collector } = await import('../../clients/otlp/collector.ts');
    const { plan, version, resource, runtime } = this.#options;
    return (this.#collector ??= new Collector({ plan, version, resource, wall: () => runtime.clock.wall() }));
  }

  /** What cannot be sent at all has been said already. */
  #tell(signal: Signal, event: Parameters<SayEvent>): void {
    if (!this.#isLacking(signal)) this.#options.say(...event);
  }

  /** Spans need no package. */
  #isLacking(signal: Signal): boolean {
    return this.#isUnavailable && signal !== 'traces';
  }
}
