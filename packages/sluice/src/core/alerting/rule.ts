/** What is watched, as data: rules over metrics and events, and service level objectives. Durations are milliseconds. */
import type { Severity } from './severity.ts';

interface RuleBase {
  readonly name: string;
  readonly severity: Severity;
  /** What and what to do; `{label}` and `{value}` stand for what they are. */
  readonly summary: string;
  /** How long it must hold. */
  readonly forMs: number;
  /** How long it goes on after it held last. */
  readonly keepMs: number;
}

export interface ThresholdRule extends RuleBase {
  readonly kind: 'threshold';
  /** A metric of the catalogue: of a counter its rate per second over `windowMs`, of a gauge its value, of a summary the mean over `windowMs`. */
  readonly metric: string;
  /** Only series with these labels; a value that begins with `~` is a regular expression. */
  readonly labels: Readonly<Record<string, string>>;
  readonly windowMs: number;
  readonly above: number | null;
  readonly below: number | null;
  /** The value is divided by that of this metric (sums over the labels that both have, but `code`), where there is one: a share. */
  readonly per: string | null;
  /** 0..1, of a histogram over `windowMs`; null for anything else. */
  readonly quantile: number | null;
}

/** No such series, or (a counter) none of them has moved for `windowMs`. */
export interface AbsenceRule extends RuleBase {
  readonly kind: 'absence';
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly windowMs: number;
}

/** So many events of this name within the window, about the same thing. */
export interface EventRule extends RuleBase {
  readonly kind: 'event';
  readonly event: string;
  readonly windowMs: number;
  readonly count: number;
}

export type AlertRule = ThresholdRule | AbsenceRule | EventRule;

/** A service level objective: multi-window, multi-burn-rate (Google, The Site Reliability Workbook, chapter 5). */
export interface Slo {
  readonly name: string;
  /** The rule's name of its alerts. */
  readonly rule: string;
  readonly service: string;
  /** Share 0..1 of requests that must be good: answered, and not by a 5xx. */
  readonly objective: number;
  /** Good also means: at most this long, which is a bound of the latency histogram; null: however long. */
  readonly latencyMs: number | null;
  /** The window of the budget. */
  readonly periodMs: number;
  /** So many failures must be in the long window: a few requests a day are no rate. */
  readonly failuresMin: number;
  /** Only the windows that somebody is woken for. */
  readonly isPageOnly: boolean;
}
