/**
 * Prometheus' alerts, made from the rules that Sluice has by itself (`config/default-alerts.ts`), for those who watch many from one place; burn rates are of the objective that each service has by default. What only the program sees, and Prometheus
 * cannot, has another expression here, or none: memory and disks are what a node exporter tells.
 */
import { DEFAULT_FAILURES_MIN, DEFAULT_OBJECTIVE } from '../../packages/sluice/src/config/compile-alerts.ts';
import { DEFAULT_RULES, DEFAULT_SLO_RULE } from '../../packages/sluice/src/config/default-alerts.ts';
import { BURN_ALERTS } from '../../packages/sluice/src/core/alerting/burn-rate.ts';
import type { AlertRule, ThresholdRule } from '../../packages/sluice/src/core/alerting/rule.ts';
import { METRIC_FAMILIES } from '../../packages/sluice/src/observe/metric-catalog.ts';
import { BAD, BY, errorRatio, promDuration } from './recording.ts';

export interface PrometheusAlert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** By the name of the rule or, of thresholds, its metric. Null: left to others. */
const ELSEWHERE: Readonly<Record<string, string | null>> = {
  alert_service_endpoints_usable: `sum by (${BY}) (sluice_endpoint_up * (1 - sluice_endpoint_ejected) * (1 - sluice_endpoint_draining)) < 1`,
  // The most and the least of a service whose number is fixed are the same: only where it moved is there a scaler.
  alert_scaler_at_max: 'sluice_instances_wanted >= sluice_instances_max and changes(sluice_instances_wanted[1d]) > 0',
  alert_memory_share: null,
  alert_disk_share: null,
  'crash-loop': `sum by (${BY}) (increase(sluice_instance_restarts_total[10m])) > 5`,
  'worker-crashed': 'increase(sluice_worker_restarts_total[5m]) > 0',
};

export const PROMETHEUS_ALERTS: readonly PrometheusAlert[] = [...DEFAULT_RULES.flatMap(ruleAlert), ...burnAlerts(), away()];

function ruleAlert(rule: AlertRule): PrometheusAlert[] {
  const expr = exprOf(rule);
  if (expr === null) return [];
  const { name, severity, forMs, summary } = rule;
  const lasting = forMs === 0 ? {} : { for: promDuration(forMs) };
  return [{ alert: alertName(name), expr, ...lasting, labels: { severity }, annotations: { summary: template(summary, expr) } }];
}

function exprOf(rule: AlertRule): string | null {
  const key = rule.kind === 'event' ? rule.name : rule.metric;
  const elsewhere = ELSEWHERE[key];
  if (elsewhere !== undefined) return elsewhere;
  if (rule.kind === 'threshold') return thresholdExpr(rule);
  throw new Error(`the mixin has no expression for rule ${rule.name}: give it one in scripts/mixin/alerts.ts`);
}

function thresholdExpr({ name, metric, labels, windowMs, above, below, per, quantile }: ThresholdRule): string {
  if (Object.keys(labels).length > 0 || per !== null || quantile !== null)
    throw new Error(`the mixin does not know labels, shares and quantiles: give rule ${name} an expression in scripts/mixin/alerts.ts`);
  const family = METRIC_FAMILIES.find((one) => one.name === metric);
  if (family === undefined) throw new Error(`rule ${name} is about ${metric}, which the catalogue has not`);
  const value = family.type === 'counter' ? `rate(${metric}[${promDuration(windowMs)}])` : metric;
  return above === null ? `${value} < ${below}` : `${value} > ${above}`;
}

/** Both windows burn at the rate, and enough failed that it is one. */
function burnAlerts(): PrometheusAlert[] {
  return BURN_ALERTS.filter(({ severity }) => severity === 'critical').map(({ rate, longMs, shortMs, severity, window }) => {
    const [long, short] = [promDuration(longMs), promDuration(shortMs)];
    const bound = Number((rate * (1 - DEFAULT_OBJECTIVE)).toFixed(6));
    return {
      alert: alertName(DEFAULT_SLO_RULE),
      expr: `${errorRatio(long)} > ${bound} and ${errorRatio(short)} > ${bound} and sum by (${BY}) (increase(${BAD}[${long}])) >= ${DEFAULT_FAILURES_MIN}`,
      labels: { severity, window },
      annotations: {
        summary: `{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests: of an objective of ${DEFAULT_OBJECTIVE * 100} % the error budget burns ${rate} times as fast as it may; sluice status shows which endpoints fail.`,
      },
    };
  });
}

function away(): PrometheusAlert {
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

function alertName(rule: string): string {
  return `Sluice${rule.replaceAll(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase())}`;
}

/** `{service}` is a label, `{value}` the value. Prometheus does not know which worker it was. */
function template(summary: string, expr: string): string {
  return summary.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    if (name === 'value') return '{{ $value }}';
    return name === 'worker' && expr.includes('sluice_worker_restarts_total')
      ? 'thread of {{ $labels.instance }}'
      : `{{ $labels.${name} }}`;
  });
}
