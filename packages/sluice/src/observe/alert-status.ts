/** Alerts as the API, `sluice alert` and the dashboard show them. Plain JSON. */
import type { Severity } from '../core/alerting/severity.ts';

export interface AlertStatus {
  /** Stable while it lasts: a digest of rule and labels. */
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  /** `pending` holds, but not for long enough yet; `firing`; `resolved` lately. */
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What was measured last. */
  readonly value: number | null;
  /** Unix milliseconds. */
  readonly since: number;
  readonly resolvedAt: number | null;
  /** The silence that keeps it quiet; null: none. */
  readonly silencedBy: string | null;
  /** Who was told, and who could not be: a line each. */
  readonly told: readonly string[];
}

export interface SilenceStatus {
  readonly id: string;
  /** Labels (and `rule`) that an alert must have; a value that begins with `~` is a regular expression. */
  readonly match: Readonly<Record<string, string>>;
  readonly until: number;
  readonly by: string;
  readonly comment: string;
}

export interface AlertRuleStatus {
  readonly name: string;
  readonly severity: Severity;
  readonly summary: string;
  /** In words: what is measured, against what, for how long. */
  readonly condition: string;
  readonly state: 'ok' | 'pending' | 'firing';
  /** Why it could not be evaluated last; null: it was. */
  readonly trouble: string | null;
}
