/** What must hold of `rewrite`: something to do, and expressions that compile. */
import { checkReplacement } from '../../core/filters/replacing-regex.ts';
import type { Path } from '../fault.ts';
import { rawField, type Report } from '../raw.ts';
import type { RegexChecker } from './routes.ts';

const STEPS = ['stripPrefix', 'addPrefix', 'replacePath', 'regex'];

export function checkRewrite(rewrite: unknown, path: Path, checkRegex: RegexChecker, report: Report): void {
  if (rewrite === undefined) return;
  const steps = STEPS.filter((step) => rawField(rewrite, step) !== undefined);
  if (steps.length === 0) report({ path, what: `must have at least one of ${STEPS.join(', ')}`, hint: "write { stripPrefix: '/api' }" });
  if (steps.includes('replacePath') && steps.length > 1) {
    const others = steps.filter((step) => step !== 'replacePath').join(' and ');
    report({ path: [...path, 'replacePath'], what: `makes ${others} useless: it replaces the whole path` });
  }
  const source = rawField(rewrite, 'regex');
  const problem = typeof source === 'string' ? checkRegex(source) : null;
  if (problem !== null) report({ path: [...path, 'regex'], what: `cannot be used: ${problem}` });
  const replacement = rawField(rewrite, 'replacement');
  const fault = typeof source === 'string' && typeof replacement === 'string' ? checkReplacement(source, replacement) : null;
  if (fault !== null) report({ path: [...path, 'replacement'], what: fault });
  if ((source === undefined) !== (replacement === undefined)) {
    report({ path, what: 'must have regex and replacement together', hint: "write regex: '^/v1/(.*)$', replacement: '/v2/$1'" });
  }
}
