/** Sessions that stick, through the real program: each kind, drains, endpoints that go, and clients that say what is not so. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { within } from '../support/waiting.ts';

type Affinity = NonNullable<NonNullable<GatewayConfig['services']>[string]['affinity']>;

interface Reply {
  readonly who: string;
  readonly status: number;
  /** `name=value` of each cookie that was set. */
  readonly cookies: readonly string[];
}

/** Three origins that say who they are, and set a session cookie of their own when asked to. */
async function startOrigins(context: TestContext, count = 3): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const server = createServer((request, response) => {
        const headers: Record<string, string> = { 'x-who': String(index) };
        if (request.url === '/login') headers['set-cookie'] = `SID=s${index}-${Math.random().toString(36).slice(2)}; Path=/`;
        response.writeHead(200, headers).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      context.after(() => {
        server.close();
        server.closeAllConnections();
      });
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
}

function configOf(endpoints: readonly string[], affinity: Affinity): GatewayConfig {
  const web = { endpoints: [...endpoints], balance: 'round-robin' as const, outlier: false as const, affinity };
  return { services: { web }, routes: [{ path: '/*', to: 'web' }], workers: 2 };
}

async function startWith(context: TestContext, endpoints: readonly string[], affinity: Affinity): Promise<Gateway> {
  const gateway = await startGateway(configOf(endpoints, affinity));
  context.after(() => gateway[Symbol.asyncDispose]());
  return gateway;
}

async function ask(gateway: Gateway, headers: Record<string, string> = {}, path = '/'): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    headers: { connection: 'close', ...headers },
    signal: AbortSignal.timeout(5_000),
  });
  await response.arrayBuffer();
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.slice(0, cookie.indexOf(';')));
  return { who: response.headers.get('x-who') ?? '', status: response.status, cookies };
}

/** Who answers this many requests, each once. */
async function whoAnswers(gateway: Gateway, count: number, headers: Record<string, string> = {}): Promise<string[]> {
  const seen = new Set<string>();
  for (let sent = 0; sent < count; sent++) seen.add((await ask(gateway, headers)).who);
  return [...seen].toSorted();
}

async function metric(gateway: Gateway, name: string): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const SECRETS = ['0123456789abcdef0123456789abcdef'];

test('cookie: inserted once, then kept by every worker', { timeout: 30_000 }, async (t) => {
  const gateway = await startWith(t, await startOrigins(t), { by: 'cookie', secrets: SECRETS });
  const first = await ask(gateway);
  assert.equal(first.cookies.length, 1);
  for (let count = 0; count < 12; count++) {
    const { who, cookies } = await ask(gateway, { cookie: `theme=dark; ${first.cookies[0]}; lang=en` });
    assert.deepEqual([who, cookies], [first.who, []]);
  }
  assert.deepEqual(await whoAnswers(gateway, 18), ['0', '1', '2'], 'clients without a cookie go anywhere');
});

test('sticky-cookie tampering: a forged cookie moves nobody, is replaced and counted', { timeout: 30_000 }, async (t) => {
  const gateway = await startWith(t, await startOrigins(t), { by: 'cookie', secrets: SECRETS });
  const [real = ''] = (await ask(gateway)).cookies;
  const forged = `${real.slice(0, -1)}${real.endsWith('A') ? 'B' : 'A'}`;
  const seen = new Set<string>();
  for (let count = 0; count < 12; count++) {
    const { who, cookies } = await ask(gateway, { cookie: forged });
    seen.add(who);
    assert.equal(cookies.length, 1);
    assert.notEqual(cookies[0], forged);
  }
  assert.deepEqual([...seen].toSorted(), ['0', '1', '2']);
  assert.equal(await metric(gateway, 'sluice_affinity_forged_total'), 12);
});

test('cookie: secrets rotate without moving anybody', { timeout: 30_000 }, async (t) => {
  const origins = await startOrigins(t);
  const gateway = await startWith(t, origins, { by: 'cookie', secrets: SECRETS });
  const first = await ask(gateway);
  await gateway.reload(configOf(origins, { by: 'cookie', secrets: ['fedcba9876543210fedcba9876543210', ...SECRETS] }));
  const second = await ask(gateway, { cookie: first.cookies[0]! });
  assert.equal(second.who, first.who);
  assert.equal(second.cookies.length, 1, 'signed anew');
  await gateway.reload(configOf(origins, { by: 'cookie', secrets: ['fedcba9876543210fedcba9876543210'] }));
  assert.equal((await ask(gateway, { cookie: second.cookies[0]! })).who, first.who);
});

test('cookie: a draining endpoint keeps its sessions until the deadline, and gets no new ones', { timeout: 30_000 }, async (t) => {
  const origins = await startOrigins(t);
  const gateway = await startWith(t, origins, { by: 'cookie', secrets: SECRETS });
  const { who, cookies } = await ask(gateway);
  const cookie = cookies[0]!;
  const address = origins[Number(who)]!;
  const others = ['0', '1', '2'].filter((each) => each !== who);
  const drained = gateway.admin(`/api/services/web/endpoints/${address}/drain`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"deadline":"2s"}',
  });
  const startedAt = performance.now();
  while (performance.now() - startedAt < 300) await ask(gateway); // until every worker has seen it
  assert.deepEqual(await whoAnswers(gateway, 12), others);
  assert.deepEqual(await whoAnswers(gateway, 6, { cookie }), [who]);
  assert.equal((await within(5_000, 'the drain ends', drained)).status, 200);
  const moved = await ask(gateway, { cookie });
  assert(others.includes(moved.who));
  assert.equal(moved.cookies.length, 1);
  assert.deepEqual(await whoAnswers(gateway, 6, { cookie: moved.cookies[0]! }), [moved.who]);
});

test('cookie: an endpoint that is dead, or gone from the configuration, loses its sessions to another', { timeout: 30_000 }, async (t) => {
  const origins = await startOrigins(t);
  const gateway = await startWith(t, origins, { by: 'cookie', secrets: SECRETS });
  const { who, cookies } = await ask(gateway);
  await gateway.reload({
    ...configOf(
      origins.filter((_, index) => String(index) !== who),
      { by: 'cookie', secrets: SECRETS },
    ),
  });
  // A removed endpoint of a sticky service keeps its sessions while it drains: only its own cookie may still lead there.
  const others = ['0', '1', '2'].filter((each) => each !== who);
  assert.deepEqual(await whoAnswers(gateway, 12), others);
  const again = await ask(gateway, { cookie: cookies[0]! });
  assert.equal(again.status, 200);
});

test('app-cookie: what an endpoint sets leads back to it', { timeout: 30_000 }, async (t) => {
  const gateway = await startWith(t, await startOrigins(t), { by: 'app-cookie', name: 'SID' });
  for (let count = 0; count < 4; count++) {
    const login = await ask(gateway, {}, '/login');
    assert.equal(login.cookies.length, 1, 'nothing is inserted beside it');
    assert.deepEqual(await whoAnswers(gateway, 6, { cookie: login.cookies[0]! }), [login.who]);
  }
});

test('header: each value has its endpoint, whichever worker asks', { timeout: 30_000 }, async (t) => {
  const gateway = await startWith(t, await startOrigins(t), { by: 'header', name: 'x-user' });
  const seen = new Set<string>();
  for (const user of ['ann', 'bob', 'cleo', 'dan', 'eve', 'fay']) {
    const who = await whoAnswers(gateway, 6, { 'x-user': user });
    assert.equal(who.length, 1, user);
    seen.add(who[0]!);
  }
  assert(seen.size > 1, 'they are spread');
});

test('ip: one client has one endpoint', { timeout: 30_000 }, async (t) => {
  const gateway = await startWith(t, await startOrigins(t), { by: 'ip' });
  assert.equal((await whoAnswers(gateway, 12)).length, 1);
});
