/** What must hold of `redirect`: one thing to do, templates whose names exist, expressions that compile, and no way that leads back to itself. */
import { compileTemplate } from '../../core/routing/template.ts';
import { checkReplacement } from '../../core/filters/replacing-regex.ts';
import type { Path } from '../fault.ts';
import { patternParameters } from '../path-match.ts';
import { rawField, type Report } from '../raw.ts';
import type { RegexChecker } from './routes.ts';

const CANONICAL = ['scheme', 'www', 'host', 'trailingSlash'];
/** Where one is already. */
const ITSELF = /^(?:\{path\}(?:\{query\})?)$/;

/** @param route Of the filter; null: of all. */
export function checkRedirect(redirect: unknown, route: unknown, path: Path, checkRegex: RegexChecker, report: Report): void {
  if (redirect === undefined) return;
  const to = typeof redirect === 'string' ? redirect : rawField(redirect, 'to');
  const kinds = [
    to !== undefined,
    rawField(redirect, 'regex') !== undefined,
    CANONICAL.some((key) => rawField(redirect, key) !== undefined),
  ];
  const count = kinds.filter(Boolean).length;
  if (count !== 1) {
    const what = `must have one of to, regex, and what makes addresses canonical (${CANONICAL.join(', ')}), but has ${count === 0 ? 'none' : 'more'}`;
    report({ path, what });
  }
  if (typeof to === 'string') {
    const pattern = rawField(route, 'path');
    const place = typeof redirect === 'string' ? path : [...path, 'to'];
    const template = compileTemplate(to, 'location', typeof pattern === 'string' ? patternParameters(pattern) : []);
    if (typeof template === 'string') report({ path: place, what: `cannot be used: ${template}` });
    else if (ITSELF.test(to)) report({ path: place, what: 'leads to where the client is already', value: to });
  }
  const source = rawField(redirect, 'regex');
  const problem = typeof source === 'string' ? checkRegex(source) : null;
  if (problem !== null) report({ path: [...path, 'regex'], what: `cannot be used: ${problem}` });
  const replacement = rawField(redirect, 'replacement');
  const fault = typeof source === 'string' && typeof replacement === 'string' ? checkReplacement(source, replacement) : null;
  if (fault !== null) report({ path: [...path, 'replacement'], what: fault });
  if ((source === undefined) !== (replacement === undefined)) {
    report({
      path,
      what: 'must have regex and replacement together',
      hint: "write regex: '^http://[^/]+/old/(.*)', replacement: '/new/$1'",
    });
  }
}
