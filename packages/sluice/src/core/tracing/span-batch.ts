/**
 * Spans on their way to a collector: a worker writes them as OTLP's JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding") once, and nobody on the way reads them again: they are cloned
 * to the control plane as one string and joined with others in a request.
 */
export interface SpanBatch {
  /** Objects `Span` of OTLP, joined with commas; no brackets around them. */
  readonly json: string;
  /** How many: 1 to 98: below the smallest queue. */
  readonly spans: number;
}
