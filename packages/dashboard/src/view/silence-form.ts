/** A silence as a form asks for it: labels as lines `name=value`. */

/** `rule=latency`, a line for each. */
export function matchLines(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** What the lines say, or which of them says nothing. */
export function readMatch(text: string): Readonly<Record<string, string>> | string {
  const match: Record<string, string> = {};
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const equals = line.indexOf('=');
    if (equals <= 0) return `“${line}” is no label: write name=value, for example service=web.`;
    match[line.slice(0, equals).trim()] = line.slice(equals + 1).trim();
  }
  return Object.keys(match).length === 0 ? 'Say which alerts: at least one label, for example rule=latency.' : match;
}
