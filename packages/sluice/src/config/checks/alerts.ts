/** Alerts: one kind per rule and sink, metrics and labels that exist, expressions that compile, services of objectives that are there. */
import { metricNamed, metricNames } from '../../core/alerting/metric-names.ts';
import { DEFAULT_RULES, DEFAULT_SLO_RULE, SLO_RULE } from '../default-alerts.ts';
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawObject, type Report } from '../raw.ts';
import { suggest } from '../suggest.ts';
import { checkName } from './references.ts';
import type { RegexChecker } from './routes.ts';

const RULE_KINDS = ['metric', 'absent', 'event'] as const;
const SINK_KINDS = ['slack', 'webhook', 'email', 'alertmanager', 'pagerduty'] as const;

/** Settings that only some kinds of rule have. */
const OF_RULES: Readonly<Record<string, readonly string[]>> = {
  labels: ['metric', 'absent'],
  above: ['metric'],
  below: ['metric'],
  per: ['metric'],
  quantile: ['metric'],
  count: ['event'],
};

/** And of sink. */
const OF_SINKS: Readonly<Record<string, readonly string[]>> = {
  channel: ['slack'],
  headers: ['webhook', 'alertmanager'],
  endpoint: ['pagerduty'],
};

/** Reports faults of alerts beyond the form of each field. */
export function checkAlerts(config: RawConfig, checkRegex: RegexChecker, report: Report): void {
  for (const [name, rule] of Object.entries(rawObject(rawField(config.alerts, 'rules')))) {
    checkRule(name, rule, ['alerts', 'rules', name], checkRegex, report);
  }
  for (const [name, slo] of Object.entries(rawObject(rawField(config.alerts, 'slos')))) {
    const service = rawField(slo, 'service');
    if (typeof service === 'string') checkName(config.services, 'service', service, ['alerts', 'slos', name, 'service'], report);
  }
  for (const [name, sink] of Object.entries(rawObject(rawField(config.alerts, 'sinks')))) {
    const path = ['alerts', 'sinks', name];
    if (rawObject(sink) === sink) checkKind(sink, SINK_KINDS, OF_SINKS, path, report);
  }
}

function checkRule(name: string, rule: unknown, path: Path, checkRegex: RegexChecker, report: Report): void {
  const defaults = [...DEFAULT_RULES.map((one) => one.name), DEFAULT_SLO_RULE];
  if (rule === false && !defaults.includes(name)) {
    report({
      path,
      what: 'turns off a rule that does not come with Sluice',
      suggestion: suggest(name, defaults),
      hint: `those are: ${defaults.join(', ')}`,
    });
  }
  if (rawObject(rule) !== rule) return;
  if (name === DEFAULT_SLO_RULE || name === SLO_RULE) {
    report({
      path,
      what: 'is the name of the alerts of objectives',
      hint: 'write slos: { … } to change those, and give this rule another name',
    });
    return;
  }
  const kind = checkKind(rule, RULE_KINDS, OF_RULES, path, report);
  if (kind === null || kind === 'event') return;
  const metric = rawField(rule, kind);
  if (typeof metric !== 'string' || !checkMetric(metric, [...path, kind], report)) return;
  checkLabels(metric, rawField(rule, 'labels'), [...path, 'labels'], checkRegex, report);
  if (kind === 'metric') checkThreshold(metric, rule, path, report);
}

/** @returns The one kind that is given; null: reported. */
function checkKind<Kind extends string>(
  value: unknown,
  kinds: readonly Kind[],
  belongs: Readonly<Record<string, readonly string[]>>,
  path: Path,
  report: Report,
): Kind | null {
  const given = kinds.filter((kind) => rawField(value, kind) !== undefined);
  const [kind] = given;
  if (kind === undefined || given.length > 1) {
    const found = kind === undefined ? 'none' : given.join(' and ');
    report({ path, what: `must have exactly one of ${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}, but has ${found}` });
    return null;
  }
  for (const [key, owners] of Object.entries(belongs)) {
    if (rawField(value, key) === undefined || owners.includes(kind)) continue;
    report({ path: [...path, key], what: `belongs to ${owners.join(' or ')}, and this is ${kind}` });
  }
  return kind;
}

function checkMetric(metric: string, path: Path, report: Report): boolean {
  if (metricNamed(metric) !== undefined) return true;
  const suggestion = suggest(metric, metricNames());
  report({
    path,
    what: 'is no metric of Sluice',
    value: metric,
    suggestion,
    hint: suggestion === null ? 'docs/reference/metrics.md lists them' : null,
  });
  return false;
}

function checkLabels(metric: string, labels: unknown, path: Path, checkRegex: RegexChecker, report: Report): void {
  const known = metricNamed(metric)?.labels ?? [];
  for (const [label, value] of Object.entries(rawObject(labels))) {
    if (!known.includes(label)) {
      const hint = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
      report({ path: [...path, label], what: `is no label of ${metric}`, suggestion: suggest(label, known), hint });
    }
    if (typeof value !== 'string' || !value.startsWith('~')) continue;
    const problem = checkRegex(value.slice(1));
    if (problem !== null) report({ path: [...path, label], what: `is not usable: ${problem}` });
  }
}

function checkThreshold(metric: string, rule: unknown, path: Path, report: Report): void {
  const bounds = ['above', 'below'].filter((key) => rawField(rule, key) !== undefined);
  if (bounds.length !== 1)
    report({ path, what: `must have exactly one of above and below, but has ${bounds.length === 0 ? 'none' : 'both'}` });
  const isHistogram = metricNamed(metric)?.type === 'histogram';
  const hasQuantile = rawField(rule, 'quantile') !== undefined;
  if (isHistogram && !hasQuantile)
    report({ path: [...path, 'quantile'], what: 'is missing: the metric is a histogram', hint: 'write quantile: 0.99' });
  if (!isHistogram && hasQuantile) report({ path: [...path, 'quantile'], what: `belongs to a histogram, and ${metric} is none` });
  const per = rawField(rule, 'per');
  if (typeof per !== 'string' || !checkMetric(per, [...path, 'per'], report)) return;
  const [left, right] = [metricNamed(metric)?.type, metricNamed(per)?.type];
  if (left !== right || left === 'histogram')
    report({ path: [...path, 'per'], what: `is a ${right}, and ${metric} is a ${left}`, hint: 'two counters or two gauges make a share' });
}
