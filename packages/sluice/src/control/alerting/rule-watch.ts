/** One rule, with what it has seen so far. Kept over reloads that leave the rule as it is. */
import { formatDuration } from '../../config/quantity.ts';
import { Absence } from '../../core/alerting/absence.ts';
import { EventCount } from '../../core/alerting/event-count.ts';
import { metricNamed } from '../../core/alerting/metric-names.ts';
import type { AlertRule, ThresholdRule } from '../../core/alerting/rule.ts';
import type { Finding } from '../../core/alerting/sample.ts';
import { Threshold } from '../../core/alerting/threshold.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { MetricReader } from './metric-reader.ts';

export class RuleWatch {
  readonly rule: AlertRule;
  /** In words. */
  readonly condition: string;
  /** Why it could not be evaluated last, or not wholly; null: it was. */
  trouble: string | null = null;
  readonly #threshold: Threshold | null = null;
  readonly #absence: Absence | null = null;
  readonly #events: EventCount | null = null;

  constructor(rule: AlertRule) {
    this.rule = rule;
    this.condition = conditionOf(rule);
    if (rule.kind === 'threshold') this.#threshold = new Threshold(rule);
    else if (rule.kind === 'absence') this.#absence = new Absence(rule);
    else this.#events = new EventCount(rule);
  }

  heard({ what, detail }: EventEntry, now: number): void {
    this.#events?.heard(what, detail, now);
  }

  /** Where it holds now; null when that is not known (`trouble` says why): what was known stays. */
  look(reader: MetricReader, now: number): readonly Finding[] | null {
    const { rule } = this;
    try {
      const findings = this.#look(reader, now);
      this.trouble = this.#threshold?.trouble ?? null;
      return findings;
    } catch (error) {
      this.trouble = `${rule.kind === 'event' ? rule.event : rule.metric}: ${error instanceof Error ? error.message : String(error)}`;
      return null;
    }
  }

  #look(reader: MetricReader, now: number): readonly Finding[] {
    const { rule } = this;
    if (rule.kind === 'event') return this.#events!.look(now);
    if (rule.kind === 'absence') return this.#absence!.look(reader.read(rule.metric), now);
    return this.#threshold!.look(reader.read(rule.metric), rule.per === null ? [] : reader.read(rule.per), now);
  }
}

function conditionOf(rule: AlertRule): string {
  const hold = rule.forMs > 0 ? ` for ${formatDuration(rule.forMs)}` : '';
  const window = formatDuration(rule.windowMs);
  switch (rule.kind) {
    case 'event':
      return `${rule.count} × ${rule.event} within ${window}${hold}`;
    case 'absence':
      return `no ${series(rule)}${metricNamed(rule.metric)?.type === 'gauge' ? '' : ' that moves'} for ${window}${hold}`;
    case 'threshold':
      return `${measured(rule, window)} ${rule.above === null ? `< ${rule.below}` : `> ${rule.above}`}${hold}`;
  }
}

function measured(rule: ThresholdRule, window: string): string {
  const share = rule.per === null ? '' : ` / ${rule.per}`;
  switch (metricNamed(rule.metric)?.type) {
    case 'counter':
      return `${series(rule)}${share}${rule.per === null ? ' per second' : ''} over ${window}`;
    case 'histogram':
      return `quantile ${rule.quantile} of ${series(rule)} over ${window}`;
    case 'summary':
      return `mean of ${series(rule)} over ${window}`;
    default:
      return `${series(rule)}${share}`;
  }
}

function series({ metric, labels }: { readonly metric: string; readonly labels: Readonly<Record<string, string>> }): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}${value.startsWith('~') ? '=~' : '='}"${value.replace(/^~/, '')}"`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`;
}
