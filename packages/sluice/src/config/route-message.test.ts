import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Plan, RoutePlan } from './plan.ts';
import { packRoutes, unpackRoutes } from './route-message.ts';

const GOLDEN = globSync(join(import.meta.dirname, 'golden', '*.plan.json')).flatMap(
  (file) => (JSON.parse(readFileSync(file, 'utf8')) as Plan).routes,
);
/** A route that has everything as usual but its name and path. */
const PLAIN: RoutePlan = {
  name: 'plain',
  listeners: [],
  priority: 0,
  hosts: [],
  path: { kind: 'exact', path: '/plain' },
  methods: [],
  headers: [],
  cookies: [],
  query: [],
  client: [],
  action: { kind: 'services', targets: [{ service: 'web', weight: 1 }] },
  filters: [],
  keepsFilterOrder: false,
  rewrite: null,
  timeouts: { exchangeMs: 0, responseHeaderMs: 60_000 },
  shedPriority: 'normal',
  upgrade: true,
  webSocket: { pingMs: 0 },
  grpcWeb: false,
};

/** Each field on its own, other than usual. */
const UNUSUAL: readonly RoutePlan[] = [
  { ...PLAIN, listeners: ['web'] },
  { ...PLAIN, priority: -1 },
  { ...PLAIN, hosts: ['example.com'] },
  { ...PLAIN, methods: ['GET'] },
  { ...PLAIN, headers: [{ name: 'a', kind: 'present', value: '' }] },
  { ...PLAIN, cookies: [{ name: 'a', kind: 'equal', value: '' }] },
  { ...PLAIN, query: [{ name: 'a', kind: 'prefix', value: 'b' }] },
  { ...PLAIN, client: [{ name: 'san', kind: 'prefix', value: 'b' }] },
  { ...PLAIN, webSocket: { pingMs: 1 } },
  { ...PLAIN, grpcWeb: true },
  { ...PLAIN, action: { kind: 'services', targets: [] } },
  { ...PLAIN, action: { kind: 'services', targets: [{ service: 'web', weight: 2 }] } },
  { ...PLAIN, action: { kind: 'services', targets: [{ service: '', weight: 1 }] } },
  { ...PLAIN, action: { kind: 'respond', status: 200, headers: [], body: '' } },
  { ...PLAIN, timeouts: { exchangeMs: 1, responseHeaderMs: 60_000 } },
  { ...PLAIN, shedPriority: 'high' },
  { ...PLAIN, upgrade: false },
];

const route = fc.constantFrom(PLAIN, ...UNUSUAL, ...GOLDEN);
const routes = fc
  .array(route, { maxLength: 8 })
  .map((list) => list.map((each, index): RoutePlan => ({ ...each, name: `${each.name} ${index % 3}` })))
  .map((list) => [...new Map(list.map((each) => [each.name, each])).values()]);

test('every kind of route arrives as it was sent, whatever the receiver had before', () => {
  for (const each of [PLAIN, ...UNUSUAL, ...GOLDEN]) assert.deepEqual(unpackRoutes(structuredClone(packRoutes([each], [])), []), [each]);
  fc.assert(
    fc.property(routes, routes, (before, after) => {
      assert.deepEqual(unpackRoutes(structuredClone(packRoutes(after, before)), before), after);
    }),
  );
});

test('what is usual is not sent, and is one object for all who have it', () => {
  const packed = packRoutes([PLAIN, { ...PLAIN, name: 'other' }], []);
  assert.deepEqual(JSON.parse(packed.fresh), [
    { name: 'plain', path: PLAIN.path, to: 'web' },
    { name: 'other', path: PLAIN.path, to: 'web' },
  ]);
  const [one, other] = unpackRoutes(packed, []);
  assert.equal(one?.action, other?.action);
  assert.equal(one?.hosts, other?.query);
});

test('a route that did not change stays the very same object, and so does the list when none did', () => {
  const base = [PLAIN, { ...PLAIN, name: 'other' }];
  assert.equal(unpackRoutes(packRoutes(structuredClone(base), base), base), base);
  const more = unpackRoutes(packRoutes(structuredClone([...base, { ...PLAIN, name: 'third' }]), base), base);
  assert.deepEqual([more[0] === base[0], more[1] === base[1], more.length], [true, true, 3]);
});
