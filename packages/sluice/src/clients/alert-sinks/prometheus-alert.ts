/** An alert as Prometheus and Alertmanager have it: the rule is the label `alertname`, what is said of it are annotations. */
import type { NoticeAlert } from '../../core/alerting/alert-notice.ts';

/** @returns Labels whose names Alertmanager takes: letters, digits and `_`, no digit first. */
export function prometheusLabels({ rule, severity, labels }: Pick<NoticeAlert, 'rule' | 'severity' | 'labels'>): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) if (value !== '') named[labelName(name)] = value;
  return { ...named, alertname: rule, severity };
}

export function prometheusAnnotations({ summary, value }: NoticeAlert): Record<string, string> {
  return value === null ? { summary } : { summary, value: String(value) };
}

export function labelName(name: string): string {
  const plain = name.replaceAll(/\W/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}
