/** What must hold of `ip` across its fields: it says something, and countries have a database. */
import type { Path } from '../fault.ts';
import { rawField, type Report } from '../raw.ts';

/** Reports faults of one `ip`. @param path Of its options. */
export function checkIp(options: unknown, path: Path, report: Report): void {
  if (options === undefined) return;
  const has = (field: string): boolean => rawField(options, field) !== undefined;
  const asksCountries = has('allowCountries') || has('denyCountries');
  if (!asksCountries && !has('allow') && !has('deny'))
    report({ path, what: 'lets everybody in', hint: 'give allow, deny, allowCountries or denyCountries' });
  if (asksCountries && !has('database'))
    report({ path, what: 'asks for countries without a database', hint: "give database: 'GeoLite2-Country.mmdb'" });
  if (!asksCountries && has('database'))
    report({ path: [...path, 'database'], what: 'is never looked into', hint: 'give allowCountries or denyCountries, or take it out' });
}
