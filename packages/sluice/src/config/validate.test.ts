import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import type { Fault } from './fault.ts';
import { validate } from './validate.ts';

function checkRegex(source: string): string | null {
  try {
    RE2JS.compile(source);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** A valid configuration with some sections replaced. */
function config(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    listeners: { web: { http: ':8080' } },
    services: { users: { endpoints: ['127.0.0.1:3001'] } },
    routes: [{ path: '/*', to: 'users' }],
    ...change,
  };
}

function faults(change: Record<string, unknown>): readonly Fault[] {
  const validation = validate(config(change), checkRegex);
  return validation.ok ? [] : validation.faults;
}

function messages(change: Record<string, unknown>): string[] {
  return faults(change).map((fault) => fault.message);
}

function warnings(change: Record<string, unknown>): string[] {
  const validation = validate(config(change), checkRegex);
  assert.ok(validation.ok, 'only warnings are expected');
  return validation.warnings.map((fault) => fault.message);
}

function serviceMessages(service: Record<string, unknown>): string[] {
  return messages({ services: { users: { endpoints: ['127.0.0.1:3001'], ...service } } });
}

function routeMessages(route: Record<string, unknown>): string[] {
  return messages({ routes: [{ to: 'users', ...route }] });
}

const SECRET = 'kW3vQ8zL1mN5bX7cT2yR6uP9sD4fG0hJ';

test('a small configuration is valid and has no warnings', () => {
  assert.deepEqual(warnings({}), []);
});

test('every fault is reported at once, with its path', () => {
  const found = faults({
    listners: {},
    listeners: { web: { http: 8080, timeouts: { header: 5 } } },
    services: { users: { endpoints: ['127.0.0.1:3001', { address: '127.0.0.1:3002', weight: 300 }], balance: 'least_conections' } },
    routes: [
      { path: '/a', to: 'usres' },
      { path: 'b', to: 'users', timeouts: { exchange: 'x' } },
    ],
    workers: 0,
  });
  assert.deepEqual(
    found.map((fault) => fault.path),
    [
      'listeners.web.http',
      'listeners.web.timeouts.header',
      'services.users.endpoints[1].weight',
      'services.users.balance',
      'routes[1].path',
      'routes[1].timeouts.exchange',
      'workers',
      'listners',
      'routes[0].to',
    ],
  );
});

test('a message names the thing, what is allowed and the value', () => {
  assert.deepEqual(messages({ services: { users: { endpoints: [{ address: '127.0.0.1:1', weight: 300 }] } } }), [
    'service "users": endpoints[0].weight must be a whole number 0..256, got 300',
  ]);
  assert.deepEqual(messages({ workers: 65 }), ['workers must be a whole number 1..64, got 65']);
});

test('misspelt names come with what was probably meant', () => {
  const cases: readonly [Record<string, unknown>, string, string][] = [
    [{ listners: {} }, 'listners', 'listeners'],
    [{ services: { users: { endpoints: [], balence: 'p2c' } } }, 'services.users.balence', 'balance'],
    [{ services: { users: { endpoints: [], balance: 'roundrobin' } } }, 'services.users.balance', 'round-robin'],
    [{ services: { users: { endpoints: [], balance: { algorithm: 'magle' } } } }, 'services.users.balance.algorithm', ''],
    [{ services: { users: { endpoints: [], affinity: { by: 'coookie' } } } }, 'services.users.affinity.by', 'cookie'],
    [{ services: { users: { endpoints: [], health: { http: '/', intervall: '1s' } } } }, 'services.users.health.intervall', 'interval'],
    [{ services: { users: { endpoints: [{ adress: 'a:1' }] } } }, 'services.users.endpoints[0].adress', 'address'],
    [{ services: { users: { endpoints: [], retry: { on: ['conect'] } } } }, 'services.users.retry.on[0]', 'connect'],
    [{ routes: [{ to: 'usres' }] }, 'routes[0].to', 'users'],
    [{ routes: [{ to: { user: 1 } }] }, 'routes[0].to.user', 'users'],
    [{ routes: [{ to: 'users', listeners: ['wbe'] }] }, 'routes[0].listeners[0]', 'web'],
    [{ routes: [{ to: 'users', host: 'a' }] }, 'routes[0].host', 'hosts'],
    [{ accessLog: 'jsn' }, 'accessLog', 'json'],
    [{ workers: 'atuo' }, 'workers', 'auto'],
  ];
  for (const [change, path, suggestion] of cases) {
    const fault = faults(change).find((candidate) => candidate.path === path);
    assert.ok(fault, `a fault at ${path}: ${messages(change).join('; ')}`);
    assert.equal(fault.suggestion ?? '', suggestion, path);
    if (suggestion !== '') assert.ok(fault.message.includes(`did you mean "${suggestion}"?`));
  }
});

test('an unknown name without a near one comes with the names that exist', () => {
  assert.deepEqual(messages({ routes: [{ to: 'payments' }] }).slice(0, 1), [
    'route 0: to names a service that does not exist: "payments"; services are: users',
  ]);
});

test('a number where a duration or size belongs is an error that shows the forms', () => {
  assert.match(serviceMessages({ slowStart: 5 }).join(), /slowStart must be a duration with a unit, .* got 5; write '5s' or '5ms'/);
  assert.match(
    messages({ listeners: { web: { http: ':1', limits: { headers: 32 } } } }).join(),
    /must be a size with a unit, .* write '32B' or '32KiB'/,
  );
  assert.match(serviceMessages({ panicThreshold: 50 }).join(), /must be a share 0..1, .* got 50; write '50%'/);
  assert.match(messages({ listeners: { web: { http: 8080 } } }).join(), /got 8080; write ':8080'/);
});

test('texts that YAML reads as something else come with how to write them', () => {
  assert.match(routeMessages({ query: { v: 2 } }).join(), /query.v must be true .*, got 2; write '2'/);
  assert.match(routeMessages({ methods: ['get'] }).join(), /methods\[0\] must be a method .*, got "get"; write 'GET'/);
  assert.match(routeMessages({ rewrite: { requestHeaders: { set: { 'x-a': 5 } } } }).join(), /got a number; write it as a text, in quotes/);
});

test('durations, sizes and shares have ranges', () => {
  assert.match(serviceMessages({ drainTimeout: '25h' }).join(), /from 0s to 24h, got "25h"/);
  assert.match(messages({ listeners: { web: { http: ':1', limits: { headers: '1B' } } } }).join(), /from 256B to 16MiB, got "1B"/);
  assert.match(serviceMessages({ panicThreshold: '101%' }).join(), /must be a share 0..1/);
});

test('secrets are never shown, wherever they stand', () => {
  const leak = 'hunter2-hunter2-hunter2';
  const texts = [
    ...serviceMessages({ affinity: { by: 'cookie', secrets: 'hunter2' } }),
    ...serviceMessages({ affinity: { by: 'cookie', secrets: ['hunter2', leak, leak] } }),
    ...serviceMessages({ affinity: { by: 'cookie', secrts: [leak], secrets: [] } }),
    ...messages({ admin: { address: '10.0.0.1:1', token: 'hunter2' } }),
    ...messages({ admin: { address: '10.0.0.1:1', token: 7 } }),
    ...messages({ routes: [{ respond: { status: 200, headers: { 'x-key': 'hunter2\n' } } }] }),
    ...routeMessages({ rewrite: { requestHeaders: { set: { 'x-key': 'hunter2\n' } } } }),
    ...routeMessages({ headers: { 'x-key': 'hunter2\n' } }),
    ...messages({ services: { users: { endpoints: ['http://me:hunter2@a:1'] } } }),
    ...warnings({ services: { users: { endpoints: [], affinity: { by: 'cookie', secrets: ['hunter2-hunter2-'] } } } }),
  ];
  assert.ok(texts.length >= 10, texts.join('\n'));
  for (const text of texts) assert.ok(!text.includes('hunter2'), text);
});

test('an endpoint stands once in its service, however it is written', () => {
  const endpoints = ['127.0.0.1:3001', { address: '127.0.0.1:03001', weight: 2 }, '[::1]:1', '[0:0::1]:1'];
  assert.deepEqual(messages({ services: { users: { endpoints } } }), [
    'service "users": endpoints[1] is the same address as endpoints[0]: 127.0.0.1:3001; give one of them a weight to send it more',
    'service "users": endpoints[3] is the same address as endpoints[2]: [::1]:1; give one of them a weight to send it more',
  ]);
});

test('listeners and the admin API do not share an address', () => {
  assert.match(
    messages({ listeners: { a: { http: ':8080' }, b: { http: '127.0.0.1:8080' } } }).join(),
    /http is the address of listener "a", too/,
  );
  assert.match(messages({ listeners: { a: { http: ':9900' } } }).join(), /^admin is the address of listener "a", too/);
  assert.deepEqual(messages({ listeners: { a: { http: ':9900' } }, admin: false }), []);
  assert.deepEqual(messages({ listeners: { a: { http: ':0' }, b: { http: ':0' } } }), []);
  assert.match(messages({ listeners: { a: { http: 'unix:/a' }, b: { http: 'unix:/a' } } }).join(), /too: unix:\/a/);
});

test('off loopback, the admin API needs a token', () => {
  for (const admin of ['0.0.0.0:9900', '10.0.0.5:9900', { address: '[::]:9900' }]) {
    assert.match(messages({ admin }).join(), /^admin is reachable from other machines \(.*\) and has no token/);
  }
  for (const admin of [false, ':9900', '127.0.0.1:9900', 'unix:/run/sluice.sock', { address: '10.0.0.5:9900', token: SECRET }]) {
    assert.deepEqual(messages({ admin }), []);
  }
});

test('a route has exactly one action', () => {
  assert.match(
    messages({ routes: [{ path: '/a' }] }).join(),
    /route 0 \("\/a"\): must have exactly one of to, redirect and respond, but has none/,
  );
  assert.match(routeMessages({ redirect: '/x' }).join(), /but has to and redirect/);
});

test('a route to services has weights that count', () => {
  assert.match(messages({ routes: [{ to: { users: 0 } }] }).join(), /at least one service a weight above 0/);
  assert.match(messages({ routes: [{ to: { users: -1 } }] }).join(), /must be a number 0..1000000, got -1/);
  assert.match(messages({ routes: [{ to: {} }] }).join(), /at least one service/);
  assert.equal(messages({ routes: [{ to: ['users'] }] }).length, 1);
});

test('names of routes are unique', () => {
  const routes = [
    { name: 'a', path: '/1', to: 'users' },
    { name: 'a', path: '/2', to: 'users' },
  ];
  assert.deepEqual(messages({ routes }), ['route 1 ("a"): name is the name of route 0, too']);
});

test('regular expressions are checked wherever they stand', () => {
  const bad = { regex: '(?=a)' };
  const route = { path: bad, headers: { a: bad }, cookies: { b: bad }, query: { c: bad } };
  const paths = faults({ routes: [{ to: 'users', ...route }] }).map((fault) => fault.path);
  assert.deepEqual(paths, ['routes[0].path.regex', 'routes[0].headers.a.regex', 'routes[0].cookies.b.regex', 'routes[0].query.c.regex']);
});

test('templates use parameters that exist', () => {
  assert.match(routeMessages({ path: '/u/:id', rewrite: { path: '/{idd}' } }).join(), /rewrite.path cannot be used: .*\{idd\}/);
  assert.match(messages({ routes: [{ redirect: 'https://{nope}/' }] }).join(), /redirect cannot be used: .*\{nope\}/);
  assert.deepEqual(routeMessages({ path: '/u/:id/*', rewrite: { path: '/v/{id}/{rest}' } }), []);
  assert.deepEqual(messages({ routes: [{ redirect: 'https://{host}{path}{query}' }] }), []);
});

test('rewrites that nothing is sent with are faults', () => {
  assert.match(messages({ routes: [{ respond: 200, rewrite: { path: '/x' } }] }).join(), /rewrite.path has no effect beside respond/);
  assert.deepEqual(messages({ routes: [{ respond: 200, rewrite: { responseHeaders: { set: { 'x-a': '1' } } } }] }), []);
});

test('header edits cannot split messages or touch their framing', () => {
  for (const set of [
    { 'x-a': 'a\r\nb: c' },
    { 'x a': '1' },
    { 'Content-Length': '1' },
    { 'transfer-encoding': 'chunked' },
    { Host: 'a' },
    { connection: 'x' },
  ]) {
    assert.equal(routeMessages({ rewrite: { requestHeaders: { set } } }).length, 1, JSON.stringify(set));
  }
});

test('a probe is of one kind, and its waits are in order', () => {
  assert.match(
    serviceMessages({ health: { interval: '2s' } }).join(),
    /health must have exactly one of http, tcp, grpc and command, but has none/,
  );
  assert.match(serviceMessages({ health: { http: '/', tcp: true } }).join(), /but has http and tcp/);
  assert.match(serviceMessages({ health: { tcp: true, statuses: 200 } }).join(), /health.statuses belongs to an http probe/);
  assert.match(
    serviceMessages({ health: { tcp: true, interval: '1s', timeout: '2s' } }).join(),
    /health.timeout must be at most the interval, got "2s"/,
  );
  assert.deepEqual(serviceMessages({ health: { tcp: true, interval: '1s' } }), []);
});

test('bounds are in order', () => {
  assert.match(serviceMessages({ limits: { adaptive: { min: 50 } } }).join(), /must have min at most initial, got 50 and 20/);
  assert.match(serviceMessages({ outlier: { baseEjection: '10m' } }).join(), /must have baseEjection at most maxEjection/);
  assert.match(serviceMessages({ retry: { backoffBase: '1s' } }).join(), /must have backoffBase at most backoffMax/);
});

test('a cookie that browsers refuse is a fault', () => {
  const affinity = { by: 'cookie', secrets: [SECRET], sameSite: 'none', secure: false };
  assert.match(serviceMessages({ affinity }).join(), /affinity.secure must be true/);
});

test('the shared tables bound listeners, services, endpoints and routes', () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `h${index}:1`);
  assert.match(
    messages({ services: { users: { endpoints: many(16_385) } } }).join(),
    /services must have at most 16384 endpoints together, got 16385/,
  );
  const halves = { users: { endpoints: many(9_000) }, b: { endpoints: many(9_000) } };
  assert.match(messages({ services: halves }).join(), /services must have at most 16384 endpoints together, got 18000/);
  const services = Object.fromEntries(Array.from({ length: 4_097 }, (_, index) => [`s${index}`, { endpoints: [] }]));
  assert.match(messages({ services, routes: [] }).join(), /services must be at most 4096, got 4097/);
  const listeners = Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`l${index}`, { http: `unix:/${index}` }]));
  assert.match(messages({ listeners }).join(), /listeners must be at most 128, got 129/);
  const routes = Array.from({ length: 32_769 }, (_, index) => ({ path: `/${index}`, respond: 204 }));
  assert.match(messages({ routes }).join(), /routes must be at most 32768, got 32769/);
});

test('names that objects have by nature are names like others, or refused', () => {
  const services = { constructor: { endpoints: ['a:1'] }, toString: { endpoints: ['b:1'] } };
  assert.deepEqual(
    messages({
      services,
      routes: [
        { path: '/a', to: 'constructor' },
        { path: '/b', to: 'toString' },
      ],
    }),
    [],
  );
  assert.match(messages({ routes: [{ to: 'valueOf' }] }).join(), /does not exist: "valueOf"/);
  const hostile = JSON.parse('{"__proto__": {"endpoints": []}}') as object;
  assert.match(messages({ services: hostile, routes: [] }).join(), /__proto__/);
});

test('a service that a filter sends requests to is used', () => {
  const services = { users: { endpoints: ['a:1'] }, next: { endpoints: ['b:1'] }, pages: { endpoints: ['c:1'] } };
  const filters = [{ mirror: { to: 'next' } }, { errorPage: { status: ['5xx'], from: { service: 'pages', path: '/{status}' } } }];
  assert.deepEqual(warnings({ services, routes: [{ to: 'users', filters }] }), []);
});

test('what is allowed and probably not meant is a warning', () => {
  assert.deepEqual(warnings({ routes: [] }), [
    'routes is empty: every request is answered with 404',
    'service "users": is used by no route, filter or listener',
  ]);
  assert.deepEqual(warnings({ services: { users: { endpoints: [] } } }), [
    'service "users": endpoints is empty: requests are answered with 503',
  ]);
  const affinity = { by: 'cookie', secrets: ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', SECRET] };
  assert.deepEqual(warnings({ services: { users: { endpoints: ['a:1'], affinity } } }), [
    'service "users": affinity.secrets[0] is weak: fewer than 32 random characters; make one with: openssl rand -base64 32',
  ]);
});

test('settings of another algorithm are warnings', () => {
  const balance = { algorithm: 'p2c', on: { header: 'x' }, loadFactor: 1.25, maxCpu: '80%' };
  assert.deepEqual(warnings({ services: { users: { endpoints: ['a:1'], balance } } }), [
    'service "users": balance.on has no effect with p2c',
    'service "users": balance.loadFactor has no effect with p2c',
    'service "users": balance.maxCpu has no effect with p2c',
  ]);
  assert.deepEqual(warnings({ services: { users: { endpoints: ['a:1'], balance: { ...balance, algorithm: 'hash', maxCpu: 1 } } } }), []);
});

test('an endpoint that is a listener of the gateway is a warning', () => {
  const loop = /^service "users": endpoints\[0\] is listener "web" of this gateway/;
  for (const address of ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080']) {
    assert.match(warnings({ services: { users: { endpoints: [address] } } }).join(), loop);
  }
  assert.deepEqual(warnings({ services: { users: { endpoints: ['127.0.0.1:8081', '10.0.0.1:8080'] } } }), []);
});

test('a route that another one hides is a warning, also when the other has the higher priority', () => {
  const first = { path: '/a/:id', methods: ['GET', 'PUT'], hosts: 'A.example', to: 'users' };
  const same = { path: '/a/:x', methods: ['PUT', 'GET'], hosts: ['a.example'], to: 'users' };
  assert.deepEqual(warnings({ routes: [first, same] }), ['route 1 ("/a/:x"): is never reached: route 0 matches the same requests']);
  assert.deepEqual(warnings({ routes: [first, { ...same, priority: 1 }] }), [
    'route 0 ("/a/:id"): is never reached: route 1 matches the same requests',
  ]);
  assert.deepEqual(warnings({ routes: [first, { ...same, headers: { 'x-beta': true } }] }), []);
  assert.deepEqual(warnings({ routes: [first, { ...same, client: { subject: true } }] }), []);
  const calls = ['shop.Cart/Get', 'shop.Cart/Add'].map((grpc) => ({ grpc, to: 'users' }));
  assert.ok(!warnings({ routes: calls }).some((warning) => warning.includes('never reached')));
});

test("an expression about the client's certificate is held to the same rules as any other", () => {
  const value = config({ routes: [{ path: '/*', to: 'users', client: { san: { regex: '(' } } }] });
  const result = validate(value, checkRegex);
  assert.match(result.ok ? '' : (result.faults[0]?.message ?? ''), /^route 0 \("\/\*"\): client\.san\.regex cannot be used/);
});

test('ten thousand routes are validated well within the time of a reload', () => {
  const routes = Array.from({ length: 10_000 }, (_, index) => ({
    path: `/api/v${index}/*`,
    methods: ['GET'],
    to: index % 10 === 0 ? { users: 9, b: 1 } : 'users',
  }));
  const value = config({ services: { users: { endpoints: ['a:1'] }, b: { endpoints: ['b:1'] } }, routes });
  const started = performance.now();
  assert.equal(validate(value, checkRegex).ok, true);
  const elapsed = performance.now() - started;
  // About 110 ms cold and 60 ms warm on one idle core; the bound leaves room for a busy one.
  assert.ok(elapsed < 1_500, `took ${elapsed.toFixed(0)} ms`);
});

test('a broken configuration with ten thousand faults reports a thousand of them', () => {
  const routes = Array.from({ length: 10_000 }, () => ({ path: 'x', to: 'usres' }));
  assert.equal(messages({ routes }).length, 1_000);
});
