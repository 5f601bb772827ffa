/** Alerts, rules and silences as people read them. */
import { shortNumber } from '../core/alerting/summary.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../observe/alert-status.ts';
import { type Column, shortAge, tableLines } from './table.ts';

function column(title: string, align: Column['align'] = 'left'): Column {
  return { title, align };
}

const ALERT_COLUMNS = [
  column('RULE'),
  column('STATE'),
  column('SEVERITY'),
  column('LABELS'),
  column('SINCE', 'right'),
  column('VALUE', 'right'),
];
const SILENCE_COLUMNS = [column('SILENCE'), column('MATCH'), column('LEFT', 'right'), column('BY'), column('COMMENT')];

/** A table; below it what each one means, and who was told. @param now Wall-clock ms. */
export function alertLines(alerts: readonly AlertStatus[], now: number, width: number): readonly string[] {
  if (alerts.length === 0) return ['no alerts'];
  const rows = alerts.map(({ rule, state, severity, labels, since, value, silencedBy }) => [
    rule,
    silencedBy === null ? state : `${state} (silenced)`,
    severity,
    labelText(labels),
    age(now - since),
    value === null ? '-' : shortNumber(value),
  ]);
  return [...tableLines(ALERT_COLUMNS, rows, width), ...alerts.filter(({ state }) => state !== 'resolved').flatMap(detailLines)];
}

function detailLines({ rule, summary, told, silencedBy }: AlertStatus): readonly string[] {
  const quiet = silencedBy === null ? [] : [`  silenced by ${silencedBy}`];
  return ['', `${rule}: ${summary}`, ...quiet, ...told.map((line) => `  ${line}`)];
}

/** A block for each rule. */
export function ruleLines(rules: readonly AlertRuleStatus[]): readonly string[] {
  if (rules.length === 0) return ['nothing is watched: alerts are off'];
  return rules.flatMap(({ name, severity, condition, summary, state, trouble }, index) => [
    ...(index === 0 ? [] : ['']),
    `${name}  ${severity}  ${state}`,
    `  when  ${condition}`,
    `  says  ${summary}`,
    ...(trouble === null ? [] : [`  trouble: ${trouble}`]),
  ]);
}

export function silenceLines(silences: readonly SilenceStatus[], now: number, width: number): readonly string[] {
  const rows = silences.map(({ id, match, until, by, comment }) => [id, labelText(match), age(until - now), by, comment]);
  return tableLines(SILENCE_COLUMNS, rows, width);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '-' : pairs.join(' ');
}

function age(ms: number): string {
  return shortAge(Math.max(0, Math.floor(ms / 1_000)));
}
