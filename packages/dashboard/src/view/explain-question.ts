/** What one asks of `explain`, as it stands in the page's address. */

export const EXPLAIN_FIELDS = ['method', 'url', 'listener', 'headers'] as const;

/** Lines of a text, those with something in them, without blanks around. */
export function headerLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
