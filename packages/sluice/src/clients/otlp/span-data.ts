/** Spans of ours as the packages' exporters take them. */
import type * as Api from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanRecord, TraceRecord } from '../../core/tracing/trace-record.ts';
import { hrTime } from './hr-time.ts';

/** One span of a trace, as it waits. */
export interface SpanItem {
  readonly trace: TraceRecord;
  readonly span: SpanRecord;
}

export interface SpanSurroundings {
  readonly api: typeof Api;
  readonly resource: Resource;
  readonly scope: ReadableSpan['instrumentationScope'];
}

export function readableSpan({ trace, span }: SpanItem, { api, resource, scope }: SpanSurroundings): ReadableSpan {
  const context: Api.SpanContext = {
    traceId: trace.traceId,
    spanId: span.spanId,
    traceFlags: api.TraceFlags.SAMPLED,
    ...(trace.traceState === '' ? {} : { traceState: api.createTraceState(trace.traceState) }),
  };
  const isOwn = span === trace.spans[0];
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => context,
    // Only the exchange's own span has a parent elsewhere: the client's.
    ...(span.parentId === ''
      ? {}
      : {
          parentSpanContext: { traceId: trace.traceId, spanId: span.parentId, traceFlags: api.TraceFlags.SAMPLED, isRemote: isOwn },
        }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(Math.max(0, span.endMs - span.startMs)),
    ended: true,
    status: span.error === '' ? { code: api.SpanStatusCode.UNSET } : { code: api.SpanStatusCode.ERROR, message: span.error },
    attributes: isOwn ? { ...span.attributes, 'sluice.sampled_for': trace.reason } : span.attributes,
    links: [],
    events: [],
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
