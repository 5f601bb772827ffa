/** What the types refuse is checked by `tsc`: each `@ts-expect-error` must be one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineFilter } from '../core/filters/custom-filter.ts';
import { defineConfig, type ScalePolicyInput } from './define.ts';
import { compress, custom, requestId } from './filters.ts';
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

test('a service that Sluice runs has its types, a function as a signal among them', () => {
  const config = defineConfig({
    listeners,
    services: {
      users: {
        run: {
          command: ['node', 'users.js'],
          ready: { http: '/healthz', within: '20s' },
          drain: '30s',
          resources: { memory: '512MiB' },
        },
        replicas: {
          min: 1,
          max: 10,
          scale: [
            { signal: 'in-flight', target: 20 },
            { signal: 'cpu', target: 0.7 },
            { schedule: '0 8 * * 1-5', min: 4, zone: 'Europe/Berlin', for: '10h' },
            { signal: ({ inflight, ready }) => inflight / Math.max(1, ready), per: 'instance', target: 20 },
            { signal: async (facts) => (facts.service === 'users' ? 3 : 2), target: 1, panic: false },
            { signal: { prometheus: 'http://127.0.0.1:9090', query: 'sum(jobs)' }, steps: [{ above: 100, add: '50%' }] },
            { at: '2026-11-27T08:00:00+01:00', for: '4h', times: 4 },
            { predict: 'weekly', target: 20 },
          ],
        },
        deploy: { canary: [{ share: '5%', pause: 'manual' }] },
      },
      orders: { run: { container: { image: 'orders:1', port: 3000 }, ready: '/healthz', resources: { cpu: 1.5 } }, replicas: 3 },
      cart: { run: { kubernetes: { deployment: 'shop/cart', service: 'cart' } } },
      old: { run: { autoScalingGroup: { name: 'old', port: 80 }, ready: { within: '5m' } } },
    },
    routes: [
      { path: '/*', to: 'users' },
      { path: '/orders/*', to: { orders: 1, cart: 1, old: 1 } },
    ],
  });
  const validation = validate(config, () => null);
  assert.deepEqual(validation.ok ? validation.warnings : validation.faults, []);
});

test('endpoints and instances in one, and kinds of instances together, are type errors', () => {
  const run = { command: ['node', 'server.js'] };
  // @ts-expect-error neither
  defineConfig({ listeners, services: { users: {} } });
  // @ts-expect-error both
  defineConfig({ listeners, services: { users: { endpoints: [], run } } });
  // @ts-expect-error endpoints are as many as they are
  defineConfig({ listeners, services: { users: { endpoints: [], replicas: 2 } } });
  // @ts-expect-error no kind
  defineConfig({ listeners, services: { users: { run: { drain: '5s' } } } });
  // @ts-expect-error two kinds
  defineConfig({ listeners, services: { users: { run: { ...run, container: { image: 'a', port: 1 } } } } });
  // @ts-expect-error logs of processes
  defineConfig({ listeners, services: { users: { run: { container: { image: 'a', port: 1 }, logs: { directory: 'logs' } } } } });
  // @ts-expect-error the platform has it
  defineConfig({ listeners, services: { users: { run: { kubernetes: { deployment: 'a', service: 'a' }, resources: { cpu: 1 } } } } });
  // @ts-expect-error two kinds of workload
  defineConfig({ listeners, services: { users: { run: { kubernetes: { deployment: 'a', statefulSet: 'a', service: 'a' } } } } });
  // @ts-expect-error two probes
  defineConfig({ listeners, services: { users: { run: { ...run, ready: { http: '/', tcp: true } } } } });
});

test('policies that are two, or misspelt, are type errors', () => {
  const users = (scale: readonly ScalePolicyInput[]) => ({ run: { command: ['node'] }, replicas: { max: 9, scale } });
  // @ts-expect-error no such signal
  users([{ signal: 'inflight', target: 1 }]);
  // @ts-expect-error target and steps
  users([{ signal: 'in-flight', target: 1, steps: [{ above: 1, add: 1 }] }]);
  // @ts-expect-error a signal and a schedule
  users([{ signal: 'in-flight', target: 1, schedule: '0 8 * * *' }]);
  // @ts-expect-error add and remove
  users([{ signal: 'in-flight', steps: [{ above: 1, add: 1, remove: 1 }] }]);
  // @ts-expect-error a function that says a text
  users([{ signal: () => 'many', target: 1 }]);
  // @ts-expect-error a fact that there is not
  users([{ signal: ({ load }) => load, target: 1 }]);
});

test('filters have their types: functions, kinds with options, kinds alone; a route of which one answers needs no service', () => {
  const hello = defineFilter<{ name: string }>((request, _next, { name }) => ({ status: 200, body: `${name} ${request.path}` }));
  const config = defineConfig({
    listeners,
    services,
    filters: ['requestId', compress()],
    routes: [
      { path: '/a/*', to: 'users', filters: [requestId(), { compress: true }, hello] },
      { path: '/b/*', filters: [compress(), hello] },
      { path: '/c/*', filters: [custom(hello, { options: { name: 'Ada' }, timeout: '5s' }), compress()] },
      { path: '/d/*', filters: [custom({ module: './my-filter.ts' })] },
    ],
  });
  const validation = validate(config, () => null);
  assert.deepEqual(validation.ok ? [] : validation.faults, []);
  // @ts-expect-error no service, and no filter that answers
  defineConfig({ listeners, services, routes: [{ path: '/*', filters: [compress()] }] });
  // @ts-expect-error no such filter
  defineConfig({ listeners, services, routes: [{ path: '/*', to: 'users', filters: ['compres'] }] });
  // @ts-expect-error two kinds in one
  defineConfig({ listeners, services, routes: [{ path: '/*', to: 'users', filters: [{ compress: true, requestId: true }] }] });
  // @ts-expect-error other options than the filter has
  custom(hello, { options: { nme: 'Ada' } });
  // @ts-expect-error a status is a number
  defineFilter(() => ({ status: '200' }));
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
