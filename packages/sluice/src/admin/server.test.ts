import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { linkSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { NO_OBSERVE } from '../config/observe-plan.ts';
import type { AddressPlan } from '../config/plan.ts';
import type { Status } from '../observe/status.ts';
import { fakeObserve } from '../../test/support/fake-observe.ts';
import { adminOptions } from '../../test/support/admin-options.ts';
import { FakeCaches } from '../../test/support/fake-caches.ts';
import { FakeFleet } from '../../test/support/fake-fleet.ts';
import type { AdminBackend, ExplainRequest } from './backend.ts';
import { AdminClient, AdminError } from './client.ts';
import { startAdmin, type AdminServer } from './server.ts';

const TOKEN = 'correct-horse-battery';
const folder = mkdtempSync(join(tmpdir(), 'sluice-admin-'));
after(() => rmSync(folder, { recursive: true }));

/** Records what it was asked; each test changes what it needs. */
class Backend implements AdminBackend {
  readonly observe = fakeObserve();
  readonly calls: string[] = [];
  state: 'ready' | 'starting' | 'draining' = 'ready';
  explained: ExplainRequest | null = null;
  readonly fleet = new FakeFleet();
  readonly caches = new FakeCaches();

  health(): 'ready' | 'starting' | 'draining' {
    return this.state;
  }
  status(): Status {
    return { version: '0.1.0', listeners: [], services: [], routes: [] } as unknown as Status;
  }
  metrics(_accept: string): ReturnType<AdminBackend['metrics']> {
    return { type: 'text/plain; version=0.0.4; charset=utf-8', body: 'sluice_workers 2\n' };
  }
  reload(): ReturnType<AdminBackend['reload']> {
    this.calls.push('reload');
    return Promise.resolve({ ok: true, generation: 2, changes: ['route "users"'], tookMs: 3 });
  }
  drain(service: string, address: string, deadlineMs: number | null): ReturnType<AdminBackend['drain']> {
    this.calls.push(`drain ${service} ${address} ${deadlineMs}`);
    if (service === 'nope') return Promise.resolve({ result: 'unknown', problem: 'no service "nope"; there is users' });
    return Promise.resolve({ result: 'drained', tookMs: 5 });
  }
  undrain(service: string, address: string): ReturnType<AdminBackend['undrain']> {
    this.calls.push(`undrain ${service} ${address}`);
    return { result: 'not-drained' };
  }
  limits(): [] {
    return [];
  }
  explain(asked: ExplainRequest): ReturnType<AdminBackend['explain']> {
    this.explained = asked;
    return { ok: false, problem: 'the URL is not one' };
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function start(t: TestContext, token: string | null = null): Promise<{ server: AdminServer; backend: Backend; errors: Error[] }> {
  const backend = new Backend();
  const errors: Error[] = [];
  const server = await startAdmin(adminOptions(backend, { token }, (error) => errors.push(error)));
  t.after(() => server.close());
  return { server, backend, errors };
}

function ask(server: AdminServer, method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  const target =
    server.address.kind === 'unix' ? { socketPath: server.address.path } : { host: server.address.host, port: server.address.port };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...target, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

test('health, metrics and status are read with GET', async (t) => {
  const { server, backend } = await start(t);
  const health = await ask(server, 'GET', '/healthz');
  deepEqual([health.status, health.text], [200, 'ready\n']);
  backend.state = 'draining';
  equal((await ask(server, 'GET', '/healthz')).status, 503);
  const metrics = await ask(server, 'GET', '/metrics');
  equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  equal(metrics.text, 'sluice_workers 2\n');
  const status = await ask(server, 'GET', '/api/status');
  equal(JSON.parse(status.text).version, '0.1.0');
  equal(status.headers['cache-control'], 'no-store');
  equal((await ask(server, 'HEAD', '/api/status')).text, '');
});

test('reload says what changed, or every fault', async (t) => {
  const { server, backend } = await start(t);
  const done = await ask(server, 'POST', '/api/reload');
  equal(done.status, 200);
  deepEqual(JSON.parse(done.text), { ok: true, generation: 2, changes: ['route "users"'], tookMs: 3 });
  backend.reload = () => Promise.resolve({ ok: false, faults: ['routes[0].to: no service "usres"; did you mean "users"?'] });
  const refused = await ask(server, 'POST', '/api/reload');
  equal(refused.status, 422);
  equal(refused.headers['content-type'], 'application/problem+json');
  deepEqual(JSON.parse(refused.text).faults, ['routes[0].to: no service "usres"; did you mean "users"?']);
});

test('drain takes any address percent-encoded, and a deadline', async (t) => {
  const { server, backend } = await start(t);
  const drain = (address: string, body?: string): Promise<Answer> =>
    ask(
      server,
      'POST',
      `/api/services/users/endpoints/${encodeURIComponent(address)}/drain`,
      body === undefined ? {} : { 'content-type': 'application/json' },
      body,
    );
  equal((await drain('127.0.0.1:3001')).status, 200);
  equal((await drain('[::1]:3001', '{"deadline":"1m30s"}')).status, 200);
  deepEqual(JSON.parse((await drain('unix:/run/a b/app.sock', '{}')).text), { result: 'drained', tookMs: 5 });
  deepEqual(backend.calls, ['drain users 127.0.0.1:3001 null', 'drain users [::1]:3001 90000', 'drain users unix:/run/a b/app.sock null']);
  equal((await ask(server, 'POST', '/api/services/nope/endpoints/x/drain')).status, 404);
  deepEqual(JSON.parse((await ask(server, 'POST', '/api/services/users/endpoints/a/undrain')).text), { result: 'not-drained' });
});

test('a wrong body or path is 400 and names what is wrong', async (t) => {
  const { server, backend } = await start(t);
  const path = '/api/services/users/endpoints/127.0.0.1%3A3001/drain';
  for (const [body, expected] of [
    ['{', /not JSON/],
    ['[]', /must be an object/],
    ['{"deadlin":"3s"}', /unknown member "deadlin"/],
    ['{"deadline":30}', /must be a duration such as "30s", at most "24h", got 30/],
    ['{"deadline":"25h"}', /at most "24h"/],
  ] as const) {
    const answer = await ask(server, 'POST', path, { 'content-type': 'application/json' }, body);
    equal(answer.status, 400);
    match(JSON.parse(answer.text).detail, expected);
  }
  equal((await ask(server, 'POST', '/api/services/users/endpoints/%zz/drain')).status, 400);
  deepEqual(backend.calls, []);
});

test('explain passes method, URL and headers on', async (t) => {
  const { server, backend } = await start(t);
  const query = new URLSearchParams([
    ['method', 'POST'],
    ['url', '/a?b=1'],
    ['header', 'X-User: a: b'],
    ['header', 'cookie:c=d'],
  ]);
  const answer = await ask(server, 'GET', `/api/explain?${query.toString()}`);
  equal(answer.status, 400);
  equal(JSON.parse(answer.text).detail, 'the URL is not one');
  deepEqual(backend.explained, {
    method: 'POST',
    url: '/a?b=1',
    headers: [
      ['x-user', 'a: b'],
      ['cookie', 'c=d'],
    ],
    listener: null,
  });
  match((await ask(server, 'GET', '/api/explain')).text, /\\"url\\" is missing/);
  match((await ask(server, 'GET', '/api/explain?url=/&header=x')).text, /must be \\"name: value\\"/);
});

test('unknown paths are 404 and list the paths there are; wrong methods are 405', async (t) => {
  const { server } = await start(t);
  const unknown = await ask(server, 'GET', '/api/stats');
  equal(unknown.status, 404);
  ok(JSON.parse(unknown.text).paths.includes('GET /api/status'));
  const wrong = await ask(server, 'DELETE', '/api/reload');
  deepEqual([wrong.status, wrong.headers.allow], [405, 'POST']);
});

test('security: no state changes by GET', async (t) => {
  const { server, backend } = await start(t);
  for (const path of ['/api/reload', '/api/services/users/endpoints/a/drain']) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) equal((await ask(server, method, path)).status, 405);
  }
  deepEqual(backend.calls, []);
});

test('security: CSRF — requests that a web page of another site makes are refused', async (t) => {
  const { server, backend } = await start(t);
  const own = server.address.kind === 'tcp' ? `127.0.0.1:${server.address.port}` : '';
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://${own}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: `http://${own}`, 'sec-fetch-site': 'cross-site' },
  ]) {
    for (const method of ['GET', 'POST']) equal((await ask(server, method, '/api/reload', headers)).status, 403, JSON.stringify(headers));
  }
  deepEqual(backend.calls, []);
  equal((await ask(server, 'POST', '/api/reload', { origin: `http://${own}`, 'sec-fetch-site': 'same-origin' })).status, 200);
});

test('security: CSRF — a form cannot send a body that is taken', async (t) => {
  const { server, backend } = await start(t);
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; a=application/json',
    'application/jsonp',
  ]) {
    equal((await ask(server, 'POST', '/api/reload', { 'content-type': type }, '{"deadline":"1s"}')).status, 415, type);
  }
  equal((await ask(server, 'POST', '/api/reload', {}, '{}')).status, 415);
  deepEqual(backend.calls, []);
});

test('security: DNS rebinding — a Host that is a name of somebody else is refused', async (t) => {
  const { server } = await start(t);
  for (const host of [
    'evil.example',
    'evil.example:9900',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost:9900:1',
    '[::1',
    '127.1',
    '0x7f.1',
  ]) {
    equal((await ask(server, 'GET', '/api/status', { host })).status, 421, host);
  }
  for (const host of ['localhost', 'LocalHost:9900', '127.0.0.1:9900', '[::1]:9900', '192.0.2.7']) {
    equal((await ask(server, 'GET', '/api/status', { host })).status, 200, host);
  }
});

test('security: exposure — off loopback the API starts only with a token', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.7', 'gateway.example', '127.evil.example', '::ffff:127.0.0.1']) {
    const address: AddressPlan = { kind: 'tcp', host, port: 0 };
    await rejects(
      startAdmin(adminOptions(new Backend(), { address })),
      /can be reached from other machines and needs a token: set admin\.token/,
    );
  }
  await rejects(startAdmin(adminOptions(new Backend(), { token: 'short' })), /must have 16 characters or more, it has 5/);
});

test('security: exposure — with a token, nothing but health is answered without it', async (t) => {
  for (const authorization of [
    '',
    'Bearer',
    'Bearer wrong',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN} x`,
  ]) {
    // One server for each: more wrong tokens than ten are not looked at.
    const { server, backend } = await start(t, TOKEN);
    for (const [method, path] of [
      ['GET', '/metrics'],
      ['GET', '/api/status'],
      ['POST', '/api/reload'],
      ['GET', '/nowhere'],
      ['POST', '/healthz'],
    ] as const) {
      const answer = await ask(server, method, path, authorization === '' ? {} : { authorization });
      equal(answer.status, 401, `${authorization} ${path}`);
      equal(answer.headers['www-authenticate'], 'Bearer realm="sluice"');
      ok(!answer.text.includes(TOKEN));
    }
    deepEqual(backend.calls, []);
  }
  const { server } = await start(t, TOKEN);
  equal((await ask(server, 'GET', '/healthz')).status, 200);
  // The token proves more than the name does.
  equal((await ask(server, 'GET', '/api/status', { authorization: `Bearer ${TOKEN}`, host: 'gateway.example' })).status, 200);
  equal((await ask(server, 'GET', '/api/status', { authorization: `Bearer ${TOKEN}`, origin: 'https://evil.example' })).status, 403);
});

test('security: guessing — the eleventh wrong token in a minute is not compared any more', async (t) => {
  const { server } = await start(t, TOKEN);
  const metrics = (token: string): Promise<Answer> => ask(server, 'GET', '/metrics', { authorization: `Bearer ${token}` });
  for (let count = 0; count < 10; count++) equal((await metrics('wrong')).status, 401);
  const refused = await metrics(TOKEN);
  equal(refused.status, 429);
  ok(Number(refused.headers['retry-after']) > 50);
});

test('security: the dashboard’s files need no token, and the rules for web pages hold for them', async (t) => {
  const { server } = await start(t);
  equal((await ask(server, 'GET', '/', { host: 'evil.example' })).status, 421);
  equal((await ask(server, 'GET', '/', { 'sec-fetch-site': 'cross-site' })).status, 403);
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  equal((await ask(server, 'GET', '/', link)).status, 200);
  equal((await ask(server, 'GET', '/', { ...link, 'sec-fetch-dest': 'iframe' })).status, 403);
  equal((await ask(server, 'GET', '/api/status', link)).status, 403);
  equal((await ask(server, 'GET', '/metrics', link)).status, 403);
  const { server: asking } = await start(t, TOKEN);
  equal((await ask(asking, 'GET', '/')).status, 200);
  const head = await ask(asking, 'HEAD', '/');
  deepEqual([head.status, head.text, head.headers['x-frame-options'] ?? head.headers['x-content-type-options']], [200, '', 'nosniff']);
  for (const path of ['/../api/status', '//api/status', '/API/status', '/%61pi/status', '/api', '/api/'])
    equal((await ask(asking, 'GET', path)).status, 401, path);
});

test('metrics are compressed for who asks for that', async (t) => {
  const { server, backend } = await start(t);
  const long = 'sluice_workers 2\n'.repeat(1_000);
  backend.metrics = () => ({ type: 'text/plain', body: long });
  equal((await ask(server, 'GET', '/metrics')).text, long);
  const { headers } = await ask(server, 'GET', '/metrics', { 'accept-encoding': 'gzip' });
  equal(headers['content-encoding'], 'gzip');
  ok(Number(headers['content-length']) < long.length / 10);
});

test('streams that are open end at shutdown, long before its deadline, and when tokens change', async (t) => {
  const { server } = await start(t);
  const { port } = server.address as AddressPlan & { kind: 'tcp' };
  const open = async (): Promise<{ readonly ended: Promise<void> }> => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/api/live?topics=events', agent: false }).end();
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve));
    equal(response.statusCode, 200);
    return { ended: new Promise<void>((resolve) => response.resume().once('close', resolve)) };
  };
  const first = await open();
  server.follow({ ...NO_OBSERVE.admin, token: null });
  await first.ended;
  const second = await open();
  const startedAt = performance.now();
  await Promise.all([server.close(60_000), second.ended]);
  ok(performance.now() - startedAt < 10_000);
});

test('security: bounds — a body over 1 MiB is 413, heads over 16 KiB are 431', async (t) => {
  const { server, backend } = await start(t);
  const type = { 'content-type': 'application/json' };
  equal((await ask(server, 'POST', '/api/reload', type, ' '.repeat(1_048_577))).status, 413);
  equal((await ask(server, 'POST', '/api/reload', { ...type, 'transfer-encoding': 'chunked' }, ' '.repeat(2_000_000))).status, 413);
  equal((await ask(server, 'POST', '/api/reload', { 'x-long': 'x'.repeat(20_000) })).status, 431);
  deepEqual(backend.calls, []);
  equal((await ask(server, 'POST', '/api/reload', type, ' '.repeat(1_048_576))).status, 200);
});

test('a backend that throws is 500 without its message, and is reported', async (t) => {
  const { server, backend, errors } = await start(t);
  backend.metrics = () => {
    throw new Error('secret path /etc/x');
  };
  const answer = await ask(server, 'GET', '/metrics');
  equal(answer.status, 500);
  ok(!answer.text.includes('secret'));
  match(errors[0]!.message, /secret path/);
});

test('a unix socket is for its user only, and one that a crash left is replaced', async (t) => {
  const path = join(folder, 'admin.sock');
  const stale = createServer().listen(path);
  await new Promise((resolve) => stale.once('listening', resolve));
  // A second name for the socket, so that the file outlives the server as after a crash.
  const left = join(folder, 'left.sock');
  linkSync(path, left);
  await new Promise((resolve) => stale.close(resolve));
  const server = await startAdmin(adminOptions(new Backend(), { address: { kind: 'unix', path: left } }));
  t.after(() => server.close());
  equal(statSync(left).mode & 0o777, 0o600);
  equal((await ask(server, 'GET', '/api/status', { host: 'anything' })).status, 200);
  await rejects(
    startAdmin(adminOptions(new Backend(), { address: { kind: 'unix', path: left } })),
    /^Error: admin address "unix:.*left\.sock": .*EADDRINUSE/,
  );
});

test('a client that goes away in the middle is nobody’s error', async (t) => {
  const { server, errors } = await start(t);
  const port = server.address.kind === 'tcp' ? server.address.port : 0;
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n',
  );
  // "100 Continue" says that the request is being served.
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await server.close();
  deepEqual(errors, []);
});

test('the client speaks TCP and unix sockets, with a token', async (t) => {
  const { server } = await start(t, TOKEN);
  const text = server.address.kind === 'tcp' ? `127.0.0.1:${server.address.port}` : '';
  equal(((await new AdminClient(text, TOKEN).call({ method: 'GET', path: '/api/status' })) as Status).version, '0.1.0');
  await rejects(new AdminClient(text, null).call({ method: 'GET', path: '/api/status' }), /needs a token/);
  const path = join(folder, 'client.sock');
  const local = await startAdmin(adminOptions(new Backend(), { address: { kind: 'unix', path } }));
  t.after(() => local.close());
  const drained = await new AdminClient(`unix:${path}`, null).call({
    method: 'POST',
    path: '/api/services/a/endpoints/b/drain',
    body: { deadline: '3s' },
  });
  deepEqual(drained, { result: 'drained', tookMs: 5 });
});

test('the client says in one line what is wrong', async (t) => {
  const wrong = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => wrong.once('listening', resolve));
  t.after(() => wrong.close());
  const { port } = wrong.address() as { port: number };
  const status = { method: 'GET', path: '/api/status' } as const;
  await rejects(new AdminClient(`127.0.0.1:${port}`, null).call(status), /answered 200, which is not the admin API of sluice/);
  await rejects(
    new AdminClient(`unix:${join(folder, 'nobody.sock')}`, null).call(status),
    /^AdminError: no sluice answers on unix:.*nobody\.sock; is it running/,
  );
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  t.after(() => silent.close());
  const silentPort = (silent.address() as { port: number }).port;
  await rejects(new AdminClient(`127.0.0.1:${silentPort}`, null).call({ ...status, timeoutMs: 50 }), /did not answer in time/);
  try {
    new AdminClient('http://127.0.0.1:9900', null);
    ok(false, 'a URL is no address');
  } catch (error) {
    ok(error instanceof AdminError);
    match(error.message, /^--admin "http:\/\/127\.0\.0\.1:9900" has a scheme/);
  }
});

test('logs are lines of JSON that go on until the client goes', async (t) => {
  const { server, backend } = await start(t);
  const target = server.address as AddressPlan & { kind: 'tcp' };
  const client = new AdminClient(`127.0.0.1:${target.port}`, null);
  const lines: string[] = [];
  for await (const line of client.lines('/api/services/users/logs?lines=1&follow=true')) {
    lines.push(line);
    if (lines.length === 2) break;
  }
  deepEqual(
    lines.map((line) => (JSON.parse(line) as { text: string }).text),
    ['boom \u001b[2J', 'later'],
  );
  while (backend.fleet.asked.at(-1)?.[0] !== 'gone') await new Promise(setImmediate);
});

test('what is asked of the fleet wrongly is a sentence', async (t) => {
  const { server, backend } = await start(t);
  const body = { 'content-type': 'application/json' };
  const detail = async (path: string, sent: string): Promise<readonly [number, string]> => {
    const { status, text } = await ask(server, 'POST', `/api/services/${path}`, body, sent);
    return [status, (JSON.parse(text) as { detail: string }).detail];
  };
  for (const [path, sent, status, expected] of [
    ['users/scale', '{"instances":1001}', 400, 'instances must be a whole number 0..1000 or "auto", got 1001'],
    ['users/scale', '{}', 400, 'the body has no "instances", for example {"instances":3}'],
    ['users/scale', '[3]', 400, 'the body must be an object, for example {"instances":3}'],
    ['users/deploy', '{"comand":["x"]}', 400, 'unknown member "comand"; the body may have command, image, env, version, strategy'],
    ['users/deploy', '{"command":[]}', 400, 'command must be a list of 1 to 1000 texts, got a list of 0'],
    ['users/deploy', '{"env":{"A":1}}', 400, 'env must be an object of at most 1000 texts, got an object of 1'],
    [
      'users/deploy',
      '{"version":"../x"}',
      400,
      `version must be a name of at most 63 letters, digits, '-', '_' and '.', starting with a letter or digit, got "../x"`,
    ],
    ['users/pause', '{"deadline":"2h"}', 400, 'deadline must be a duration such as "30s", at most "1h", got "2h"'],
    ['users/rollback', '{"now":true}', 400, 'unknown member "now"; the body may have nothing'],
    ['users/instances/users.3/protect', '{"protected":1}', 400, 'protected must be true or false, got 1'],
    ['usres/rollback', '{}', 404, 'the fleet runs no service "usres"'],
  ] as const)
    deepEqual(await detail(path, sent), [status, expected]);
  deepEqual(backend.fleet.asked, [['rollback', 'usres']]);
  backend.fleet.refusal = 'it is under way';
  deepEqual(await detail('users/deploy', '{}'), [409, 'it is under way']);
});

test(
  'security: over loopback without a token another user cannot have sluice run something',
  { skip: process.getuid?.() === 0 ? false : 'only root can be somebody else' },
  async (t) => {
    const { server, backend } = await start(t);
    const { port } = server.address as AddressPlan & { kind: 'tcp' };
    const post = async (uid: number, verb: string): Promise<string> => {
      const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'POST /api/services/users/${verb} HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}' >&3; read -r line <&3; printf '%s' "$line"`;
      const { stdout } = await promisify(execFile)('/bin/bash', ['-c', script], { uid });
      return stdout.trim();
    };
    match(await post(65_534, 'deploy'), /^HTTP\/1\.1 403 /);
    deepEqual(backend.fleet.asked, []);
    match(await post(65_534, 'rollback'), /^HTTP\/1\.1 200 /);
    match(await post(0, 'deploy'), /^HTTP\/1\.1 200 /);
  },
);
