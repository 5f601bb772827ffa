/** Compiles alerts: default rules with what the configuration says of them, its own, an objective for each service, and sinks. */
import { BUCKET_BOUNDS_MS } from '../base/histogram.ts';
import type { AlertRule, Slo } from '../core/alerting/rule.ts';
import type { AlertPlan, SinkPlan } from './alert-plan.ts';
import { DEFAULT_RULES, DEFAULT_SLO_RULE, SLO_RULE } from './default-alerts.ts';
import { NO_ALERTS } from './observe-plan.ts';
import type { ValidSink } from './schema/alert-sinks.ts';
import type { ValidAlertRule, ValidAlerts } from './schema/alerts.ts';
import type { ValidConfig } from './schema/config.ts';

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
export const DEFAULT_OBJECTIVE = 0.999;
const DEFAULT_PERIOD_MS = 30 * 86_400_000;
/** Below it, a service without an objective of its own wakes nobody. */
export const DEFAULT_FAILURES_MIN = 10;

export function compileAlerts({ alerts, services }: ValidConfig): AlertPlan {
  if (alerts === null) return NO_ALERTS;
  const { every, group, sinks } = alerts;
  return {
    everyMs: every,
    rules: compileRules(alerts),
    slos: compileSlos(alerts, Object.keys(services)),
    sinks: Object.entries(sinks).map(([name, sink]) => compileSink(name, sink)),
    group: { by: group.by, waitMs: group.wait, repeatMs: group.repeat },
  };
}

function compileRules({ defaults, rules }: NonNullable<ValidAlerts>): readonly AlertRule[] {
  const kept = defaults ? DEFAULT_RULES.filter(({ name }) => !Object.hasOwn(rules, name)) : [];
  const own = Object.entries(rules).flatMap(([name, rule]) => (rule === false ? [] : [compileRule(name, rule)]));
  return [...kept, ...own];
}

function compileRule(name: string, rule: ValidAlertRule): AlertRule {
  const { severity, labels, window: windowMs } = rule;
  const known = DEFAULT_RULES.find((one) => one.name === name);
  const base = { name, severity, summary: rule.summary ?? known?.summary ?? summaryOf(name, rule), forMs: rule.for, keepMs: rule.keep };
  if (rule.event !== undefined) return { ...base, kind: 'event', event: rule.event, windowMs, count: rule.count };
  if (rule.absent !== undefined) return { ...base, kind: 'absence', metric: rule.absent, labels, windowMs };
  const { above = null, below = null, per = null, quantile = null } = rule;
  return { ...base, kind: 'threshold', metric: rule.metric ?? '', labels, windowMs, above, below, per, quantile };
}

/** For who writes none. */
function summaryOf(name: string, { metric, absent, event, above, below }: ValidAlertRule): string {
  if (event !== undefined) return `${name}: the event ${event} has happened {value} times.`;
  if (absent !== undefined) return `${name}: ${absent} is not there, or does not move.`;
  return `${name}: ${metric} is {value}, ${above === undefined ? `below ${below}` : `above ${above}`}.`;
}

function compileSlos({ defaults, rules, slos }: NonNullable<ValidAlerts>, services: readonly string[]): readonly Slo[] {
  const own = Object.entries(slos).map(([name, slo]): Slo => {
    const { service, objective, latency, period: periodMs, failures: failuresMin } = slo;
    const latencyMs = latency === undefined ? null : nearestBound(latency);
    return { name, rule: SLO_RULE, service, objective, latencyMs, periodMs, failuresMin, isPageOnly: false };
  });
  if (!defaults || Object.hasOwn(rules, DEFAULT_SLO_RULE)) return own;
  const covered = new Set(own.map(({ service }) => service));
  const rest = services
    .filter((service) => !covered.has(service))
    .map((service): Slo => {
      const common = { objective: DEFAULT_OBJECTIVE, latencyMs: null, periodMs: DEFAULT_PERIOD_MS } as const;
      return { ...common, name: service, rule: DEFAULT_SLO_RULE, service, failuresMin: DEFAULT_FAILURES_MIN, isPageOnly: true };
    });
  return [...own, ...rest];
}

/** Of the latency histogram, by ratio: 300ms is 250ms. */
export function nearestBound(latencyMs: number): number {
  const distance = (bound: number): number => Math.abs(Math.log(bound / latencyMs));
  return BUCKET_BOUNDS_MS.reduce((best, bound) => (distance(bound) < distance(best) ? bound : best));
}

function compileSink(name: string, sink: ValidSink): SinkPlan {
  const base = { name, severity: sink.severity, sendResolved: sink.resolved, timeoutMs: sink.timeout };
  const { slack, webhook, email, alertmanager, pagerduty, headers } = sink;
  if (slack !== undefined) return { ...base, kind: 'slack', url: slack, channel: sink.channel ?? null };
  if (webhook !== undefined) return { ...base, kind: 'webhook', url: webhook, headers };
  if (email !== undefined) return { ...base, kind: 'email', url: email.smtp, from: email.from, to: email.to };
  if (alertmanager !== undefined) return { ...base, kind: 'alertmanager', url: alertmanager, headers };
  return { ...base, kind: 'pagerduty', routingKey: pagerduty ?? '', url: sink.endpoint ?? PAGERDUTY_URL };
}
