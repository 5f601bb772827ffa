/**
 * Metrics of rules as PromQL (prometheus.io/docs/prometheus/latest/querying), for those who watch many gateways from one place. It says what
 * the rule says wherever Prometheus can see it; null where it cannot.
 */
import type { Labels } from './labels.ts';
import { metricNamed } from './metric-names.ts';

/** Of what series are kept apart: Sluice may run on many machines. */
export const BY = 'job, instance, service';

/** Figures that only the program has, from metrics that say the same; null: left to others, such as a node exporter. */
const FIGURES: Readonly<Record<string, ((match: string) => string) | null>> = {
  alert_service_endpoints_usable: (match) =>
    `sum by (${BY}) (sluice_endpoint_up${match} * (1 - sluice_endpoint_ejected${match}) * (1 - sluice_endpoint_draining${match}))`,
  // Where most and least are the same there is no scaler. A number fixed by hand cannot be told from one that it chose.
  alert_scaler_at_max: (match) => `sluice_instances_at_max${match} * (sluice_instances_max${match} > bool sluice_instances_min${match})`,
  alert_memory_share: null,
  alert_disk_share: null,
};

export interface MetricTerms {
  readonly metric: string;
  readonly labels: Labels;
  readonly windowMs: number;
  /** Of a histogram. */
  readonly quantile: number | null;
}

/** A gauge's value, a counter's rate per second, the mean of a summary, a quantile of a histogram. */
export function promValue({ metric, labels, windowMs, quantile }: MetricTerms): string | null {
  const match = promMatch(labels);
  const figure = FIGURES[metric];
  if (figure !== undefined) return figure === null ? null : figure(match);
  const window = promDuration(windowMs);
  switch (metricNamed(metric)?.type) {
    case 'counter':
      return `rate(${metric}${match}[${window}])`;
    case 'summary':
      return `rate(${metric}_sum${match}[${window}]) / rate(${metric}_count${match}[${window}])`;
    case 'histogram':
      return `histogram_quantile(${quantile ?? 0.99}, rate(${metric}_bucket${match}[${window}]))`;
    default:
      return `${metric}${match}`;
  }
}

/** A share of another metric, over the labels that both have but `code`. */
export function promShare(terms: MetricTerms, per: string): string | null {
  const [part, whole] = [promValue(terms), promValue({ ...terms, metric: per, labels: {} })];
  if (part === null || whole === null) return null;
  const theirs = new Set(metricNamed(per)?.labels);
  const names = (metricNamed(terms.metric)?.labels ?? []).filter((name) => name !== 'code' && theirs.has(name));
  const by = ['job', 'instance', ...names].join(', ');
  return `sum by (${by}) (${part}) / (sum by (${by}) (${whole}) > 0)`;
}

/** Holds while there is no such series or, of a counter, none of a gateway's has moved. */
export function promAbsence({ metric, labels, windowMs }: Omit<MetricTerms, 'quantile'>): string | null {
  if (FIGURES[metric] !== undefined) return null;
  const [match, window, type] = [promMatch(labels), promDuration(windowMs), metricNamed(metric)?.type];
  if (type === 'gauge') return `absent_over_time(${metric}${match}[${window}])`;
  const name = type === 'counter' ? metric : `${metric}_count`;
  return `sum by (job, instance) (increase(${name}${match}[${window}])) == 0 or absent_over_time(${name}${match}[${window}])`;
}

/** `{service="web",code=~"4.."}`; Prometheus, too, has RE2 match the whole value. */
export function promMatch(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    value.startsWith('~') ? `${name}=~${JSON.stringify(value.slice(1))}` : `${name}=${JSON.stringify(value)}`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `5m`, `1h`, `3d`, `90s`: in the largest unit of which it is a whole number. */
export function promDuration(ms: number): string {
  const [unit, length] = UNITS.find(([, length]) => ms % length === 0) ?? ['ms', 1];
  return `${Math.round(ms / length)}${unit}`;
}
