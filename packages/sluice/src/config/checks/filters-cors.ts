/** What must hold of `cors` across its fields: credentials are for named origins alone, and expressions compile. */
import type { Path } from '../fault.ts';
import { rawField, rawList, rawTexts, type Report } from '../raw.ts';
import type { RegexChecker } from './routes.ts';

/** Reports what browsers would refuse, or what would let any page act as its user. */
export function checkCors(cors: unknown, path: Path, checkRegex: RegexChecker, report: Report): void {
  const origins = rawField(cors, 'origins');
  const isAny = origins === undefined || rawTexts(origins).some(([, origin]) => origin === '*');
  if (rawField(cors, 'credentials') === true && isAny) {
    const what = 'cannot be true for any origin: every page could act as its visitor';
    report({ path: [...path, 'credentials'], what, hint: "name the origins: origins: ['https://example.com']" });
  }
  const list = Array.isArray(origins) ? rawList(origins) : [origins];
  list.forEach((origin, index) => {
    const source = rawField(origin, 'regex');
    const problem = typeof source === 'string' ? checkRegex(source) : null;
    if (problem !== null) report({ path: [...path, 'origins', index, 'regex'], what: `cannot be used: ${problem}` });
  });
}
