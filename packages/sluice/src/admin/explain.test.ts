import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../base/time.ts';
import { compile } from '../config/compile.ts';
import { validate } from '../config/validate.ts';
import type { SlotMap } from '../config/worker-protocol.ts';
import { DOWN, DRAINING, endpointTable, resetEndpoint } from '../core/balancing/endpoint-table.ts';
import { compileLinearRegex } from '../io/regex.ts';
import type { Explained, ExplainRequest, ExplainResult } from './backend.ts';
import { isPanicking } from './explain-service.ts';
import { explainRequest, type ExplainView } from './explain.ts';

const CONFIG = {
  listeners: { web: { http: ':8080' }, internal: { http: ':8081' } },
  services: {
    users: { endpoints: ['127.0.0.1:3001', { address: '127.0.0.1:3002', weight: 3 }, { address: '127.0.0.1:3003', priority: 1 }] },
    canary: { endpoints: ['127.0.0.1:4001'], balance: { algorithm: 'hash', on: { header: 'x-user' } } },
  },
  routes: [
    { name: 'beta', path: '/api/users/*', headers: { 'x-beta': 'yes' }, to: { users: 90, canary: 10 } },
    { name: 'users', path: '/api/users/*', methods: ['GET'], to: 'users' },
    { name: 'internal', path: '/admin/*', listeners: ['internal'], to: 'users' },
    { name: 'old', path: '/old', redirect: '/new' },
  ],
};

function viewOf(): ExplainView {
  const validation = validate(CONFIG, () => null);
  ok(validation.ok, JSON.stringify(validation));
  const plan = compile(validation.config, { generation: 1, cores: 1 });
  const table = endpointTable();
  const endpoints: Record<string, Record<string, number>> = {};
  let slot = 0;
  for (const service of plan.services) {
    endpoints[service.name] = {};
    for (const { address } of service.endpoints) {
      resetEndpoint(table, slot);
      endpoints[service.name]![address] = slot++;
    }
  }
  const slots: SlotMap = { listeners: {}, routes: {}, services: {}, endpoints };
  return { plan, slots, table, compileRegex: compileLinearRegex, now: instant(0) };
}

function explain(view: ExplainView, asked: Partial<ExplainRequest>): ExplainResult {
  return explainRequest(view, { method: 'GET', url: '/', headers: [], listener: null, ...asked });
}

function explained(view: ExplainView, asked: Partial<ExplainRequest>): Explained {
  const result = explain(view, asked);
  ok(result.ok, JSON.stringify(result));
  return result;
}

function shares(result: Explained, service = 0): (number | string)[][] {
  return result.services[service]!.endpoints.map(({ address, share, reason }) => [address.slice(-4), share, reason ?? '']);
}

test('the chosen route, and why the others are not', () => {
  const result = explained(viewOf(), { url: 'http://Shop.Example:80/api/%75sers/7?a=b' });
  deepEqual([result.listener, result.host, result.path, result.action], ['web', 'shop.example', '/api/users/7', 'forward to users']);
  equal(result.routes.find(({ verdict }) => verdict === 'chosen')?.name, 'users');
  match(result.routes.find(({ name }) => name === 'beta')!.reason, /header "x-beta"/);
  match(result.routes.find(({ name }) => name === 'internal')!.reason, /listener "web" is not among internal/);
});

test('headers count, and weighted services show their shares', () => {
  const result = explained(viewOf(), { url: '/api/users/7', headers: [['x-beta', 'yes']] });
  deepEqual(
    result.services.map(({ name, share }) => [name, share]),
    [
      ['users', 0.9],
      ['canary', 0.1],
    ],
  );
  match(result.services[1]!.note ?? '', /the header "x-user" decides/);
});

test('endpoints share by weight; the next priority waits', () => {
  deepEqual(shares(explained(viewOf(), { url: '/api/users/7' })), [
    ['3001', 0.25, ''],
    ['3002', 0.75, ''],
    ['3003', 0, 'priority 1: those before it take everything'],
  ]);
});

test('who is down or drains gets nothing, and the next priority takes over', () => {
  const view = viewOf();
  view.table.state[0] = DOWN;
  view.table.state[1] = DRAINING;
  deepEqual(shares(explained(view, { url: '/api/users/7' })), [
    ['3001', 0, 'down'],
    ['3002', 0, 'draining'],
    ['3003', 1, ''],
  ]);
});

test('when nearly all are down, panic is said', () => {
  const view = viewOf();
  const users = view.plan.services.find(({ name }) => name === 'users')!;
  equal(isPanicking(view, users), false);
  for (const slot of [0, 1, 2]) view.table.state[slot] = DOWN;
  equal(isPanicking(view, users), true);
  const result = explained(view, { url: '/api/users/7' });
  match(result.services[0]!.note ?? '', /panic/);
  deepEqual(shares(result)[0], ['3001', 0.25, '']);
});

test('a split between versions is shown, with what each gets now; priorities do not count then', () => {
  const view = viewOf();
  const split = (shares: Record<string, number>): ExplainView => {
    const services = view.plan.services.map((plan) => {
      const endpoints = plan.endpoints.map((endpoint, index) => ({ ...endpoint, version: index === 2 ? 'v2' : 'v1' }));
      return { ...plan, endpoints, split: shares, isPaused: false };
    });
    return { ...view, plan: { ...view.plan, services } };
  };
  const result = explained(split({ v1: 0.9, v2: 0.1 }), { url: '/api/users/7' });
  equal(result.services[0]!.note, 'split: v1 90 %, v2 10 %');
  deepEqual(shares(result), [
    ['3001', 0.225, ''],
    ['3002', 0.675, ''],
    ['3003', 0.1, ''],
  ]);
  deepEqual(shares(explained(split({ v1: 1, v2: 0 }), { url: '/api/users/7' }))[2], ['3003', 0, 'version v2 has no share']);
  view.table.state[2] = DOWN;
  const dead = explained(split({ v1: 0.9, v2: 0.1 }), { url: '/api/users/7' });
  equal(dead.services[0]!.note, 'split: v1 100 % instead of 90 %, v2 0 % instead of 10 %');
  deepEqual(shares(dead)[2], ['3003', 0, 'down']);
});

test('a pause is said', () => {
  const view = viewOf();
  const services = view.plan.services.map((plan) => ({ ...plan, isPaused: true }));
  match(
    explained({ ...view, plan: { ...view.plan, services } }, { url: '/api/users/7' }).services[0]!.note ?? '',
    /^paused: requests wait/,
  );
});

test('another listener, a redirect, and no route', () => {
  const view = viewOf();
  equal(explained(view, { url: '/admin/x', listener: 'internal' }).action, 'forward to users');
  match(explained(view, { url: '/old' }).action ?? '', /^redirect 30\d to \/new$/);
  equal(explained(view, { url: '/nowhere' }).action, null);
});

test('what would be answered with 400 says so', () => {
  const view = viewOf();
  const problem = (asked: Partial<ExplainRequest>): string => {
    const result = explain(view, asked);
    return result.ok ? 'explained' : result.problem;
  };
  match(problem({ listener: 'wbe' }), /no listener "wbe"; listeners: web, internal/);
  const layer4 = { ...view, plan: { ...view.plan, listeners: [] } };
  deepEqual(explain(layer4, {}), {
    ok: false,
    problem: 'no listener takes HTTP; at layer 4 there are no requests to explain: `sluice status` shows where connections go',
  });
  match(problem({ url: 'shop.example/a' }), /would be answered with 400; write http:\/\/host\/path or \/path/);
  match(problem({ url: '/a/../../b' }), /can be read in two ways/);
  match(problem({ url: '/a%2Fb' }), /can be read in two ways/);
  match(problem({ method: 'G T' }), /not a token/);
  match(problem({ method: 'CONNECT', url: 'a:80' }), /CONNECT is not served/);
  match(problem({ headers: [['host', 'a b']] }), /the host "a b"/);
});
