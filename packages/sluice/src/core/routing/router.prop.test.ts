/**
 * The compiled router against an oracle that shares no code with it: for random routes and requests, a linear search that tests each
 * route by its definition and compares the matching ones by the documented order.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { explainRoutes } from './explain.ts';
import type { FieldCondition } from './fields.ts';
import type { PathCondition, RouteMatcher, RouteRequest } from './matcher.ts';
import { Router } from './router.ts';

const compileRegex =
  (source: string) =>
  (text: string): boolean =>
    new RegExp(`^(?:${source})$`).test(text);

interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const segment = fc.constantFrom('a', 'b', 'c');
const path: fc.Arbitrary<PathCondition> = fc.oneof(
  fc.array(segment, { maxLength: 3 }).map((parts): PathCondition => ({ kind: 'exact', path: `/${parts.join('/')}` })),
  fc.array(segment, { maxLength: 3 }).map((parts): PathCondition => ({ kind: 'prefix', path: parts.map((part) => `/${part}`).join('') })),
  fc
    .tuple(fc.array(fc.option(segment, { freq: 1 }), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([parts, isOpen]): PathCondition => ({
      kind: 'pattern',
      pattern: `/${parts.map((part, index) => part ?? `:p${index}`).join('/')}${isOpen ? '/*' : ''}`,
    })),
  fc
    .constantFrom('/a.*', '/[ab]/.*', '.*/c', '/a/b.*', '/a/(b|c)/?.*', '/a/b/[a-c]', '/b/c|/a/b/c')
    .map((source): PathCondition => ({ kind: 'regex', source })),
);
const condition = fc.record<FieldCondition>({
  name: fc.constantFrom('x', 'y'),
  kind: fc.constantFrom('present', 'equal', 'prefix', 'regex'),
  value: fc.constantFrom('', '1', '12'),
});
const few = fc.oneof(
  { weight: 4, arbitrary: fc.constant<FieldCondition[]>([]) },
  { weight: 1, arbitrary: fc.array(condition, { maxLength: 2 }) },
);
const route = fc.record<RouteMatcher>({
  listeners: fc.constantFrom([], [], ['web'], ['other']),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  hosts: fc.constantFrom([], [], ['a.test'], ['*.test'], ['*.a.test', 'a.test'], ['*']),
  path,
  methods: fc.constantFrom([], [], ['GET'], ['POST', 'PUT']),
  headers: few,
  cookies: few,
  query: few,
});
const fieldText = fc.constantFrom('', 'x=1', 'y=12', 'x=3; y=1', 'y');
const asked = fc.record<Asked>({
  method: fc.constantFrom('GET', 'POST'),
  host: fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'test', 'other'),
  path: fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  query: fc.option(fieldText.map((text) => text.replace('; ', '&'))),
  headers: fc
    .record({ x: fc.constantFrom('1', '12'), y: fc.constant('1'), cookie: fieldText }, { requiredKeys: [] })
    .map((some) => ({ ...some })),
});

function toRequest(from: Asked): RouteRequest {
  return { ...from, header: (name) => from.headers[name] ?? null };
}

function pathFits(rule: PathCondition, text: string): boolean {
  if (rule.kind === 'exact') return rule.path === text;
  if (rule.kind === 'prefix') return text === rule.path || text.startsWith(`${rule.path}/`);
  if (rule.kind === 'regex') return new RegExp(`^(?:${rule.source})$`).test(text);
  const source = rule.pattern.replace(/\/\*$/, '(/.*)?').replaceAll(/:p\d/g, '[^/]+');
  return new RegExp(`^${source}$`).test(text);
}

function valueFits(rule: FieldCondition, value: string): boolean {
  if (rule.kind === 'present') return true;
  if (rule.kind === 'equal' || rule.kind === 'regex') return rule.value === value;
  return value.startsWith(rule.value);
}

function pairsFit(rules: readonly FieldCondition[], text: string | null, separator: string, needsEquals: boolean): boolean {
  const pairs = (text ?? '').split(separator).filter((pair) => pair !== '' && (!needsEquals || pair.includes('=')));
  return rules.every((rule) => pairs.some((pair) => pair.split('=')[0] === rule.name && valueFits(rule, pair.split('=')[1] ?? '')));
}

/** The best host class that fits: 1000 exact, the pattern's length for a suffix, 0 any; -1 none. */
function hostScore(hosts: readonly string[], host: string): number {
  if (hosts.length === 0) return 0;
  const scores = hosts.map((rule) => {
    if (rule === '*') return 0;
    if (rule.startsWith('*.')) return host.endsWith(rule.slice(1)) ? rule.length : -1;
    return rule === host ? 1000 : -1;
  });
  return Math.max(...scores);
}

function pathScore(rule: PathCondition): number[] {
  const text = rule.kind === 'pattern' ? rule.pattern : rule.kind === 'prefix' ? `${rule.path}/*` : '';
  const isOpen = text.endsWith('/*');
  const parts = text.replace(/\/\*$/, '').split('/').slice(1);
  const literals = parts.map((part) => (part.startsWith(':') ? 0 : 1));
  const literalCount = literals.filter((is) => is === 1).length;
  if (rule.kind === 'exact' || (rule.kind === 'pattern' && !isOpen && literalCount === parts.length)) return [4];
  if (rule.kind === 'regex') return [1];
  return [isOpen ? (parts.length === 0 ? 0 : 2) : 3, literalCount, parts.length, ...literals];
}

function score(rule: RouteMatcher, from: Asked, index: number): number[] {
  const conditions = Math.min(rule.methods.length, 1) + rule.headers.length + rule.cookies.length + rule.query.length;
  const paths = [...pathScore(rule.path), 0, 0, 0, 0, 0, 0].slice(0, 7);
  return [rule.priority, hostScore(rule.hosts, from.host), ...paths, conditions, -index];
}

function isMatch(rule: RouteMatcher, from: Asked): boolean {
  return (
    (rule.listeners.length === 0 || rule.listeners.includes('web')) &&
    hostScore(rule.hosts, from.host) >= 0 &&
    pathFits(rule.path, from.path) &&
    (rule.methods.length === 0 || rule.methods.includes(from.method)) &&
    rule.headers.every((header) => from.headers[header.name] !== undefined && valueFits(header, from.headers[header.name]!)) &&
    pairsFit(rule.cookies, from.headers['cookie'] ?? null, '; ', true) &&
    pairsFit(rule.query, from.query, '&', false)
  );
}

/** The matching route whose score is greatest, compared element by element. */
function oracle(routes: readonly RouteMatcher[], from: Asked): number {
  let best = -1;
  let bestScore: number[] = [];
  for (const [index, rule] of routes.entries()) {
    if (!isMatch(rule, from)) continue;
    const own = score(rule, from, index);
    const difference = own.map((value, at) => value - (bestScore[at] ?? 0)).find((value) => value !== 0) ?? 0;
    if (best < 0 || difference > 0) [best, bestScore] = [index, own];
  }
  return best;
}

describe('the compiled router, for any routes and requests', () => {
  test('answers as a linear search over the definitions does', () => {
    let found = 0;
    fc.assert(
      fc.property(
        fc.array(route, { maxLength: 30, size: 'max' }),
        fc.array(asked, { minLength: 1, maxLength: 8, size: 'max' }),
        (routes, requests) => {
          const router = new Router(routes, { listener: 'web', compileRegex });
          for (const one of requests) {
            const expected = oracle(routes, one);
            assert.equal(router.match(toRequest(one)), expected);
            if (expected >= 0) found++;
          }
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(found > 3000, `${found} requests hit a route: enough to mean something`);
  });

  test('answers so, too, where many routes differ by one field only', () => {
    const one = fc.constantFrom<FieldCondition>(
      ...['1', '2', '3', '12'].map((value): FieldCondition => ({ name: 'x', kind: 'equal', value })),
      { name: 'y', kind: 'equal', value: '1' },
      { name: 'x', kind: 'prefix', value: '1' },
    );
    const some = fc.oneof({ weight: 3, arbitrary: fc.tuple(one) }, { weight: 1, arbitrary: fc.constantFrom([], []) });
    const alike = fc
      .tuple(route, fc.constantFrom('headers', 'cookies', 'query'), some)
      .map(([base, section, conditions]): RouteMatcher => ({
        ...base,
        hosts: [],
        path: { kind: 'prefix', path: '/a' },
        [section]: conditions,
      }));
    const texts = fc.array(fc.constantFrom('x=1', 'x=2', 'x=3', 'x=12', 'y=1', 'z', 'x'), { maxLength: 3 });
    const request = fc.tuple(asked, texts, texts).map(([base, cookies, query]): Asked => ({
      ...base,
      path: '/a/b',
      query: query.join('&'),
      headers: { ...base.headers, cookie: cookies.join('; ') },
    }));
    fc.assert(
      fc.property(
        fc.array(alike, { minLength: 20, maxLength: 60, size: 'max' }),
        fc.array(request, { minLength: 1, maxLength: 8 }),
        (routes, requests) => {
          const router = new Router(routes, { listener: 'web', compileRegex });
          for (const from of requests) assert.equal(router.match(toRequest(from)), oracle(routes, from));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('answers as its own explanation does', () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 20 }), asked, (routes, one) => {
        const options = { listener: 'web', compileRegex };
        const explanation = explainRoutes(routes, toRequest(one), options);
        assert.equal(explanation.chosen, new Router(routes, options).match(toRequest(one)));
      }),
      { numRuns: 1000 },
    );
  });
});
