/** What a request's head says of the trace that it belongs to. One look over the ids of its fields; most requests say nothing. */
import { BAGGAGE_BYTES_MAX, BAGGAGE_MEMBERS_MAX, baggageMembers } from '../../core/tracing/baggage.ts';
import { parseTraceParent, type TraceParent } from '../../core/tracing/trace-context.ts';
import { keptTraceState } from '../../core/tracing/trace-state.ts';
import { ALIAS, ID } from '../../core/http1/field-section.ts';
import { BAGGAGE, TRACEPARENT, TRACESTATE } from '../../core/http1/known-fields.ts';
import type { RequestView } from '../exchange/request-view.ts';

export interface IncomingContext {
  readonly parent: TraceParent | null;
  /** Empty without a parent: it means nothing by itself. */
  readonly traceState: string;
  readonly isBaggageFine: boolean;
}

export const NO_CONTEXT: IncomingContext = { parent: null, traceState: '', isBaggageFine: true };

export function incomingContext({ parser, bytes, start }: RequestView): IncomingContext {
  const { ids, count } = parser.fields;
  let parents = 0;
  let parent: TraceParent | null = null;
  let state = '';
  let baggageBytes = 0;
  let members = 0;
  for (let index = 0; index < count; index++) {
    const id = ids[index]! & (ID | ALIAS);
    if (id !== TRACEPARENT && id !== TRACESTATE && id !== BAGGAGE) continue;
    const value = parser.value(bytes, start, index);
    if (id === TRACEPARENT) {
      parents++;
      parent = parseTraceParent(value);
    } else if (id === TRACESTATE) state = state === '' ? value : `${state},${value}`;
    else {
      baggageBytes += value.length;
      members += baggageMembers(value);
    }
  }
  if (parents === 0 && members === 0) return NO_CONTEXT;
  if (parents !== 1) parent = null; // Trace Context §4.3: more than one is none
  return {
    parent,
    traceState: parent === null ? '' : keptTraceState(state),
    isBaggageFine: baggageBytes <= BAGGAGE_BYTES_MAX && members <= BAGGAGE_MEMBERS_MAX,
  };
}
