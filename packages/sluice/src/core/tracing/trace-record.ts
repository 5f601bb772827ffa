/**
 * A trace's part that one worker recorded: the spans of one exchange, as they travel to the control plane. Plain data for structured clone; ids are lower-case hexadecimal. Times are Unix milliseconds with
 * fractions.
 */
export interface SpanRecord {
  readonly spanId: string;
  /** '' for none. */
  readonly parentId: string;
  readonly name: string;
  /** As OpenTelemetry: internal 0, server 1, client 2. */
  readonly kind: 0 | 1 | 2;
  readonly startMs: number;
  readonly endMs: number;
  /** By OpenTelemetry's semantic conventions; ours begin with `sluice.`. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Why it failed; '' for none. */
  readonly error: string;
}

export interface TraceRecord {
  readonly traceId: string;
  /** `tracestate` as it came in; '' for none. */
  readonly traceState: string;
  /** Why it is kept: `parent`, `sample`, `error`, `slow`. */
  readonly reason: 'parent' | 'sample' | 'error' | 'slow';
  /** The first is the exchange's own. */
  readonly spans: readonly SpanRecord[];
}
