import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrafficSnapshot } from '../api/types.ts';
import { matchWords, routeRows, searchRoutes, sortRoutes } from './route-rows.ts';
import type { PlanRoute, RouteKey } from './route-rows.ts';

const ANY: PlanRoute = {
  name: 'any',
  listeners: [],
  priority: 0,
  hosts: [],
  path: { kind: 'prefix', path: '' },
  methods: [],
  headers: [],
  cookies: [],
  query: [],
  action: { kind: 'services', targets: [{ service: 'web', weight: 1 }] },
};

test('what a route matches is told in words', () => {
  assert.equal(matchWords(ANY), '/*');
  assert.equal(matchWords({ ...ANY, path: { kind: 'exact', path: '/a' }, methods: ['GET', 'HEAD'] }), '/a · GET, HEAD');
  assert.equal(matchWords({ ...ANY, path: { kind: 'regex', source: '^/x' }, listeners: ['web'] }), '~ ^/x · at web');
  assert.equal(
    matchWords({
      ...ANY,
      hosts: ['a.example', '*.b.example'],
      path: { kind: 'pattern', pattern: '/users/:id' },
      headers: [
        { name: 'x-beta', kind: 'present', value: '' },
        { name: 'x-v', kind: 'equal', value: '2' },
      ],
      cookies: [{ name: 'c', kind: 'prefix', value: 'a' }],
      query: [{ name: 'q', kind: 'regex', value: '^1' }],
      client: [{ name: 'subject', kind: 'equal', value: 'CN=x' }],
    }),
    'a.example, *.b.example /users/:id · header x-beta · header x-v = 2 · cookie c = a* · query q ~ ^1 · certificate subject = CN=x',
  );
});

test('where it goes is told by service with its share, or in words', () => {
  const [split, redirect, answer] = routeRows([
    {
      ...ANY,
      action: {
        kind: 'services',
        targets: [
          { service: 'a', weight: 3 },
          { service: 'b', weight: 1 },
        ],
      },
    },
    { ...ANY, action: { kind: 'redirect', status: 301, location: 'https://{host}{path}' } },
    { ...ANY, action: { kind: 'respond', status: 204 }, filters: [{ kind: 'cors' }] },
  ]);
  assert.deepEqual(split!.services, [
    { name: 'a', share: 0.75 },
    { name: 'b', share: 0.25 },
  ]);
  assert.equal(redirect!.action, '301 to https://{host}{path}');
  assert.deepEqual([answer!.action, answer!.filters, answer!.services], ['answers 204', ['cors'], []]);
});

const ROWS = routeRows([
  { ...ANY, name: 'shop', priority: 5, filters: [{ kind: 'cache' }] },
  { ...ANY, name: 'assets', hosts: ['CDN.example'] },
  { ...ANY, name: 'legacy' },
]);

test('a search finds rows that have every word, in any column', () => {
  const found = (text: string) => searchRoutes(ROWS, text).map(({ name }) => name);
  assert.deepEqual(found(' '), ['shop', 'assets', 'legacy']);
  assert.deepEqual(found('cdn WEB'), ['assets']);
  assert.deepEqual(found('cache'), ['shop']);
  assert.deepEqual(found('cache cdn'), []);
});

test('rows are sorted by what was asked for; what is unknown is least', () => {
  const snapshot = {
    routes: {
      shop: { rps: 10, errorRps: 0, p95Ms: 4, hitRatio: 0.5 },
      assets: { rps: 2, errorRps: 1, p95Ms: null, hitRatio: null },
    },
  } as unknown as TrafficSnapshot;
  const sorted = (by: RouteKey, isDescending: boolean) => sortRoutes(ROWS, snapshot, { by, isDescending }).map(({ name }) => name[0]);
  assert.deepEqual(sorted('order', false), ['s', 'a', 'l']);
  assert.deepEqual(sorted('order', true), ['l', 'a', 's']);
  assert.deepEqual(sorted('name', false), ['a', 'l', 's']);
  assert.deepEqual(sorted('priority', true), ['s', 'a', 'l']);
  assert.deepEqual(sorted('rps', true), ['s', 'a', 'l']);
  assert.deepEqual(sorted('errors', true), ['a', 's', 'l']);
  assert.deepEqual(sorted('p95', true), ['s', 'a', 'l']);
  assert.deepEqual(sorted('hits', true), ['s', 'a', 'l']);
});
