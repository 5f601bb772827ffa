/** What must hold of `fixed`: one body. */
import type { Path } from '../fault.ts';
import { rawField, type Report } from '../raw.ts';

export function checkFixed(fixed: unknown, path: Path, report: Report): void {
  const given = ['body', 'json', 'file'].filter((key) => rawField(fixed, key) !== undefined);
  if (given.length > 1) report({ path, what: `must have at most one of body, json and file, but has ${given.join(' and ')}` });
}
