/**
 * What h2spec prints, read: how many cases passed, and which failed. Its JUnit report is not used, because it writes bytes that came
 * over the wire into the XML unescaped.
 */

export interface H2specFailure {
  /** Clause and title, as h2spec heads them: `5.1. Stream States`. */
  readonly section: string;
  readonly number: number;
  readonly title: string;
  /** What came in place of what was expected. */
  readonly actual: string;
}

export interface H2specReport {
  readonly cases: number;
  readonly passed: number;
  readonly failures: readonly H2specFailure[];
}

/** Null when the text does not end with h2spec's summary: it did not run to its end. */
export function readH2spec(text: string): H2specReport | null {
  const summary = /^(\d+) tests?, (\d+) passed, \d+ skipped, \d+ failed/m.exec(text);
  if (summary === null) return null;
  return { cases: Number(summary[1]), passed: Number(summary[2]), failures: readFailures(text) };
}

/** The part behind `Failures:` repeats the headings, and each failed case in full. */
function readFailures(text: string): H2specFailure[] {
  const start = text.search(/^Failures:/m);
  if (start < 0) return [];
  const failures: H2specFailure[] = [];
  let [suite, section] = ['', ''];
  for (const line of text.slice(start).split('\n').slice(1)) {
    if (/^\S/.test(line)) suite = line.replace(/^.*\((HTTP\/2|HPACK)\).*$/, '$1').replace(/: .*$/, '');
    const heading = /^ +((?:\d+\.)+ .*)$/.exec(line);
    if (heading !== null) section = `${suite} ${heading[1]}`;
    const failed = /^ +× (\d+): (.*)$/.exec(line);
    if (failed !== null) failures.push({ section, number: Number(failed[1]), title: failed[2] ?? '', actual: '' });
    const actual = /^ +(?:Actual|Error): (.*)$/.exec(line)?.[1];
    const last = failures.at(-1);
    if (actual !== undefined && last?.actual === '') failures[failures.length - 1] = { ...last, actual };
  }
  return failures;
}
