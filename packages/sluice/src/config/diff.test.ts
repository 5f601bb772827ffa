import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile } from './compile.ts';
import { diffPlans, isSame, summarizeDiff } from './diff.ts';
import type { Plan } from './plan.ts';
import { validate } from './validate.ts';

function plan(change: Record<string, unknown> = {}, generation = 1): Plan {
  const value = {
    listeners: { web: { http: ':8080' } },
    services: { a: { endpoints: ['h:1', 'h:2'] }, b: { endpoints: ['h:3'] } },
    routes: [
      { path: '/a', to: 'a' },
      { path: '/b', to: 'b' },
    ],
    ...change,
  };
  const validation = validate(value, () => null);
  assert.ok(validation.ok, 'test plans are valid');
  return compile(validation.config, { generation, cores: 2 });
}

test('a plan differs from itself in nothing, whatever the generation', () => {
  const diff = diffPlans(plan(), plan({}, 2));
  assert.equal(diff.isEmpty, true);
  assert.equal(summarizeDiff(diff), 'nothing changed');
});

test('endpoints that come and go change their service and nothing else', () => {
  const diff = diffPlans(
    plan(),
    plan({ services: { a: { endpoints: ['h:2', { address: 'h:9', weight: 2 }] }, b: { endpoints: ['h:3'] } } }),
  );
  assert.deepEqual(diff.services, { added: [], changed: ['a'], removed: [] });
  assert.deepEqual(diff.endpoints, { a: { added: ['h:9'], changed: [], removed: ['h:1'] } });
  assert.deepEqual(diff.routes, { added: [], changed: [], removed: [] });
  assert.equal(summarizeDiff(diff), 'services ~a; service "a": endpoints +h:9 -h:1');
});

test('a weight is a change of its endpoint', () => {
  const diff = diffPlans(
    plan(),
    plan({ services: { a: { endpoints: [{ address: 'h:1', weight: 5 }, 'h:2'] }, b: { endpoints: ['h:3'] } } }),
  );
  assert.deepEqual(diff.endpoints, { a: { added: [], changed: ['h:1'], removed: [] } });
});

test('a setting of a service is a change without endpoints', () => {
  const diff = diffPlans(plan(), plan({ services: { a: { endpoints: ['h:1', 'h:2'], balance: 'random' }, b: { endpoints: ['h:3'] } } }));
  assert.deepEqual([diff.services.changed, diff.endpoints], [['a'], {}]);
});

test('a new route leaves the others as they were', () => {
  const diff = diffPlans(
    plan(),
    plan({
      routes: [
        { path: '/new', to: 'a' },
        { path: '/a', to: 'a' },
        { path: '/b', to: 'b' },
      ],
    }),
  );
  assert.deepEqual(diff.routes, { added: ['/new'], changed: [], removed: [] });
  assert.equal(diff.isReordered, false);
});

test('another order of routes is a difference', () => {
  const diff = diffPlans(
    plan(),
    plan({
      routes: [
        { path: '/b', to: 'b' },
        { path: '/a', to: 'a' },
      ],
    }),
  );
  assert.deepEqual([diff.isReordered, diff.isEmpty, summarizeDiff(diff)], [true, false, 'routes in another order']);
});

test('top-level settings are named', () => {
  const diff = diffPlans(plan(), plan({ workers: 7, accessLog: 'json', admin: false }));
  assert.deepEqual(diff.settings, ['admin', 'accessLog', 'workers']);
});

test('listeners are matched by name', () => {
  const diff = diffPlans(plan(), plan({ listeners: { api: { http: ':8081' } } }));
  assert.deepEqual(diff.listeners, { added: ['api'], changed: [], removed: ['web'] });
});

test('many names are counted, not listed', () => {
  const routes = Array.from({ length: 9 }, (_, index) => ({ path: `/${index}`, to: 'a' }));
  assert.match(summarizeDiff(diffPlans(plan(), plan({ routes: [...routes, { path: '/b', to: 'b' }] }))), /^routes \+9 -\/a/);
});

test('isSame agrees with deep equality on plain data, and with itself on clones', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (left, right) => {
      assert.equal(isSame(left, structuredClone(left)), true);
      let isEqual = true;
      try {
        assert.deepEqual(left, right);
      } catch {
        isEqual = false;
      }
      assert.equal(isSame(left, right), isEqual);
    }),
  );
});

test('isSame tells a missing key from an undefined one, and a list from an object', () => {
  assert.equal(isSame({ a: undefined }, {}), false);
  assert.equal(isSame({ a: undefined }, { b: undefined }), false);
  assert.equal(isSame([], {}), false);
  assert.equal(isSame({ a: 1, b: 2 }, { b: 2, a: 1 }), true);
});

test('a cache of another size, a disk or a store is a change of its own', () => {
  const cached = (caches: object): Plan => plan({ filters: ['cache'], caches, stores: { main: { url: 'redis://127.0.0.1' } } });
  const usual = cached({ default: { memory: '64MiB' } });
  for (const other of [{ memory: '32MiB' }, { memory: '64MiB', disk: { path: 'd' } }, { memory: '64MiB', shared: { store: 'main' } }])
    assert.equal(summarizeDiff(diffPlans(usual, cached({ default: other }))), 'settings: caches, memories');
});
