/** Where traces, metrics and events are exported to, by OTLP over HTTP (opentelemetry.io/docs/specs/otlp). */

export interface OtlpPlan {
  /** `http://127.0.0.1:4318`; the paths `/v1/traces`, `/v1/metrics`, `/v1/logs` are added. */
  readonly url: string;
  /** Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly caFile: string | null;
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
  /** Resource attributes besides `service.name` and what is known of the machine. */
  readonly resource: Readonly<Record<string, string>>;
  readonly traces: boolean;
  /** Null: not exported. */
  readonly metrics: { readonly everyMs: number } | null;
  /** Events. */
  readonly logs: boolean;
  /** Spans, and events, that wait for a collector which is away; what is more is dropped and counted. */
  readonly queueMax: number;
}
