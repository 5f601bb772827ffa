import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { adminWorld, serviceStatus } from '../../test/support/admin-app.ts';
import { SCOPES } from '../config/observe-plan.ts';
import type { AdminBackend } from './backend.ts';
import { OPERATIONS } from './operations.ts';

type Json = Record<string, unknown>;

/** Where an operation needs more than its path: what is sent. */
const BODIES: Readonly<Record<string, unknown>> = {
  'put /api/log-level': { level: 'warn' },
  'post /api/services/{name}/scale': { instances: 3 },
  'post /api/caches/purge': { all: true },
  'post /api/caches/{name}/pushes': { prefix: 'https://a/b/', version: 'v1' },
  'post /api/silences': { match: { rule: 'latency' }, for: '2h', comment: 'x' },
};
const QUERIES: Readonly<Record<string, string>> = {
  'get /api/explain': '?url=/',
  'get /api/plans/{generation}/diff': '?from=3',
  'put /api/caches/{name}/entries': '?url=https://a/b&push=p',
};
/** What the backend of these tests refuses, and with what. */
const STATUSES: Readonly<Record<string, number>> = {
  'get /api/explain': 400,
  'get /api/caches/{name}/keys': 404,
  'get /api/caches/{name}/pushes': 404,
  'post /api/caches/{name}/pushes': 404,
  'put /api/caches/{name}/entries': 404,
  'post /api/caches/{name}/pushes/{id}/activate': 404,
};

function pathOf(pattern: string): string {
  const isSilence = pattern.includes('silences');
  return pattern
    .replace('{name}', 'users')
    .replace('{address}', encodeURIComponent('127.0.0.1:3001'))
    .replace('{generation}', '2')
    .replace('{id}', isSilence ? 's1' : 'users.3');
}

for (const { method, path, scope, action, isForOwner, isStream } of OPERATIONS) {
  const key = `${method} ${path}`;
  const send = (world: ReturnType<typeof adminWorld>): Promise<Response> =>
    world.ask(method.toUpperCase(), pathOf(path) + (QUERIES[key] ?? ''), BODIES[key]);

  test(`${key} answers, and a change is written down`, async () => {
    const world = adminWorld(scope);
    const response = await send(world);
    const text = isStream === true ? '' : await response.text();
    if (isStream === true) await response.body?.cancel();
    equal(response.status, STATUSES[key] ?? 200, text);
    deepEqual(
      world.notes.map((note) => note.action),
      action === undefined ? [] : [action],
    );
    ok((method === 'get') === (action === undefined), 'what changes something is written down, and nothing that is read');
    deepEqual(world.errors, []);
  });

  const less = SCOPES[SCOPES.indexOf(scope) - 1];
  if (less !== undefined)
    test(`${key} needs the scope ${scope}`, async () => {
      const world = adminWorld(less);
      const response = await send(world);
      equal(response.status, 403);
      const problem = (await response.json()) as Json;
      equal(problem['detail'], `this needs the scope "${scope}", and ops has "${less}"`);
      deepEqual([world.calls, world.fleet.asked, world.caches.orders], [[], [], []]);
    });

  if (isForOwner === true)
    test(`security: ${key} is for the user that Sluice runs as`, async () => {
      const world = adminWorld();
      world.state.isOwner = false;
      equal((await send(world)).status, 403);
      deepEqual([world.calls, world.fleet.asked], [[], []]);
    });
}

test('the audit log has what a change was from and to, and what came of it', async () => {
  const { ask, notes, fleet } = adminWorld();
  await ask('POST', '/api/services/users/scale', { instances: 3 });
  fleet.refusal = 'it is under way';
  await ask('POST', '/api/services/users/deploy', { env: { KEY: 'hunter2' }, command: ['x', '--key=hunter2'] });
  deepEqual(notes[0], {
    action: 'scale',
    target: 'service/users',
    before: { instances: 'auto', wanted: 2 },
    after: { instances: 3 },
    outcome: 'ok',
  });
  equal(notes[1]!.outcome, 'it is under way');
  ok(!JSON.stringify(notes).includes('hunter2'));
});

test('a refusal names each member that is wrong', async () => {
  const { ask } = adminWorld();
  const response = await ask('POST', '/api/services/users/deploy', { version: '../x', image: 7 });
  equal(response.headers.get('content-type'), 'application/problem+json');
  const { errors } = (await response.json()) as { errors: Json[] };
  deepEqual(
    errors.map(({ pointer }) => pointer),
    ['#/image', '#/version'],
  );
  equal(errors[0]!['detail'], 'image must be a text of at most 1024 characters, got 7');
});

test('a body that is no JSON by its type is 415, one over 1 MiB 413', async () => {
  const { ask, calls } = adminWorld();
  equal((await ask('POST', '/api/reload', '{}', { 'content-type': 'text/plain' })).status, 415);
  equal((await ask('PUT', '/api/log-level', '{"level":"warn"}', { 'content-type': 'text/plain' })).status, 415);
  equal((await ask('POST', '/api/reload', ' '.repeat(1_048_577))).status, 413);
  deepEqual(calls, []);
  equal((await ask('POST', '/api/reload', ' '.repeat(1_048_576))).status, 200);
});

test('a path that there is not names near ones; a method that it does not take, those that it does', async () => {
  const { ask } = adminWorld();
  const unknown = await ask('GET', '/api/stats');
  equal(unknown.status, 404);
  equal(((await unknown.json()) as { paths: string[] }).paths[0], 'GET /api/status');
  const wrong = await ask('DELETE', '/api/silences');
  deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, POST']);
  equal((await ask('GET', '/api/services/%zz')).status, 400);
});

test('a service that there is not names those that there are', async () => {
  const { ask } = adminWorld();
  const response = await ask('GET', '/api/services/userz');
  equal(response.status, 404);
  match(((await response.json()) as { detail: string }).detail, /no service "userz"; did you mean "users"; there is users, shop/);
  equal((await ask('GET', '/api/services/users/endpoints/nowhere')).status, 404);
});

test('HEAD has the head of GET and nothing more', async () => {
  const { ask } = adminWorld();
  const response = await ask('HEAD', '/api/status');
  deepEqual([response.status, await response.text()], [200, '']);
  match(response.headers.get('etag')!, /^W\/"/);
});

test('what did not change is 304, and counts are a change', async () => {
  const { ask, state } = adminWorld();
  for (const path of ['/api/status', '/api/plan', '/api/services/users']) {
    const tag = (await ask('GET', path)).headers.get('etag')!;
    const same = await ask('GET', path, undefined, { 'if-none-match': `"other", ${tag}` });
    deepEqual([same.status, await same.text(), same.headers.get('etag')], [304, '', tag]);
    equal((await ask('GET', path, undefined, { 'if-none-match': '"other"' })).status, 200);
  }
  const tag = (await ask('GET', '/api/services/users')).headers.get('etag')!;
  const [users, shop] = state.status.services;
  state.status = { ...state.status, services: [{ ...users!, requests: 6 }, shop!] };
  equal((await ask('GET', '/api/services/users', undefined, { 'if-none-match': tag })).status, 200);
});

test('a change that means another state is 412; counts that moved are none', async () => {
  const { ask, state, fleet, notes } = adminWorld();
  const tag = (await ask('GET', '/api/services/users')).headers.get('etag')!;
  const [users, shop] = state.status.services;
  state.status = { ...state.status, services: [{ ...users!, requests: 6, inflight: 9 }, shop!] };
  equal((await ask('POST', '/api/services/users/rollback', {}, { 'if-match': tag })).status, 200);
  state.status = { ...state.status, services: [{ ...users!, state: 'degraded' }, shop!] };
  const stale = await ask('POST', '/api/services/users/rollback', {}, { 'if-match': tag });
  equal(stale.status, 412);
  equal(stale.headers.get('etag'), (await ask('GET', '/api/services/users')).headers.get('etag'));
  equal(fleet.asked.length, 1);
  match(notes[1]!.outcome, /has changed/);
  equal((await ask('POST', '/api/caches/purge', { all: true }, { 'if-match': tag })).status, 412);
  equal((await ask('POST', '/api/reload', {}, { 'if-match': '"stale"' })).status, 412);
  equal((await ask('POST', '/api/reload', {}, { 'if-match': '*' })).status, 200);
});

test('pages give everything once, whatever comes and goes in between', async () => {
  const { ask, state } = adminWorld();
  const names = Array.from({ length: 25 }, (_, index) => `service-${String(index).padStart(2, '0')}`);
  state.status = { ...state.status, services: names.map((name) => serviceStatus(name)) };
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = (await (await ask('GET', `/api/services?limit=4&cursor=${cursor}`)).json()) as {
      items: { name: string }[];
      next: string | null;
    };
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.next;
    // The last that was given goes away: the next page begins after it all the same.
    state.status = { ...state.status, services: state.status.services.filter(({ name }) => name !== seen.at(-1)) };
  }
  deepEqual(seen, names);
  const found = (await (await ask('GET', '/api/services?q=E-08')).json()) as { items: { name: string }[] };
  deepEqual(
    found.items.map(({ name }) => name),
    ['service-08'],
  );
  equal((await ask('GET', '/api/services?limit=0')).status, 400);
  equal((await ask('GET', '/api/services?limit=1001')).status, 400);
});

test('plans, events and changes are listed from the youngest on', async () => {
  const { ask } = adminWorld();
  const ids = async (path: string, name: string): Promise<unknown> => {
    const { items, next } = (await (await ask('GET', path)).json()) as { items: Json[]; next: unknown };
    return [items.map((item) => item[name]), next];
  };
  deepEqual(await ids('/api/plans', 'generation'), [[3, 2, 1], null]);
  deepEqual(await ids('/api/events?limit=2', 'id'), [[3, 2], 2]);
  deepEqual(await ids('/api/events?limit=2&before=2', 'id'), [[1], null]);
  deepEqual(await ids('/api/audit?limit=2&before=4', 'id'), [[3, 2], 2]);
});

test('a backend that throws is 500 without its message, and is reported', async () => {
  const { ask, backend, errors } = adminWorld();
  (backend as { -readonly [Name in keyof AdminBackend]: AdminBackend[Name] }).status = () => {
    throw new Error('secret path /etc/x');
  };
  const response = await ask('GET', '/api/status');
  equal(response.status, 500);
  ok(!(await response.text()).includes('secret'));
  match(errors[0]!.message, /secret path/);
});

test('the most used replies of a cache are told, at most as many as are asked for', async () => {
  const { ask } = adminWorld('read');
  const reply = (await (await ask('GET', '/api/caches/default/keys?limit=2')).json()) as { items: readonly Json[] };
  deepEqual(
    reply.items.map(({ url, hits }) => [url, hits]),
    [
      ['https://a.example/7', 7],
      ['https://a.example/3', 3],
    ],
  );
  const unknown = await ask('GET', '/api/caches/defualt/keys');
  equal(unknown.status, 404);
  match(((await unknown.json()) as Json)['detail'] as string, /no cache "defualt".*default/);
});

test('a change that fails is written down as well', async () => {
  const { ask, backend, notes } = adminWorld();
  (backend as { -readonly [Name in keyof AdminBackend]: AdminBackend[Name] }).reload = () =>
    Promise.reject(new Error('secret path /etc/x'));
  equal((await ask('POST', '/api/reload')).status, 500);
  deepEqual(
    notes.map(({ action, outcome }) => [action, outcome]),
    [['reload', 'it failed; the log of sluice says more']],
  );
});
