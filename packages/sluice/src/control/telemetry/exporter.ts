/**
 * Sends traces, metrics and events to a collector by OTLP, off the way of requests. What waits is bounded; a collector that is away costs nothing but what is dropped, and counted.
 * Without a plan there is no timer, no package and no queue.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Runtime } from '../../base/runtime.ts';
import type { OtlpPlan } from '../../config/otlp-plan.ts';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { ExpositionInput } from '../../observe/exposition.ts';
import type { SayEvent } from '../say-event.ts';
import { Pipeline } from './pipeline.ts';
import type { Signal, SignalCounts } from './signal-report.ts';

export interface TelemetryExporterOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  readonly version: string;
  /** What is known of this program and machine: `host.name`, `process.pid`, `service.instance.id`. `service.name` and `service.version` are added. */
  readonly resource: Readonly<Record<string, string | number>>;
}

/** For the last of it when the program ends. */
const FLUSH_MS = 2_000;

export class TelemetryExporter implements AsyncDisposable {
  readonly #options: TelemetryExporterOptions;
  /** Since the program began. `dropped` of traces has also what workers dropped. */
  readonly counts: Readonly<Record<Signal, SignalCounts>> = { traces: noCounts(), metrics: noCounts(), logs: noCounts() };
  #metrics: () => ExpositionInput | null = () => null;
  #pipeline: Pipeline | null = null;

  constructor(options: TelemetryExporterOptions) {
    this.#options = options;
  }

  /** What metrics are read from. */
  connect(metrics: () => ExpositionInput | null): void {
    this.#metrics = metrics;
  }

  /** From now on to there; null: nowhere. What waits goes to the new one. */
  follow(plan: OtlpPlan | null): void {
    if (isDeepStrictEqual(plan, this.#pipeline?.plan ?? null)) return;
    const left = this.#pipeline?.close();
    this.#pipeline = null;
    if (plan !== null) this.#pipeline = this.#open(plan);
    if (left === undefined) return;
    if (this.#pipeline === null) {
      this.counts.traces.dropped += spansOf(left.spans);
      this.counts.logs.dropped += left.events.length;
      return;
    }
    this.#pipeline.spans(left.spans);
    this.#pipeline.events(left.events);
  }

  /** @param dropped Traces that workers could not keep. */
  traced(batches: readonly SpanBatch[], dropped: number): void {
    this.counts.traces.dropped += dropped;
    this.#pipeline?.spans(batches);
  }

  heard(event: EventEntry): void {
    this.#pipeline?.events([event]);
  }

  /** Sends the last of it, for two seconds at most; what is left then is said. */
  async [Symbol.asyncDispose](): Promise<void> {
    const pipeline = this.#pipeline;
    if (pipeline === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.runtime.timers.after(FLUSH_MS, resolve);
    await Promise.race([pipeline.flush(), promise]);
    cancel();
    this.#pipeline = null;
    const lost = pipeline.waiting;
    const left = pipeline.close();
    this.counts.traces.dropped += spansOf(left.spans);
    this.counts.logs.dropped += left.events.length;
    if (lost.spans + lost.events > 0) this.#options.say('warn', 'otlp-lost', lost);
  }

  #open(plan: OtlpPlan): Pipeline {
    const { runtime, say, version, resource } = this.#options;
    const named = { 'service.name': 'sluice', 'service.version': version, ...resource };
    return new Pipeline({ plan, runtime, say, version, resource: named, counts: this.counts, metrics: () => this.#metrics() });
  }
}

function spansOf(batches: readonly SpanBatch[]): number {
  return batches.reduce((sum, { spans }) => sum + spans, 0);
}

function noCounts(): SignalCounts {
  return { exported: 0, dropped: 0, failed: 0 };
}
