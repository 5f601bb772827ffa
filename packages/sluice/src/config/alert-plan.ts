/** What is watched, when it is an alert, and who is told. Durations are milliseconds. */
import type { Severity } from '../core/alerting/severity.ts';

export interface AlertPlan {
  /** How often rules are looked at. */
  readonly everyMs: number;
  /** The defaults that are on, and those of the configuration. */
  readonly rules: readonly AlertRulePlan[];
  readonly slos: readonly SloPlan[];
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

interface RuleBase {
  readonly name: string;
  readonly severity: Severity;
  /** One sentence; `{label}` and `{value}` stand for what they are. */
  readonly summary: string;
  /** How long it must hold. */
  readonly forMs: number;
  /** How long it goes on after it held last. */
  readonly keepMs: number;
}

export type AlertRulePlan = RuleBase &
  (
    | {
        readonly kind: 'threshold';
        /** A metric of the catalogue; of a counter its rate per second over `windowMs`, of a gauge its value. */
        readonly metric: string;
        /** Only series with these labels; a value that begins with `~` is a regular expression. */
        readonly labels: Readonly<Record<string, string>>;
        readonly windowMs: number;
        readonly above: number | null;
        readonly below: number | null;
        /** The rate is divided by that of this metric (same labels but `code`), where there is one: a share. */
        readonly per: string | null;
      }
    /** No such series, or one that has not moved for `windowMs`. */
    | { readonly kind: 'absence'; readonly metric: string; readonly labels: Readonly<Record<string, string>>; readonly windowMs: number }
    /** So many events of this name within the window. */
    | { readonly kind: 'event'; readonly event: string; readonly windowMs: number; readonly count: number }
  );

/** A service level objective: multi-window, multi-burn-rate (Google, The Site Reliability Workbook, chapter 5). */
export interface SloPlan {
  readonly name: string;
  readonly service: string;
  /** Share 0..1 of requests that must be good: no 5xx, not cut. */
  readonly objective: number;
  /** Good also means: at most this long; null: however long. */
  readonly latencyMs: number | null;
  /** The window of the budget. */
  readonly periodMs: number;
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
