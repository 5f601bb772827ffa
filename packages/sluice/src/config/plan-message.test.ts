import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packPlan, unpackPlan } from './plan-message.ts';
import { NO_CHALLENGES, type Plan, type RoutePlan } from './plan.ts';

const ROUTE: RoutePlan = {
  name: '',
  listeners: [],
  priority: 0,
  hosts: [],
  path: { kind: 'prefix', path: '' },
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

function plan(generation: number, names: readonly (readonly [string, number])[]): Plan {
  const routes = names.map(([name, priority]): RoutePlan => ({ ...ROUTE, name, priority }));
  return {
    generation,
    listeners: [],
    services: [],
    routes,
    caches: [],
    stores: [],
    memories: [],
    admin: null,
    accessLog: null,
    tracing: null,
    acmeChallenges: NO_CHALLENGES,
    workers: 1,
    drainTimeoutMs: 0,
  };
}

function slotsOf({ routes }: Plan) {
  return { listeners: {}, services: {}, endpoints: {}, routes: Object.fromEntries(routes.map((route, index) => [route.name, index + 7])) };
}

const names = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), fc.integer({ min: 0, max: 2 })), {
  selector: ([name]) => name,
});

test('a plan arrives as it was sent, whatever the worker had before', () => {
  fc.assert(
    fc.property(names, names, (before, after) => {
      const base = plan(1, before);
      const next = plan(2, after);
      const message = structuredClone(packPlan(next, slotsOf(next), base));
      assert.deepEqual(unpackPlan(message, base), next);
      assert.deepEqual(
        [...message.slots.routes],
        after.map((_, index) => index + 7),
      );
    }),
  );
});

test('routes that did not change stay the very same array, so that the router need not be made anew', () => {
  const base = plan(1, [
    ['a', 0],
    ['b', 1],
  ]);
  const next = plan(2, [
    ['a', 0],
    ['b', 1],
  ]);
  assert.equal(unpackPlan(packPlan(next, slotsOf(next), base), base)?.routes, base.routes);
});

test('a route that changed in place or moved is noticed', () => {
  const base = plan(1, [
    ['a', 0],
    ['b', 1],
  ]);
  const moved = plan(2, [
    ['b', 1],
    ['a', 0],
  ]);
  assert.deepEqual(
    unpackPlan(packPlan(moved, slotsOf(moved), base), base)?.routes.map((route) => route.name),
    ['b', 'a'],
  );
  const changed = plan(2, [
    ['a', 2],
    ['b', 1],
  ]);
  const message = packPlan(changed, slotsOf(changed), base);
  assert.deepEqual([...message.kept], [-1, 1]);
});

test('a message made for another plan is refused', () => {
  const next = plan(3, [['a', 0]]);
  assert.equal(unpackPlan(packPlan(next, slotsOf(next), plan(2, [['a', 0]])), plan(1, [])), null);
  assert.deepEqual(unpackPlan(packPlan(next, slotsOf(next), null), plan(1, [])), next);
});
