/** Labels as Prometheus writes them (`name="value",…`; backslash, quote and line feed escaped), read back: families give theirs as such text. */

const LABEL = /([a-zA-Z_][\w.]*)="((?:[^"\\]|\\.)*)"/g;

export function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(LABEL))
    labels[name] = value.replaceAll(/\\(.)/g, (_escape, letter: string) => (letter === 'n' ? '\n' : letter));
  return labels;
}
