/** An alert's sentence: `{label}` and `{value}` stand for what they are; a name that is no label stays as it is written. */
import type { Labels } from './labels.ts';

const SUMMARY_MAX = 1_000;

export function renderSummary(template: string, labels: Labels, value: number | null): string {
  const text = template.replace(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
    if (Object.hasOwn(labels, name)) return labels[name]!;
    return name === 'value' ? shortNumber(value) : whole;
  });
  return text.length > SUMMARY_MAX ? `${text.slice(0, SUMMARY_MAX)}…` : text;
}

/** Four digits that count. */
export function shortNumber(value: number | null): string {
  return value === null ? 'nothing' : String(Number(value.toPrecision(4)));
}
