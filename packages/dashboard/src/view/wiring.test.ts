import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wiringOf } from './wiring.ts';

test('a route without listeners belongs to all that speak HTTP', () => {
  const action = { kind: 'services', targets: [{ service: 'a' }, { service: 'b' }, { service: 'a' }] };
  const wiring = wiringOf({
    listeners: [
      { name: 'web', kind: 'http' },
      { name: 'db', kind: 'stream', targets: [{ services: [{ service: 'pg' }] }, { services: [{ service: 'pg' }] }] },
    ],
    routes: [
      { name: 'any', listeners: [], action },
      { name: 'own', listeners: ['web'], action: { kind: 'respond' } },
    ],
  });
  assert.deepEqual(wiring.routes, [
    { name: 'any', listeners: ['web'], services: ['a', 'b'] },
    { name: 'own', listeners: ['web'], services: [] },
  ]);
  assert.deepEqual(wiring.streams, [{ listener: 'db', services: ['pg'] }]);
});

test('a plan that has none of it is no trouble', () => {
  assert.deepEqual(wiringOf({}), { routes: [], streams: [] });
});
