/** Something that should be there and is not: no series with these labels; or, of a counter, none that has moved within the window. */
import { CounterWindow } from './counter-window.ts';
import { type LabelMatch, labelMatch } from './label-match.ts';
import { LabelBook } from './labels.ts';
import { metricNamed } from './metric-names.ts';
import type { AbsenceRule } from './rule.ts';
import type { Finding, Sample } from './sample.ts';

export class Absence {
  readonly #rule: AbsenceRule;
  readonly #match: LabelMatch;
  readonly #book = new LabelBook();
  /** The sum over all of them: which one moved does not matter. */
  #window: CounterWindow | null = null;
  #sinceMs: number | null = null;

  constructor(rule: AbsenceRule) {
    this.#rule = rule;
    this.#match = labelMatch(rule.labels);
  }

  look(samples: readonly Sample[], now: number): readonly Finding[] {
    const matching = samples.filter(({ text }) => this.#match(this.#book.of(text)));
    const isMissing = this.#isMissing(matching, now);
    if (!isMissing) return [];
    const exact = Object.entries(this.#rule.labels).filter(([, value]) => !value.startsWith('~'));
    return [{ text: '', labels: Object.fromEntries(exact), value: null }];
  }

  /** Nothing is missing before it has been looked for throughout a window. */
  #isMissing(samples: readonly Sample[], now: number): boolean {
    this.#sinceMs ??= now;
    const isSettled = now - this.#sinceMs >= this.#rule.windowMs;
    if (metricNamed(this.#rule.metric)?.type === 'gauge') {
      if (samples.length > 0) this.#sinceMs = now;
      return samples.length === 0 && isSettled;
    }
    const sum = samples.reduce((total, { value, count, buckets }) => total + (count ?? totalOf(buckets) ?? value), 0);
    if (this.#window === null) this.#window = new CounterWindow(this.#rule.windowMs, sum, now);
    else this.#window.add(sum, now);
    return isSettled && this.#window.rise === 0;
  }
}

function totalOf(buckets: ArrayLike<number> | undefined): number | null {
  if (buckets === undefined) return null;
  let total = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) total += buckets[bucket]!;
  return total;
}
