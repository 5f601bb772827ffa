/**
 * The alerts there are, by rule and labels: pending until a rule has held for long enough, firing until it has not held for `keepMs`,
 * then shown as resolved for a while. Fires once and resolves once per episode. At most `ALERTS_MAX` pending and firing ones; more are
 * counted in `refused`, and one alert says so. A look costs what holds and what is known, nothing else.
 */
import { digest, labelKey, type Labels } from './labels.ts';
import type { Finding } from './sample.ts';
import type { Severity } from './severity.ts';
import { renderSummary } from './summary.ts';

export const ALERTS_MAX = 1_000;
/** How long a resolved one is shown, and how many of them. */
export const RESOLVED_SHOWN_MS = 900_000;
const RESOLVED_MAX = 200;
/** Said when there are more than `ALERTS_MAX`. */
export const OVERFLOW_RULE = 'too-many-alerts';

export interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly labels: Labels;
  severity: Severity;
  state: 'pending' | 'firing' | 'resolved';
  summary: string;
  value: number | null;
  /** When this state began, wall-clock ms; of a resolved one when it began to fire. */
  sinceMs: number;
  resolvedMs: number | null;
  /** Monotonic ms. */
  beganAt: number;
  heldAt: number;
}

/** What a rule says of all its alerts. */
export interface AlertTerms {
  readonly name: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly forMs: number;
  readonly keepMs: number;
}

/** Both clocks of a look. */
export interface Moment {
  /** Monotonic ms. */
  readonly now: number;
  /** Wall-clock ms. */
  readonly wall: number;
}

export class AlertBook {
  readonly #rules = new Map<string, Map<string, Alert>>();
  readonly #resolved: Alert[] = [];
  #active = 0;
  #refused = 0;

  /** @param findings Everything for which the rule holds now. @returns Alerts that began to fire or are over. */
  look(terms: AlertTerms, findings: readonly Finding[], moment: Moment): readonly Alert[] {
    let alerts = this.#rules.get(terms.name);
    if (alerts === undefined) {
      if (findings.length === 0) return NONE;
      this.#rules.set(terms.name, (alerts = new Map<string, Alert>()));
    }
    const changed: Alert[] = [];
    for (const finding of findings) {
      const alert = alerts.get(finding.text) ?? this.#open(terms, finding, alerts, moment);
      if (alert !== null && this.#holds(alert, terms, finding, moment)) changed.push(alert);
    }
    for (const [text, alert] of alerts) {
      if (alert.heldAt === moment.now) continue;
      if (alert.state === 'firing' && moment.now - alert.heldAt < terms.keepMs) continue;
      this.#close(alerts, text, alert, moment);
      if (alert.state === 'resolved') changed.push(alert);
    }
    return changed;
  }

  /** After all rules: says whether there are too many alerts, and forgets old ones. @returns What changed. */
  settle(moment: Moment): readonly Alert[] {
    const resolved = this.#resolved;
    while (resolved.length > RESOLVED_MAX || (resolved.length > 0 && moment.wall - resolved[0]!.resolvedMs! > RESOLVED_SHOWN_MS))
      resolved.shift();
    const refused = this.#refused;
    this.#refused = 0;
    return this.look(OVERFLOW, refused === 0 ? [] : [{ text: '', labels: {}, value: refused }], moment);
  }

  /** The rule is gone. @returns Its alerts that fired, resolved. */
  drop(rule: string, moment: Moment): readonly Alert[] {
    const alerts = this.#rules.get(rule);
    if (alerts === undefined) return NONE;
    const changed: Alert[] = [];
    for (const [text, alert] of alerts) {
      this.#close(alerts, text, alert, moment);
      if (alert.state === 'resolved') changed.push(alert);
    }
    this.#rules.delete(rule);
    return changed;
  }

  /** Firing ones first, then pending, then resolved lately; the youngest first. */
  list(): readonly Alert[] {
    const active = [...this.#rules.values()].flatMap((alerts) => [...alerts.values()]);
    const order = { firing: 0, pending: 1, resolved: 2 };
    return [...active, ...this.#resolved].toSorted((a, b) => order[a.state] - order[b.state] || b.sinceMs - a.sinceMs);
  }

  /** What a rule's alerts say of it. @param labels Only of those that have them. */
  stateOf(rule: string, labels: Labels = {}): 'ok' | 'pending' | 'firing' {
    let state: 'ok' | 'pending' | 'firing' = 'ok';
    for (const alert of this.#rules.get(rule)?.values() ?? []) {
      if (Object.keys(labels).some((name) => alert.labels[name] !== labels[name])) continue;
      if (alert.state === 'firing') return 'firing';
      state = 'pending';
    }
    return state;
  }

  #open(terms: AlertTerms, finding: Finding, alerts: Map<string, Alert>, { now, wall }: Moment): Alert | null {
    if (this.#active >= ALERTS_MAX && terms !== OVERFLOW) {
      this.#refused++;
      return null;
    }
    const { labels, value } = finding;
    const id = digest(`${terms.name}\n${labelKey(labels)}`);
    const { name: rule } = terms;
    const severity = finding.severity ?? terms.severity;
    const common = { state: 'pending', summary: '', sinceMs: wall, resolvedMs: null, beganAt: now, heldAt: now } as const;
    const alert: Alert = { ...common, id, rule, labels, severity, value };
    alerts.set(finding.text, alert);
    this.#active++;
    return alert;
  }

  /** @returns Whether it fires from now on. */
  #holds(alert: Alert, terms: AlertTerms, { value, severity }: Finding, { now, wall }: Moment): boolean {
    alert.heldAt = now;
    alert.value = value;
    alert.severity = severity ?? terms.severity;
    alert.summary = renderSummary(terms.summary, alert.labels, value);
    if (alert.state !== 'pending' || now - alert.beganAt < terms.forMs) return false;
    alert.state = 'firing';
    alert.sinceMs = wall;
    return true;
  }

  #close(alerts: Map<string, Alert>, text: string, alert: Alert, { wall }: Moment): void {
    alerts.delete(text);
    this.#active--;
    if (alert.state !== 'firing') return;
    alert.state = 'resolved';
    alert.resolvedMs = wall;
    this.#resolved.push(alert);
  }
}

const NONE: readonly Alert[] = [];

const OVERFLOW: AlertTerms = {
  name: OVERFLOW_RULE,
  severity: 'critical',
  summary: `{value} more alerts than the ${ALERTS_MAX} that are kept: a rule is too fine, or very much is wrong; narrow its labels.`,
  forMs: 0,
  keepMs: 60_000,
};
