/** What must hold of `errorPage`: one source of the page, and services that are there. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, type Report } from '../raw.ts';
import { suggest } from '../suggest.ts';

export function checkErrorPage(config: RawConfig, page: unknown, path: Path, report: Report): void {
  const service = rawField(rawField(page, 'from'), 'service');
  if (typeof service === 'string' && !Object.hasOwn(config.services, service)) {
    const suggestion = suggest(service, Object.keys(config.services));
    report({ path: [...path, 'from', 'service'], what: `names a service that does not exist: ${JSON.stringify(service)}`, suggestion });
  }
  const given = ['html', 'file', 'redirect'].filter((key) => rawField(page, key) !== undefined);
  if (given.length > 1) report({ path, what: `must have at most one of html, file and redirect, but has ${given.join(' and ')}` });
}
