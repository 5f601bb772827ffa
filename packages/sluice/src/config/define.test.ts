/** What the types refuse is checked by `tsc`: each `@ts-expect-error` must be one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineConfig } from './define.ts';
import { validate } from './validate.ts';

const listeners = { web: { http: ':8080' } };
const services = { users: { endpoints: ['127.0.0.1:3001'] }, orders: { endpoints: ['127.0.0.1:3002'] } };

test('a full configuration has its types, and is returned as it is', () => {
  const config = defineConfig({
    listeners: { web: { http: ':8080', limits: { headers: '16KiB' } } },
    services: {
      users: {
        endpoints: ['127.0.0.1:3001', { address: '127.0.0.1:3002', weight: 3 }],
        balance: 'least-connections',
        health: { http: '/healthz', interval: '2s' },
      },
      a: { endpoints: ['127.0.0.1:4001'], balance: { algorithm: 'hash', on: { header: 'x-user' } }, outlier: false, hedge: true },
      b: { endpoints: ['unix:/run/b.sock'], affinity: { by: 'ip' } },
    },
    routes: [
      { path: '/api/users/*', to: 'users', listeners: 'web' },
      { path: '/old/*', redirect: { location: '/new', status: 308 } },
      { path: '/ping', respond: 204 },
      { path: '/*', to: { a: 90, b: 10 } },
    ],
    admin: '127.0.0.1:9900',
  });
  assert.equal(validate(config, () => null).ok, true);
});

test('a route to a service that does not exist is a type error', () => {
  defineConfig({
    listeners,
    services,
    // @ts-expect-error no service "usres"
    routes: [{ path: '/*', to: 'usres' }],
  });
  defineConfig({
    listeners,
    services,
    // @ts-expect-error no service "payments"
    routes: [{ path: '/*', to: { users: 1, payments: 2 } }],
  });
  defineConfig({
    listeners,
    // @ts-expect-error no services at all
    routes: [{ path: '/*', to: 'users' }],
  });
});

test('a route of a listener that does not exist is a type error', () => {
  defineConfig({
    listeners,
    services,
    // @ts-expect-error no listener "wbe"
    routes: [{ path: '/*', to: 'users', listeners: ['wbe'] }],
  });
});

test('a route with no action or two is a type error', () => {
  // @ts-expect-error neither to, redirect nor respond
  defineConfig({ listeners, services, routes: [{ path: '/*' }] });
  // @ts-expect-error both
  defineConfig({ listeners, services, routes: [{ path: '/*', to: 'users', respond: 200 }] });
});

test('unknown keys, algorithms and bare numbers are type errors', () => {
  // @ts-expect-error misspelt key
  defineConfig({ listeners, services: { users: { endpoints: [], balence: 'p2c' } }, routes: [] });
  // @ts-expect-error misspelt algorithm
  defineConfig({ listeners, services: { users: { endpoints: [], balance: 'roundrobin' } }, routes: [] });
  // @ts-expect-error a duration has a unit
  defineConfig({ listeners, services: { users: { endpoints: [], slowStart: 5 } }, routes: [] });
  // @ts-expect-error two kinds of probe
  defineConfig({ listeners, services: { users: { endpoints: [], health: { http: '/', tcp: true } } }, routes: [] });
});

test('names that are only known at run time are allowed', () => {
  const generated: Record<string, { endpoints: string[] }> = Object.fromEntries([['a', { endpoints: ['h:1'] }]]);
  const config = defineConfig({
    listeners,
    services: generated,
    routes: Object.keys(generated).map((name) => ({ path: `/${name}/*`, to: name })),
  });
  assert.equal(validate(config, () => null).ok, true);
});
