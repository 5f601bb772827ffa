/** The commands that talk to a running Sluice, as processes against a real admin API with a backend of the test. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { fakeObserve } from '../../test/support/fake-observe.ts';
import { adminOptions } from '../../test/support/admin-options.ts';
import { FakeCaches } from '../../test/support/fake-caches.ts';
import { DECISION, FakeFleet, USERS } from '../../test/support/fake-fleet.ts';
import type { AdminBackend, Explained } from '../admin/backend.ts';
import { startAdmin } from '../admin/server.ts';
import type { EndpointStatus, Status, TrafficStatus } from '../observe/status.ts';
import { explainLines } from './explain.ts';
import { reloadLines } from './reload.ts';
import { statusLines } from './status.ts';

const traffic: TrafficStatus = { requests: 1_234, errors: 5, inflight: 2, bytesIn: 1, bytesOut: 1, p50Ms: 1.25, p95Ms: 12, p99Ms: 1_500 };
const endpoint: EndpointStatus = {
  address: '127.0.0.1:3001',
  state: 'up',
  weight: 1,
  priority: 0,
  ...traffic,
  retries: 0,
  ejections: 0,
  note: null,
};
const status: Status = {
  fleet: [],
  version: '0.1.0',
  pid: 42,
  startedAt: '2026-11-20T08:00:00.000Z',
  uptimeSeconds: 3_700,
  generation: 3,
  workers: 2,
  workerRestarts: 0,
  reloadsApplied: 2,
  reloadsRefused: 0,
  listeners: [{ name: 'web', address: '[::]:8080', protocol: 'https', engine: 'user', connections: 64, ...traffic }],
  certificates: [],
  services: [
    {
      name: 'users',
      balance: 'least-connections',
      state: 'degraded',
      breaker: 'closed',
      ...traffic,
      retries: 1,
      hedges: 0,
      shed: 0,
      parked: 0,
      queued: 0,
      note: null,
      endpoints: [
        endpoint,
        { ...endpoint, address: '127.0.0.1:3002', state: 'down', p50Ms: null, p95Ms: null, p99Ms: null, note: 'connect refused' },
        { ...endpoint, address: 'unix:/run/user/1000/sluice/users/instances/web.3.sock', state: 'maintenance', weight: 256, priority: 1 },
      ],
    },
  ],
  routes: [],
};
const explained: Explained = {
  ok: true,
  listener: 'web',
  method: 'GET',
  host: 'shop.example',
  path: '/api/users/7',
  routes: [
    { name: 'users', verdict: 'chosen', reason: 'the first in order whose conditions all hold' },
    { name: 'orders-api', verdict: 'differs', reason: 'path "/api/users/7" does not fit /api/orders/*' },
  ],
  omitted: 0,
  action: 'forward to users',
  filters: ['ip', 'cache'],
  services: [
    {
      name: 'users',
      share: 1,
      balance: 'p2c',
      note: null,
      endpoints: [
        { address: '127.0.0.1:3001', state: 'up', share: 2 / 3, reason: null },
        { address: '127.0.0.1:3002', state: 'down', share: 0, reason: 'down' },
        { address: '127.0.0.1:3003', state: 'up', share: 1 / 3, reason: 'full: 4 requests in flight' },
      ],
    },
  ],
};

class Backend implements AdminBackend {
  readonly observe = fakeObserve();
  readonly drains: unknown[] = [];
  readonly fleet = new FakeFleet();
  readonly caches = new FakeCaches();
  drained: Awaited<ReturnType<AdminBackend['drain']>> = { result: 'drained', tookMs: 1_200 };
  reloaded: Awaited<ReturnType<AdminBackend['reload']>> = { ok: true, generation: 4, changes: ['route "users" changed'], tookMs: 12 };

  health(): 'ready' {
    return 'ready';
  }
  status(): Status {
    return status;
  }
  metrics(): ReturnType<AdminBackend['metrics']> {
    return { type: 'text/plain', body: '' };
  }
  reload(): ReturnType<AdminBackend['reload']> {
    return Promise.resolve(this.reloaded);
  }
  drain(...asked: Parameters<AdminBackend['drain']>): ReturnType<AdminBackend['drain']> {
    this.drains.push(asked);
    return Promise.resolve(this.drained);
  }
  undrain(service: string): ReturnType<AdminBackend['undrain']> {
    return service === 'users'
      ? { result: 'undrained' }
      : { result: 'unknown', problem: `there is no service "${service}"; services: users` };
  }
  limits(): [] {
    return [];
  }
  explain(): Explained {
    return explained;
  }
}

/** The program with these commands alone, as `sluice` runs them. */
const PROGRAM = `
  import { Command } from 'commander';
  import { CommandFault, printFault } from '${new URL('./console.ts', import.meta.url).href}';
  const program = new Command('sluice');
  for (const name of ['status', 'reload', 'drain', 'explain', 'scale', 'deploy', 'rollback', 'pause', 'resume', 'protect', 'why', 'logs']) {
    const { register } = await import('${new URL('.', import.meta.url).href}' + name + '.ts');
    register(program);
  }
  await program.parseAsync(process.argv.slice(1), { from: 'user' }).catch((error) => {
    if (!(error instanceof CommandFault)) throw error;
    printFault(error);
    process.exitCode = error.exitCode;
  });`;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const options = { env: { ...process.env, NO_COLOR: '1', ...env }, cwd: import.meta.dirname };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

async function start(t: TestContext, token: string | null = null): Promise<{ backend: Backend; admin: string }> {
  const backend = new Backend();
  const server = await startAdmin(adminOptions(backend, { token }));
  t.after(() => server.close());
  return { backend, admin: server.address.kind === 'tcp' ? `127.0.0.1:${server.address.port}` : '' };
}

test('status prints the table, or everything as JSON', async (t) => {
  const { admin } = await start(t);
  const [text, json] = await Promise.all([run(['status', '--admin', admin]), run(['status', '--json', '--admin', admin])]);
  deepEqual([text.code, text.stderr], [0, '']);
  equal(text.stdout, `${statusLines(status).join('\n')}\n`);
  deepEqual(JSON.parse(json.stdout), status);
});

test('certificates are shown with their source, their end and why an order failed', () => {
  const one = { listener: 'secure', source: 'acme', nextAttempt: '2026-12-01T08:09:10.000Z', isStapled: false } as const;
  const lines = statusLines({
    ...status,
    certificates: [
      { ...one, names: ['a.example.com', 'www.example.com'], notAfter: '2027-01-02T03:04:05.000Z', lastError: null, isStapled: true },
      { ...one, names: ['b.example.com'], notAfter: null, lastError: 'no\u001b[31m answer' },
    ],
  });
  for (const line of [
    'CERTIFICATE              FROM  ENDS              RENEWS            STAPLED',
    'secure a.example.com +1  acme  2027-01-02 03:04  2026-12-01 08:09  yes',
    'secure b.example.com     acme  pending           2026-12-01 08:09  -',
    'certificate b.example.com: no answer',
  ])
    ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
});

test('the status table fits 80 columns and names what is wrong', () => {
  const lines = statusLines(status);
  for (const line of lines) ok(line.length <= 80, `${line.length}: ${line}`);
  const text = lines.join('\n');
  match(lines[0]!, /^sluice 0\.1\.0, pid 42, up 1h1m, generation 3, 2 workers$/);
  match(text, /^web https \[::\]:8080 +64 /m);
  match(text, /^ {2}127\.0\.0\.1:3002 +down +1 +2 1234 +5 +- +- +-$/m);
  match(text, /^ {2}…\S+web\.3\.sock p1 +maintenance +256/m);
  match(text, /^users 127\.0\.0\.1:3002: connect refused$/m);
});

test('the status names what waits of a service, where something does', () => {
  const [users] = status.services;
  const lines = statusLines({ ...status, services: [{ ...users!, parked: 1, queued: 12_345 }] });
  ok(lines.includes('users: 1 request waits for an instance'), lines.join('\n'));
  ok(lines.includes('users: 12345 requests wait for room under its bounds'), lines.join('\n'));
  ok(!statusLines(status).some((line) => line.includes('wait')));
});

test('security: what an endpoint says of itself cannot steer the terminal', () => {
  const hostile = { ...endpoint, note: 'agent said \u001b]0;owned\u0007 \u001b[2Jmaint\r\nFAKE LINE \u009b1m' };
  const lines = statusLines({ ...status, services: [{ ...status.services[0]!, endpoints: [hostile] }] });
  match(lines.join('\n'), /^[\n\u0020-\u007e…]*$/);
});

test('reload says what changed, or prints every fault and fails', async (t) => {
  const { admin, backend } = await start(t);
  const done = await run(['reload', '--admin', admin]);
  deepEqual([done.code, done.stdout], [0, 'generation 4 runs, after 12ms\n  route "users" changed\n']);
  backend.reloaded = { ok: false, faults: ['routes[0].to: no service "usres"', 'workers must be 1..64, got 0'] };
  const refused = await run(['reload', '--admin', admin]);
  equal(refused.code, 1);
  equal(
    refused.stderr,
    'sluice: the new configuration is wrong; the old one runs on\nsluice: routes[0].to: no service "usres"\nsluice: workers must be 1..64, got 0\n',
  );
  deepEqual(reloadLines({ ok: true, generation: 4, changes: [], tookMs: 1 }), ['nothing differs; generation 4 runs on']);
});

test('drain ends with 0 only when the endpoint is drained', async (t) => {
  const { admin, backend } = await start(t);
  const drain = (...more: string[]): Promise<Ran> => run(['drain', 'users', 'unix:/run/a b.sock', '--admin', admin, ...more]);
  const done = await drain('--deadline', '1m30s');
  deepEqual([done.code, done.stdout], [0, 'unix:/run/a b.sock is drained, after 1.2s\n']);
  backend.drained = { result: 'deadline', tookMs: 30_000, inflight: 3 };
  const late = await drain();
  deepEqual([late.code, late.stdout], [1, '']);
  match(late.stderr, /had 3 in flight at the deadline \(30s\)/);
  deepEqual(backend.drains, [
    ['users', 'unix:/run/a b.sock', 90_000],
    ['users', 'unix:/run/a b.sock', null],
  ]);
  const wrong = await drain('--deadline', '30');
  deepEqual([wrong.code, wrong.stderr], [2, 'sluice: --deadline must be a duration such as 30s, at most 24h, got "30"\n']);
});

test('drain --undo brings an endpoint back', async (t) => {
  const { admin } = await start(t);
  const back = await run(['drain', 'users', '127.0.0.1:3001', '--undo', '--admin', admin]);
  deepEqual([back.code, back.stdout], [0, '127.0.0.1:3001 is back in use\n']);
  const unknown = await run(['drain', 'usres', '127.0.0.1:3001', '--undo', '--admin', admin]);
  deepEqual([unknown.code, unknown.stderr], [1, 'sluice: there is no service "usres"; services: users\n']);
});

test('explain marks the chosen route and says who can be picked', async (t) => {
  const { admin } = await start(t);
  const { code, stdout } = await run(['explain', 'GET', 'http://shop.example/api/users/7', '--header', 'x-user: 7', '--admin', admin]);
  equal(code, 0);
  equal(
    stdout,
    [
      'GET shop.example /api/users/7 on listener web',
      '',
      'forward to users',
      'through ip, cache',
      '  > users       the first in order whose conditions all hold',
      '    orders-api  path "/api/users/7" does not fit /api/orders/*',
      '',
      'service users: 100 % of the requests, p2c',
      '   66.7 %  127.0.0.1:3001  up',
      '      0 %  127.0.0.1:3002  down',
      '   33.3 %  127.0.0.1:3003  up: full: 4 requests in flight',
      '',
    ].join('\n'),
  );
  equal((await run(['explain', 'GET', '/', '--header', 'nonsense', '--admin', admin])).code, 2);
});

test('explain says what a request without a route or endpoint gets', () => {
  equal(explainLines({ ...explained, action: null, services: [] })[2], 'no route matches: answered with 404');
  const none = { ...explained.services[0]!, endpoints: [] };
  match(explainLines({ ...explained, services: [none] }).join('\n'), /no endpoint can be picked: answered with 503$/);
});

test('without a running sluice each command is one clear line and exit 1', async () => {
  const { code, stdout, stderr } = await run(['status', '--admin', 'unix:/nonexistent/admin.sock']);
  deepEqual([code, stdout], [1, '']);
  equal(
    stderr,
    'sluice: no sluice answers on unix:/nonexistent/admin.sock; is it running, and is its admin API there (--admin ADDRESS)?\n',
  );
});

test('the token comes from the environment and is never printed', async (t) => {
  const { admin } = await start(t, 'correct-horse-battery');
  equal((await run(['status', '--admin', admin], { SLUICE_ADMIN_TOKEN: 'correct-horse-battery' })).code, 0);
  const wrong = await run(['status', '--admin', admin], { SLUICE_ADMIN_TOKEN: 'wrong-horse-battery' });
  equal(wrong.code, 1);
  match(wrong.stderr, /^sluice: this token is not known: .*\n$/);
  const none = await run(['status', '--admin', admin]);
  match(none.stderr, /^sluice: the admin API needs a token: .*\n$/);
  ok(!wrong.stderr.includes('horse'));
});

test('instances are shown with version, state, load and what is wrong', () => {
  const lines = statusLines({ ...status, fleet: [USERS] });
  for (const line of [
    'INSTANCES            VERSION  STATE      INFL   CPU  MEM    AGE  RST',
    'users 1/2 of 1–4     v2       deploying',
    '  users.3 protected  v2       ready         7  0.25  64M  1m10s    1',
    '  users.4            v1       waiting       0     -    -     2s    4',
    'users: canary deploy of v2 in place of v1: canary, 5% of the requests, 1 of 2',
    'users.4 keeps exiting (exit code 1): see sluice logs users',
  ])
    ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
  for (const line of lines) ok(line.length <= 80, line);
});

test('scale, deploy, rollback, pause, resume and protect ask the fleet, and print what is under way', async (t) => {
  const { admin, backend } = await start(t);
  const asked: readonly (readonly string[])[] = [
    ['scale', 'users', '3'],
    ['scale', 'users', 'auto'],
    ['deploy', '--strategy', 'canary', '--env', 'A=b=c', '--set-version', 'next', 'users', '--', 'node', 'app.js', '--flag'],
    ['deploy', 'users', '--promote'],
    ['deploy', 'users', '--command', 'node', 'app.js', '--image', 'x:2'],
    ['rollback', 'users'],
    ['pause', '--deadline', '10s', 'users'],
    ['pause', 'users'],
    ['resume', 'users'],
    ['protect', 'users', 'users.3'],
    ['protect', 'users', 'users.3', '--undo'],
  ];
  for (const [verb = '', ...rest] of asked) {
    const { code, stdout, stderr } = await run([verb, '--admin', admin, ...rest]);
    deepEqual([code, stderr], [0, ''], `${verb} ${rest.join(' ')}`);
    match(stdout, /under way\n$/);
  }
  deepEqual(backend.fleet.asked, [
    ['scale', 'users', 3],
    ['scale', 'users', 'auto'],
    ['deploy', 'users', { command: ['node', 'app.js', '--flag'], env: { A: 'b=c' }, version: 'next', strategy: 'canary' }],
    ['promote', 'users'],
    ['deploy', 'users', { command: ['node', 'app.js'], image: 'x:2' }],
    ['rollback', 'users'],
    ['pause', 'users', 10_000],
    ['pause', 'users', null],
    ['resume', 'users'],
    ['protect', 'users', 'users.3', true],
    ['protect', 'users', 'users.3', false],
  ]);
});

test('what the fleet refuses is one line and exit 1, what is written wrongly exit 2', async (t) => {
  const { admin, backend } = await start(t);
  const unknown = await run(['scale', 'usres', '3', '--admin', admin]);
  deepEqual([unknown.code, unknown.stderr], [1, 'sluice: the fleet runs no service "usres"\n']);
  backend.fleet.refusal = 'a deploy of v2 is under way: wait, or sluice rollback users';
  const refused = await run(['deploy', 'users', '--admin', admin]);
  deepEqual([refused.code, refused.stderr], [1, `sluice: ${backend.fleet.refusal}\n`]);
  for (const wrong of [
    ['scale', 'users', '-1'],
    ['scale', 'users', '2000'],
    ['pause', 'users', '--deadline', '5'],
    ['deploy', 'users', '--env', 'x'],
  ])
    equal((await run([...wrong, '--admin', admin])).code, 2, wrong.join(' '));
});

test('why tells each decision: answers, bounds, victims and their rivals', async (t) => {
  const { admin, backend } = await start(t);
  const { code, stdout } = await run(['why', 'users', '--limit', '3', '--admin', admin]);
  equal(code, 0);
  equal(
    stdout,
    [
      '2026-11-20T08:00:00.000Z  4 → 3 wanted (in), 4 ready, 0 starting',
      '  in-flight 30 of 4 × 20: 3 wanted',
      '  * in-flight: 2 wanted; stable 30 / 20',
      '    cpu: no opinion; unknown',
      '    rate: 2 → 3, at most 1 in 10s',
      '    goes users.1: 0 in flight, v1, 90s old',
      '    stays users.2: 4 in flight, v1, 90s old, protected',
      '',
    ].join('\n'),
  );
  deepEqual(JSON.parse((await run(['why', 'users', '--json', '--all', '--admin', admin])).stdout), [DECISION]);
  deepEqual(backend.fleet.asked, [
    ['decisions', 'users', 3, true],
    ['decisions', 'users', 5, false],
  ]);
});

test('logs prints the last lines without what steers a terminal', async (t) => {
  const { admin, backend } = await start(t);
  const { code, stdout, stderr } = await run(['logs', 'users', '-n', '2', '--admin', admin]);
  deepEqual([code, stdout, stderr], [0, '[users.3] listens\n', '[users.4] boom \n']);
  await run(['logs', 'users', '--lines', '0', '--instance', 'users.3', '--admin', admin]);
  deepEqual(backend.fleet.asked, [
    ['logs', 'users', null, 2, false],
    ['logs', 'users', 'users.3', 0, false],
  ]);
  equal((await run(['logs', 'usres', '--admin', admin])).code, 1);
});
