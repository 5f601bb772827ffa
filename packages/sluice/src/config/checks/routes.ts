/** What must hold inside and between routes: one action, unique names, expressions that compile, templates whose parameters exist. */
import { compileTemplate, type TemplateKind } from '../../core/routing/template.ts';
import type { Path } from '../fault.ts';
import { patternParameters } from '../path-match.ts';
import { type RawConfig, rawField, rawList, rawObject, type Report } from '../raw.ts';

/** Says what is wrong with a regular expression; null when it is fine. */
export type RegexChecker = (source: string) => string | null;

const ACTIONS = ['to', 'redirect', 'respond'] as const;

/** Reports faults of routes beyond the form of each field. */
export function checkRoutes(config: RawConfig, checkRegex: RegexChecker, report: Report): void {
  const names = new Map<string, number>();
  config.routes.forEach((route, index) => {
    const path: Path = ['routes', index];
    checkName(rawField(route, 'name'), index, names, report);
    checkAction(route, path, report);
    checkExpressions(route, path, checkRegex, report);
    checkTemplates(route, path, report);
  });
}

function checkName(name: unknown, index: number, names: Map<string, number>, report: Report): void {
  if (typeof name !== 'string') return;
  const earlier = names.get(name);
  if (earlier === undefined) names.set(name, index);
  else report({ path: ['routes', index, 'name'], what: `is the name of route ${earlier}, too` });
}

function checkAction(route: unknown, path: Path, report: Report): void {
  if (typeof route !== 'object' || route === null) return;
  const given = ACTIONS.filter((action) => rawField(route, action) !== undefined);
  if (given.length === 0 && hasAnsweringFilter(route)) return;
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    report({
      path,
      what: `must have exactly one of to, redirect and respond, but has ${found}`,
      hint: given.length === 0 ? `or a filter that answers: ${ANSWERING.join(', ')}` : null,
    });
    return;
  }
  const rewrite = rawObject(rawField(route, 'rewrite'));
  const useless = given[0] === 'to' ? [] : ['path', 'host', 'requestHeaders'].filter((key) => Object.hasOwn(rewrite, key));
  for (const key of useless)
    report({ path: [...path, 'rewrite', key], what: `has no effect beside ${given[0]}: nothing is sent to a service` });
  const weights = rawField(route, 'to');
  if (isPointless(weights)) {
    report({ path: [...path, 'to'], what: 'must give at least one service a weight above 0' });
  }
}

/** Filters that answer by themselves; a route that has one of them needs nothing else. */
const ANSWERING = ['static', 'fixed', 'redirect', 'custom'];

function hasAnsweringFilter(route: unknown): boolean {
  return rawList(rawField(route, 'filters')).some(
    (filter) =>
      typeof filter === 'function' ||
      rawField(rawField(filter, 'cache'), 'push') === true ||
      ANSWERING.some((kind) => filter === kind || rawField(filter, kind) !== undefined),
  );
}

/** Weights that are numbers, none of which sends anything. */
function isPointless(weights: unknown): boolean {
  if (typeof weights !== 'object' || weights === null || Array.isArray(weights)) return false;
  return Object.values(weights).every((weight) => typeof weight === 'number' && weight <= 0);
}

function checkExpressions(route: unknown, path: Path, checkRegex: RegexChecker, report: Report): void {
  const check = (value: unknown, place: Path): void => {
    const source = rawField(value, 'regex');
    const problem = typeof source === 'string' ? checkRegex(source) : null;
    if (problem !== null) report({ path: [...path, ...place, 'regex'], what: `cannot be used: ${problem}` });
  };
  check(rawField(route, 'path'), ['path']);
  for (const section of ['headers', 'cookies', 'query', 'client']) {
    const conditions = rawField(route, section);
    if (conditions === undefined) continue;
    for (const [name, condition] of Object.entries(rawObject(conditions))) check(condition, [section, name]);
  }
}

function checkTemplates(route: unknown, path: Path, report: Report): void {
  const redirect = rawField(route, 'redirect');
  const location = typeof redirect === 'string' ? redirect : rawField(redirect, 'location');
  const rewrite = rawField(rawField(route, 'rewrite'), 'path');
  if (typeof location !== 'string' && typeof rewrite !== 'string') return;
  const pattern = rawField(route, 'path');
  const names = typeof pattern === 'string' ? patternParameters(pattern) : [];
  if (typeof location === 'string') {
    const place = typeof redirect === 'string' ? ['redirect'] : ['redirect', 'location'];
    checkTemplate(location, 'location', names, [...path, ...place], report);
  }
  if (typeof rewrite === 'string') checkTemplate(rewrite, 'path', names, [...path, 'rewrite', 'path'], report);
}

function checkTemplate(text: string, kind: TemplateKind, names: readonly string[], path: Path, report: Report): void {
  const template = compileTemplate(text, kind, names);
  if (typeof template === 'string') report({ path, what: `cannot be used: ${template}` });
}
