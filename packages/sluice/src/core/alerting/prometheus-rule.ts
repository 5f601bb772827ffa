/** A rule as an alert of Prometheus (prometheus.io/docs/prometheus/latest/configuration/alerting_rules). */
import { metricNamed } from './metric-names.ts';
import { BY, promAbsence, promDuration, promShare, promValue } from './promql.ts';
import type { AlertRule, EventRule, ThresholdRule } from './rule.ts';

export interface PrometheusRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface CountedEvent {
  /** The counter that moves with it, and its labels. */
  readonly counter: string;
  readonly by: string;
  /** Counter steps that are an event. */
  readonly steps: number;
}

/** Events that counters show, too. */
const COUNTED: Readonly<Record<string, CountedEvent>> = {
  'instance-crash-loop': { counter: 'sluice_instance_restarts_total', by: BY, steps: 6 },
  'worker-crashed': { counter: 'sluice_worker_restarts_total', by: 'job, instance', steps: 1 },
  'endpoint-ejected': { counter: 'sluice_ejections_total', by: `${BY}, endpoint`, steps: 1 },
};

/** Null: Prometheus cannot see what it is about. */
export function prometheusRule(rule: AlertRule): PrometheusRule | null {
  const expr = exprOf(rule);
  if (expr === null) return null;
  const { name, severity, forMs, keepMs, summary } = rule;
  return {
    alert: prometheusAlertName(name),
    expr,
    ...(forMs === 0 ? {} : { for: promDuration(forMs) }),
    ...(keepMs === 0 ? {} : { keep_firing_for: promDuration(keepMs) }),
    labels: { severity },
    annotations: { summary: template(summary, labelsOf(rule)) },
  };
}

/** `SluiceNoHealthyEndpoint`. */
export function prometheusAlertName(rule: string): string {
  return `Sluice${rule.replaceAll(/(?:^|[^A-Za-z0-9])([A-Za-z0-9])/g, (_match, first: string) => first.toUpperCase())}`;
}

function exprOf(rule: AlertRule): string | null {
  switch (rule.kind) {
    case 'event':
      return eventExpr(rule);
    case 'absence':
      return promAbsence(rule);
    case 'threshold':
      return thresholdExpr(rule);
  }
}

function eventExpr({ event, windowMs, count }: EventRule): string | null {
  const counted = COUNTED[event];
  if (counted === undefined) return null;
  const { counter, by, steps } = counted;
  // Rates are extrapolated: one step may be a little more or less than 1.
  return `sum by (${by}) (increase(${counter}[${promDuration(windowMs)}])) > ${steps * count - 1}`;
}

function thresholdExpr(rule: ThresholdRule): string | null {
  const value = rule.per === null ? promValue(rule) : promShare(rule, rule.per);
  if (value === null) return null;
  return rule.above === null ? `${value} < ${rule.below}` : `${value} > ${rule.above}`;
}

function labelsOf(rule: AlertRule): readonly string[] {
  if (rule.kind === 'event') return (COUNTED[rule.event]?.by ?? '').split(', ');
  return metricNamed(rule.metric)?.labels ?? [];
}

/** `{service}` is a label, `{value}` the value; a name that is no label stays, and so does what Prometheus' templates would take for their own. */
function template(summary: string, labels: readonly string[]): string {
  return summary.replaceAll(/\{\{|\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string | undefined) => {
    if (name === undefined) return '{{ "{{" }}';
    if (name === 'value') return '{{ $value }}';
    // Prometheus does not know which worker it was.
    if (name === 'worker' && !labels.includes(name)) return 'thread of {{ $labels.instance }}';
    return labels.includes(name) ? `{{ $labels.${name} }}` : whole;
  });
}
