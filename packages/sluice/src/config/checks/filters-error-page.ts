/** What must hold of `errorPage`: one source of the page. */
import type { Path } from '../fault.ts';
import { rawField, type Report } from '../raw.ts';

export function checkErrorPage(page: unknown, path: Path, report: Report): void {
  const given = ['html', 'file', 'redirect'].filter((key) => rawField(page, key) !== undefined);
  if (given.length > 1) report({ path, what: `must have at most one of html, file and redirect, but has ${given.join(' and ')}` });
}
