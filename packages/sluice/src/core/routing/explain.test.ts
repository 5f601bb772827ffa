import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainRoutes } from './explain.ts';
import type { PathCondition, RouteMatcher, RouteRequest } from './matcher.ts';

const options = { listener: 'web', compileRegex: (source: string) => (text: string) => new RegExp(`^(?:${source})$`).test(text) };
const everything: PathCondition = { kind: 'prefix', path: '' };

function route(rest: Partial<RouteMatcher>): RouteMatcher {
  return { listeners: [], priority: 0, hosts: [], path: everything, methods: [], headers: [], cookies: [], query: [], ...rest };
}

const request: RouteRequest = {
  method: 'GET',
  host: 'a.test',
  path: '/a',
  query: 'q=1',
  header: (name) => (name === 'cookie' ? 'session=secret' : null),
};

describe('explainRoutes', () => {
  test('names the chosen route, what comes after it, and the first thing that does not fit', () => {
    const { chosen, lines, omitted } = explainRoutes(
      [route({}), route({ path: { kind: 'prefix', path: '/a' } }), route({ methods: ['PUT'], priority: 1 })],
      request,
      options,
    );
    assert.equal(chosen, 1);
    assert.equal(omitted, 0);
    assert.deepEqual(
      lines.map((line) => [line.route, line.verdict]),
      [
        [2, 'differs'],
        [1, 'chosen'],
        [0, 'matches'],
      ],
    );
    assert.equal(lines[0]?.reason, 'method GET is not PUT');
  });

  const faults: readonly (readonly [Partial<RouteMatcher>, string])[] = [
    [{ listeners: ['admin', 'x'] }, 'listener "web" is not among admin, x'],
    [{ hosts: ['b.test', '*.a.test'] }, 'host "a.test" is not b.test or *.a.test'],
    [{ path: { kind: 'exact', path: '/b' } }, 'path "/a" does not fit /b'],
    [{ path: { kind: 'prefix', path: '/b' } }, 'path "/a" does not fit /b/*'],
    [{ path: { kind: 'pattern', pattern: '/a/:b' } }, 'path "/a" does not fit /a/:b'],
    [{ path: { kind: 'regex', source: '/b+' } }, 'path "/a" does not fit regular expression /b+'],
    [{ headers: [{ name: 'x', kind: 'present', value: '' }] }, 'header "x" is absent'],
    [{ cookies: [{ name: 'session', kind: 'equal', value: '1' }] }, 'cookie "session" is not "1"'],
    [{ query: [{ name: 'q', kind: 'prefix', value: '2' }] }, 'query parameter "q" does not start with "2"'],
    [{ query: [{ name: 'q', kind: 'regex', value: '2+' }] }, 'query parameter "q" does not match 2+'],
  ];
  for (const [rule, reason] of faults) {
    test(`says: ${reason}`, () =>
      assert.deepEqual(explainRoutes([route(rule)], request, options).lines, [{ route: 0, verdict: 'differs', reason }]));
  }

  test('never shows what a cookie or header holds', () => {
    const { lines } = explainRoutes([route({ cookies: [{ name: 'session', kind: 'regex', value: '[0-9]+' }] })], request, options);
    assert.doesNotMatch(JSON.stringify(lines), /secret/);
  });

  test('is bounded, and lists the chosen route even when it comes late', () => {
    const routes = [...Array.from({ length: 500 }, () => route({ methods: ['PUT'] })), route({})];
    const { chosen, lines, omitted } = explainRoutes(routes, request, { ...options, linesMax: 10 });
    assert.equal(chosen, 500);
    assert.equal(lines.length, 10);
    assert.equal(lines.at(-1)?.verdict, 'chosen');
    assert.equal(omitted, 491);
  });

  test('says so when nothing matches', () => {
    assert.equal(explainRoutes([route({ methods: ['PUT'] })], request, options).chosen, -1);
    assert.deepEqual(explainRoutes([], request, options), { chosen: -1, lines: [], omitted: 0 });
  });
});
