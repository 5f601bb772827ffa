/** The alerts of an objective as alerts of Prometheus: the same windows and burn rates (`burn-rate.ts`). */
import { BASE_PERIOD_MS } from './burn-history.ts';
import { BURN_ALERTS } from './burn-rate.ts';
import { type PrometheusRule, prometheusAlertName } from './prometheus-rule.ts';
import { BY, promDuration } from './promql.ts';
import type { Slo } from './rule.ts';

const TOTAL = 'sluice_service_requests_total';
const DURATION = 'sluice_service_request_duration_seconds';

/** Where its expressions are read. */
export interface BurnSource {
  /** Share of bad requests over a window such as `1h`. */
  readonly ratio: (window: string) => string;
  /** Bad requests within it. */
  readonly bad: (window: string) => string;
}

/** Requests that count: one that was cut is neither good nor bad, because most of those are clients that have left. */
export function countedRequests(match: string): string {
  return `${TOTAL}{${match}code!="cut"}`;
}

/** Those that failed. */
export function failedRequests(match: string): string {
  return `${TOTAL}{${match}code="5xx"}`;
}

/** An alert for each pair of windows. @param source Null: straight from the counters. */
export function prometheusBurns(slo: Slo, source: BurnSource = countersOf(slo)): readonly PrometheusRule[] {
  const scale = slo.periodMs / BASE_PERIOD_MS;
  return BURN_ALERTS.filter(({ severity }) => !slo.isPageOnly || severity === 'critical').map(
    ({ rate, longMs, shortMs, severity, window }) => {
      const [long, short] = [windowOf(longMs * scale), windowOf(shortMs * scale)];
      const bound = Number((rate * (1 - slo.objective)).toFixed(8));
      return {
        alert: prometheusAlertName(slo.rule),
        expr: `${source.ratio(long)} > ${bound} and ${source.ratio(short)} > ${bound} and ${source.bad(long)} >= ${slo.failuresMin}`,
        labels: { severity, window, ...(slo.name === '' ? {} : { slo: slo.name }) },
        annotations: {
          summary: `{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests: of an objective of ${Number((slo.objective * 100).toFixed(4))} % the error budget burns ${rate} times as fast as it may; sluice status shows which endpoints fail.`,
        },
      };
    },
  );
}

function countersOf({ service, latencyMs }: Slo): BurnSource {
  const match = `service=${JSON.stringify(service)},`;
  const sum = (read: 'rate' | 'increase', series: string, window: string): string => `sum by (${BY}) (${read}(${series}[${window}]))`;
  const bad = (read: 'rate' | 'increase', window: string): string => {
    const failed = sum(read, failedRequests(match), window);
    if (latencyMs === null) return failed;
    const only = match.slice(0, -1);
    const [all, fast] = [`${DURATION}_count{${only}}`, `${DURATION}_bucket{${only},le="${latencyMs / 1_000}"}`];
    return `(${failed} + ${sum(read, all, window)} - ${sum(read, fast, window)})`;
  };
  const total = (window: string): string => sum('rate', countedRequests(match), window);
  return {
    ratio: (window) => `clamp_max(${bad('rate', window)} / (${total(window)} > 0), 1)`,
    bad: (window) => bad('increase', window),
  };
}

/** Whole seconds. */
function windowOf(ms: number): string {
  return promDuration(Math.round(ms / 1_000) * 1_000);
}
