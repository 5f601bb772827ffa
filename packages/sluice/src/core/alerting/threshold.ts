/**
 * A threshold over the series of a metric. Counters are rates over the window, so nothing holds after the first look; a series that
 * appears later has risen from 0. At most `SERIES_MAX` series are followed; `trouble` says when there are more.
 */
import { BucketWindow } from './bucket-window.ts';
import { CounterWindow } from './counter-window.ts';
import { type LabelMatch, labelMatch } from './label-match.ts';
import { LabelBook, labelKey, type Labels } from './labels.ts';
import { metricNamed } from './metric-names.ts';
import type { ThresholdRule } from './rule.ts';
import type { Finding, Sample } from './sample.ts';
import { BUCKET_COUNT } from '../../base/histogram.ts';

export const SERIES_MAX = 5_000;

interface Series {
  rise: CounterWindow | null;
  count: CounterWindow | null;
  buckets: BucketWindow | null;
  seen: number;
}

export class Threshold {
  readonly #rule: ThresholdRule;
  readonly #match: LabelMatch;
  readonly #labels = new LabelBook();
  readonly #own = new Map<string, Series>();
  readonly #others = new Map<string, Series>();
  #look = 0;
  #lastMs = 0;
  trouble: string | null = null;

  constructor(rule: ThresholdRule) {
    this.#rule = rule;
    this.#match = labelMatch(rule.labels);
  }

  /** @param per Of the metric that it is divided by; empty without one. @param now Monotonic milliseconds. @returns Where it holds. */
  look(samples: readonly Sample[], per: readonly Sample[], now: number): readonly Finding[] {
    this.#look++;
    this.trouble = null;
    const { above, below, metric, per: other } = this.#rule;
    const values = this.#values(
      metric,
      samples.filter(({ text }) => this.#match(this.#labels.of(text))),
      this.#own,
      now,
    );
    const measured = other === null ? values : this.#shares(values, this.#values(other, per, this.#others, now), other);
    this.#lastMs = now;
    return measured.filter(({ value }) => value !== null && ((above !== null && value > above) || (below !== null && value < below)));
  }

  #values(metric: string, samples: readonly Sample[], windows: Map<string, Series>, now: number): Finding[] {
    const type = metricNamed(metric)?.type ?? 'gauge';
    const findings: Finding[] = [];
    for (const sample of samples) {
      const value = type === 'gauge' ? sample.value : this.#windowed(type, sample, windows, now);
      if (value !== null && Number.isFinite(value)) findings.push({ text: sample.text, labels: this.#labels.of(sample.text), value });
    }
    if (type !== 'gauge') for (const [text, series] of windows) if (series.seen !== this.#look) windows.delete(text);
    return findings;
  }

  #windowed(type: 'counter' | 'histogram' | 'summary', sample: Sample, windows: Map<string, Series>, now: number): number | null {
    let series = windows.get(sample.text);
    if (series === undefined) {
      if (windows.size >= SERIES_MAX) {
        this.trouble = `more than ${SERIES_MAX} series: the rest is not looked at; narrow labels`;
        return null;
      }
      series = this.#open(type, sample, now);
      windows.set(sample.text, series);
    }
    series.seen = this.#look;
    if (type === 'histogram') return series.buckets!.add(sample.buckets ?? NO_BUCKETS, now, this.#rule.quantile ?? 0.99);
    series.rise!.add(sample.value, now);
    if (type === 'counter') return series.rise!.rate;
    series.count!.add(sample.count ?? 0, now);
    return series.count!.rise > 0 ? series.rise!.rise / series.count!.rise : null;
  }

  /** One that was not there at the last look began at 0 then. */
  #open(type: 'counter' | 'histogram' | 'summary', sample: Sample, now: number): Series {
    const isLate = this.#look > 1;
    const at = isLate ? this.#lastMs : now;
    const { windowMs } = this.#rule;
    return {
      rise: type === 'histogram' ? null : new CounterWindow(windowMs, isLate ? 0 : sample.value, at),
      count: type === 'summary' ? new CounterWindow(windowMs, isLate ? 0 : (sample.count ?? 0), at) : null,
      buckets: type === 'histogram' ? new BucketWindow(windowMs, isLate ? NO_BUCKETS : (sample.buckets ?? NO_BUCKETS), at) : null,
      seen: 0,
    };
  }

  #shares(values: readonly Finding[], others: readonly Finding[], other: string): Finding[] {
    const theirs = new Set(metricNamed(other)?.labels);
    const names = (metricNamed(this.#rule.metric)?.labels ?? []).filter((name) => name !== 'code' && theirs.has(name));
    const [parts, wholes] = [sumBy(values, names), sumBy(others, names)];
    const shares: Finding[] = [];
    for (const [key, { labels, sum }] of parts) {
      const whole = wholes.get(key)?.sum ?? 0;
      if (whole > 0) shares.push({ text: key, labels, value: sum / whole });
    }
    return shares;
  }
}

const NO_BUCKETS = new Float64Array(BUCKET_COUNT);

function sumBy(findings: readonly Finding[], names: readonly string[]): Map<string, { labels: Labels; sum: number }> {
  const sums = new Map<string, { labels: Labels; sum: number }>();
  for (const { labels, value } of findings) {
    const kept: Record<string, string> = {};
    for (const name of names) kept[name] = labels[name] ?? '';
    const key = labelKey(kept);
    const group = sums.get(key);
    if (group === undefined) sums.set(key, { labels: kept, sum: value ?? 0 });
    else group.sum += value ?? 0;
  }
  return sums;
}
