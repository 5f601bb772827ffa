import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from '../validate.ts';

const NODES = { endpoints: ['10.0.0.1:80', '10.0.0.2:80'], balance: { algorithm: 'hash', table: 'rendezvous' } };

function faultsOf(cache: object, services: object = {}, route: object = { to: 'web' }): string[] {
  const config = {
    listeners: { main: { http: ':8080' } },
    services: { web: { endpoints: ['127.0.0.1:3000'] }, ...services },
    routes: [{ path: '/*', ...route, filters: [{ cache }] }],
  };
  const result = validate(config, () => null);
  return result.ok
    ? result.warnings.map(({ path, message }) => `${path}: ${message}`)
    : result.faults.map(({ path, message }) => `${path}: ${message}`);
}

const SHIELD = { service: 'nodes', self: '10.0.0.1:80', secret: '0123456789abcdef' };

test('a shield whose service is there and has this node is right, and its service counts as used', () => {
  assert.deepEqual(faultsOf({ shield: SHIELD }, { nodes: NODES }), []);
});

test('a shield has this gateway among its nodes, which is no loop; requests that are routed there would be one', () => {
  const nodes = { ...NODES, endpoints: ['127.0.0.1:8080', '10.0.0.2:80'] };
  const shield = { ...SHIELD, self: '127.0.0.1:8080' };
  assert.deepEqual(faultsOf({ shield }, { nodes }), []);
  assert.match(
    faultsOf({ shield }, { nodes }, { to: 'nodes' }).join(),
    /endpoints\[0\].* is listener "main" of this gateway: requests would go round/,
  );
});

test('what a shield names must exist, balance by hash, and have this node', () => {
  assert.match(
    faultsOf({ shield: { ...SHIELD, service: 'node' } }, { nodes: NODES }).join(),
    /does not exist: "node"; did you mean "nodes"/,
  );
  assert.match(faultsOf({ shield: SHIELD }, { nodes: { ...NODES, balance: 'p2c' } }).join(), /must balance by hash.*table: 'rendezvous'/);
  assert.match(faultsOf({ shield: { ...SHIELD, self: '10.0.0.9:80' } }, { nodes: NODES }).join(), /is no endpoint of services\.nodes/);
  assert.match(faultsOf({ shield: { ...SHIELD, secret: 'short' } }, { nodes: NODES }).join(), /must be a secret of 16 to 1024/);
});

test('no fault shows a secret', () => {
  const shown = faultsOf({ shield: { ...SHIELD, secret: 'hunter2' } }, { nodes: NODES }).join();
  assert.ok(!shown.includes('hunter2'), shown);
});

test('a route that only answers what was pushed needs no service', () => {
  assert.deepEqual(
    faultsOf({ push: true }, { nodes: NODES }, {}).filter((each) => !each.includes('services')),
    [],
  );
  assert.match(faultsOf({}, {}, {}).join(), /must have exactly one of to, redirect and respond/);
});

test('pages ahead of need are paths of a host', () => {
  assert.deepEqual(faultsOf({ prerender: { host: 'example.com', paths: ['/', '/a?b=c'] } }), []);
  for (const prerender of [
    { host: 'http://example.com', paths: ['/'] },
    { host: 'a', paths: ['a'] },
    { host: 'a', paths: ['/ b'] },
    { host: 'a', paths: ['/#x'] },
  ])
    assert.equal(faultsOf({ prerender }).length, 1, JSON.stringify(prerender));
});
