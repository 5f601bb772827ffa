/** Labels of a series, from the text in which the metric catalogue and the exposition write them, and what an alert is known by. */
import { hashString } from '../../base/hash.ts';

export type Labels = Readonly<Record<string, string>>;

const LABEL = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** The labels in a text such as `service="web",code="5xx"`; escapes as in Prometheus' format. */
export function parseLabels(text: string): Labels {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

/** The same for the same labels, whatever their order. */
export function labelKey(labels: Labels): string {
  const names = Object.keys(labels).toSorted();
  return names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(',');
}

/** 16 hexadecimal digits of a text; two of 1,000 alerts share them once in 10^13 sets. */
export function digest(text: string): string {
  return hex(hashString(text)) + hex(hashString(text, 0x9e3779b9));
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** Parsed labels by text: the same few thousand come with every look. Emptied when there are more than `LABEL_TEXTS_MAX`. */
export class LabelBook {
  readonly #parsed = new Map<string, Labels>();

  of(text: string): Labels {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    if (this.#parsed.size >= LABEL_TEXTS_MAX) this.#parsed.clear();
    const labels = parseLabels(text);
    this.#parsed.set(text, labels);
    return labels;
  }
}

const LABEL_TEXTS_MAX = 20_000;
