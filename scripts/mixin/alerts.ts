/**
 * Prometheus' alerts, made from the rules that Sluice has by itself (`config/default-alerts.ts`), for those who watch many from one place; burn rates are of the objective that each service has by default. What only the program sees, and Prometheus
 * cannot, is left out: memory and disks are what a node exporter tells. `sluice alert export` makes the same of a configuration's own rules.
 */
import { DEFAULT_FAILURES_MIN, DEFAULT_OBJECTIVE } from '../../packages/sluice/src/config/compile-alerts.ts';
import { DEFAULT_RULES, DEFAULT_SLO_RULE } from '../../packages/sluice/src/config/default-alerts.ts';
import { BASE_PERIOD_MS } from '../../packages/sluice/src/core/alerting/burn-history.ts';
import { type PrometheusRule, prometheusRule } from '../../packages/sluice/src/core/alerting/prometheus-rule.ts';
import { failedRequests, prometheusBurns } from '../../packages/sluice/src/core/alerting/prometheus-slo.ts';
import { BY } from '../../packages/sluice/src/core/alerting/promql.ts';
import type { Slo } from '../../packages/sluice/src/core/alerting/rule.ts';
import { errorRatio } from './recording.ts';

/** Of every service. */
const DEFAULT_SLO: Slo = {
  name: '',
  rule: DEFAULT_SLO_RULE,
  service: '',
  objective: DEFAULT_OBJECTIVE,
  latencyMs: null,
  periodMs: BASE_PERIOD_MS,
  failuresMin: DEFAULT_FAILURES_MIN,
  isPageOnly: true,
};

export const PROMETHEUS_ALERTS: readonly PrometheusRule[] = [
  ...DEFAULT_RULES.flatMap((rule) => prometheusRule(rule) ?? []),
  ...prometheusBurns(DEFAULT_SLO, { ratio: errorRatio, bad: (window) => `sum by (${BY}) (increase(${failedRequests('')}[${window}]))` }),
  away(),
];

function away(): PrometheusRule {
  return {
    alert: 'SluiceAbsent',
    expr: 'absent(sluice_build_info)',
    for: '5m',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'No Sluice tells its metrics: see whether it runs, and whether Prometheus may read /metrics of its admin address.',
    },
  };
}
