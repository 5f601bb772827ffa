/**
 * Multi-window, multi-burn-rate alerts of one objective (Google, The Site Reliability Workbook, chapter 5, table 5-8). A burn rate of 1
 * spends the budget exactly within the period; an alert needs its rate over a long window, so that it matters, and over a short one,
 * so that it still goes on. Until the long window has passed it is measured over what there is, but never over less than the short one.
 */
import { BASE_PERIOD_MS, BurnHistory } from './burn-history.ts';
import type { Slo } from './rule.ts';
import type { Finding } from './sample.ts';
import type { Severity } from './severity.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface BurnAlert {
  readonly rate: number;
  readonly longMs: number;
  readonly shortMs: number;
  /** The label `window`. */
  readonly window: string;
  readonly severity: Severity;
}

/** For a period of 30 days. Critical ones wake somebody, warnings can wait for the morning. */
export const BURN_ALERTS: readonly BurnAlert[] = [
  { rate: 14.4, longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, window: 'hour', severity: 'critical' },
  { rate: 6, longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, window: 'hours', severity: 'critical' },
  { rate: 3, longMs: 24 * HOUR_MS, shortMs: 2 * HOUR_MS, window: 'day', severity: 'warning' },
  { rate: 1, longMs: 72 * HOUR_MS, shortMs: 6 * HOUR_MS, window: 'days', severity: 'warning' },
];

export class BurnRate {
  readonly #slo: Slo;
  readonly #alerts: readonly BurnAlert[];
  #history: BurnHistory | null = null;

  constructor(slo: Slo) {
    const scale = slo.periodMs / BASE_PERIOD_MS;
    this.#slo = slo;
    this.#alerts = BURN_ALERTS.filter(({ severity }) => !slo.isPageOnly || severity === 'critical').map((alert) => ({
      ...alert,
      longMs: alert.longMs * scale,
      shortMs: alert.shortMs * scale,
    }));
  }

  /** Counters of the service as they are now. Memory is taken with the first request. @param now Monotonic milliseconds. */
  look(total: number, bad: number, now: number): readonly Finding[] {
    if (this.#history === null) {
      if (total > 0) this.#history = new BurnHistory(this.#slo, total, bad, now);
      return NONE;
    }
    this.#history.add(total, bad, now);
    const findings: Finding[] = [];
    for (const alert of this.#alerts) {
      const rate = this.#rateOf(this.#history, alert);
      if (rate === null) continue;
      const { name, service } = this.#slo;
      const labels = { slo: name, service, window: alert.window };
      findings.push({ text: `${name} ${alert.window}`, labels, value: rate, severity: alert.severity });
    }
    return findings;
  }

  /** The long window's burn rate; null: it is no alert. */
  #rateOf(history: BurnHistory, { rate, longMs, shortMs }: BurnAlert): number | null {
    const short = history.window(shortMs);
    // A tenth less: looks come a little late or early, and a reading is up to a step old.
    if (short.coveredMs < shortMs * 0.9) return null;
    if (this.#burn(short.bad, short.total) < rate) return null;
    const long = history.window(longMs);
    const burn = this.#burn(long.bad, long.total);
    return long.bad >= this.#slo.failuresMin && burn >= rate ? burn : null;
  }

  #burn(bad: number, total: number): number {
    return total > 0 ? bad / total / (1 - this.#slo.objective) : 0;
  }
}

const NONE: readonly Finding[] = [];
