/** What workers have written for a collector, read back: spans by the trace that they are of. */
import type { SpanBatch } from '../../src/core/tracing/span-batch.ts';
import type { FromWorker } from '../../src/config/worker-protocol.ts';
import type { OtlpSpan } from './otlp-collector.ts';

export interface SentSpan {
  readonly spanId: string;
  /** Empty for none. */
  readonly parentId: string;
  readonly name: string;
  /** As OTLP counts them: internal 1, server 2, client 3. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Empty for none. */
  readonly error: string;
}

export interface SentTrace {
  readonly traceId: string;
  readonly traceState: string;
  /** Why it was kept. */
  readonly reason: string;
  /** The first is the exchange's own. */
  readonly spans: readonly SentSpan[];
}

export function spansIn(batches: readonly SpanBatch[]): readonly OtlpSpan[] {
  return batches.flatMap(({ json }) => JSON.parse(`[${json}]`) as OtlpSpan[]);
}

/** In the order in which they ended. A server's span begins another trace, though it be of the same id. */
export function tracesIn(said: readonly FromWorker[]): readonly SentTrace[] {
  const traces: { readonly own: OtlpSpan; readonly spans: SentSpan[] }[] = [];
  for (const span of spansIn(said.flatMap((message) => (message.type === 'traced' ? message.batches : [])))) {
    if (span.kind === 2) traces.push({ own: span, spans: [] });
    traces.at(-1)!.spans.push(read(span));
  }
  return traces.map(({ own, spans }) => ({
    traceId: own.traceId,
    traceState: own.traceState ?? '',
    reason: String(spans[0]!.attributes['sluice.sampled_for']),
    spans,
  }));
}

function read({ spanId, parentSpanId = '', name, kind, startTimeUnixNano, endTimeUnixNano, attributes, status }: OtlpSpan): SentSpan {
  const values = attributes.map(({ key, value }) => [key, Object.values(value)[0]] as const);
  return {
    spanId,
    parentId: parentSpanId,
    name,
    kind,
    startMs: milliseconds(startTimeUnixNano),
    endMs: milliseconds(endTimeUnixNano),
    attributes: Object.fromEntries(values) as SentSpan['attributes'],
    error: status.message ?? '',
  };
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000n) / 1_000;
}
