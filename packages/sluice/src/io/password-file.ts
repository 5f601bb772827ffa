/** Files of names and hashes, `name:hash` by line, as htpasswd writes them. Empty lines and those that begin with `#` do not count. */

export interface NamedHash {
  readonly name: string;
  readonly hash: string;
  /** From 1. */
  readonly line: number;
}

const LINES_MAX = 100_000;
// oxlint-disable-next-line no-control-regex -- these must not be in it
const CONTROL = /[\0-\x1f\x7f]/;

/** @throws {Error} whose message says the line and has nothing of it. */
export function readNamedHashes(text: string): readonly NamedHash[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > LINES_MAX) throw new Error(`has more than ${LINES_MAX} lines`);
  const found: NamedHash[] = [];
  const seen = new Map<string, number>();
  lines.forEach((content, index) => {
    const entry = content.trim();
    if (entry === '' || entry.startsWith('#')) return;
    const line = index + 1;
    const colon = entry.indexOf(':');
    const name = entry.slice(0, Math.max(0, colon));
    if (name === '' || name.length > 128 || CONTROL.test(entry)) throw new Error(`line ${line} is not name:hash`);
    const earlier = seen.get(name);
    if (earlier !== undefined) throw new Error(`line ${line} has the same name as line ${earlier}`);
    seen.set(name, line);
    found.push({ name, hash: entry.slice(colon + 1).trim(), line });
  });
  return found;
}
