/** So many events of a name within a window, about the same thing: the last `count` times of each, at most `SUBJECTS_MAX` things. */
import { labelKey, type Labels } from './labels.ts';
import type { EventRule } from './rule.ts';
import type { Finding } from './sample.ts';

const SUBJECTS_MAX = 1_000;
/** What an event's details tell about which thing it is. */
const SUBJECT_NAMES = ['service', 'endpoint', 'instance', 'listener', 'name', 'worker', 'route'] as const;

export class EventCount {
  readonly #rule: EventRule;
  readonly #times = new Map<string, { readonly labels: Labels; readonly at: number[] }>();

  constructor(rule: EventRule) {
    this.#rule = rule;
  }

  heard(what: string, detail: Readonly<Record<string, string | number | boolean>>, now: number): void {
    if (what !== this.#rule.event) return;
    const labels: Record<string, string> = {};
    for (const name of SUBJECT_NAMES) if (Object.hasOwn(detail, name)) labels[name] = String(detail[name]);
    const key = labelKey(labels);
    let subject = this.#times.get(key);
    if (subject === undefined) {
      const [oldest] = this.#times.keys();
      if (this.#times.size >= SUBJECTS_MAX && oldest !== undefined) this.#times.delete(oldest);
      this.#times.set(key, (subject = { labels, at: [] }));
    }
    subject.at.push(now);
    if (subject.at.length > this.#rule.count) subject.at.shift();
  }

  look(now: number): readonly Finding[] {
    const findings: Finding[] = [];
    for (const [key, { labels, at }] of this.#times) {
      while (at.length > 0 && at[0]! <= now - this.#rule.windowMs) at.shift();
      if (at.length === 0) this.#times.delete(key);
      else if (at.length >= this.#rule.count) findings.push({ text: key, labels, value: at.length });
    }
    return findings;
  }
}
