/** What is watched, when it is an alert, and who is told. Durations are milliseconds. */
import type { AlertRule, Slo } from '../core/alerting/rule.ts';
import type { Severity } from '../core/alerting/severity.ts';

export interface AlertPlan {
  /** How often rules are looked at. */
  readonly everyMs: number;
  /** The defaults that are on, and those of the configuration. */
  readonly rules: readonly AlertRule[];
  /** Those of the configuration, and the default one of each other service. */
  readonly slos: readonly Slo[];
  readonly sinks: readonly SinkPlan[];
  readonly group: {
    /** Alerts with the same values of these labels are told together. */
    readonly by: readonly string[];
    /** How long the first of a group waits for others. */
    readonly waitMs: number;
    /** How often one that goes on is told again. */
    readonly repeatMs: number;
  };
}

interface SinkBase {
  readonly name: string;
  /** Only alerts at least this severe. */
  readonly severity: Severity;
  readonly sendResolved: boolean;
  readonly timeoutMs: number;
}

/** URLs, keys and passwords of sinks are secret: they are shown nowhere. */
export type SinkPlan = SinkBase &
  (
    | { readonly kind: 'webhook'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
    | { readonly kind: 'slack'; readonly url: string; readonly channel: string | null }
    | {
        readonly kind: 'email';
        /** `smtp://user:password@host:587` or `smtps://…`. */
        readonly url: string;
        readonly from: string;
        readonly to: readonly string[];
      }
    | { readonly kind: 'alertmanager'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
    | { readonly kind: 'pagerduty'; readonly routingKey: string; readonly url: string }
  );
