/** Open WebSockets while the world around them changes: an origin is killed, configurations are reloaded, endpoints go, the program ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { freePort } from '../../src/io/ports.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { eventually, within } from '../support/waiting.ts';

const LIMIT = { timeout: 60_000 };
const fixture = fileURLToPath(new URL('../fixtures/websocket-origin.mjs', import.meta.url));

interface Origin extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  kill(): void;
}

/** A WebSocket, which origin has it, and the code that it was closed with (0: not yet). */
interface Member {
  readonly socket: WebSocket;
  readonly origin: string;
  code: number;
}

async function startOrigin(name: string): Promise<Origin> {
  const port = await freePort('127.0.0.1');
  const child: ChildProcess = spawn(process.execPath, [fixture], {
    env: { ...process.env, PORT: `${port}`, NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await within(5_000, 'the origin listens', once(child.stdout!, 'data'));
  return {
    name,
    address: `127.0.0.1:${port}`,
    kill: () => void child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function configOf(origins: readonly Origin[], more: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    services: {
      chat: { endpoints: origins.map(({ address }) => address), balance: 'least-connections', drainTimeout: '300ms' },
    },
    routes: [{ path: '/*', to: 'chat' }],
    workers: 1,
    drainTimeout: '300ms',
    ...more,
  };
}

async function open(port: number): Promise<Member> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  socket.on('error', () => {});
  const [[name]] = (await within(5_000, 'it opens', Promise.all([once(socket, 'message'), once(socket, 'open')]))) as [[Buffer], unknown];
  const member: Member = { socket, origin: name.toString(), code: 0 };
  socket.on('close', (code) => (member.code = code));
  return member;
}

async function openMany(port: number, count: number): Promise<Member[]> {
  const members: Member[] = [];
  while (members.length < count) members.push(...(await Promise.all(Array.from({ length: 20 }, () => open(port)))));
  return members;
}

async function echoes(members: readonly Member[]): Promise<void> {
  await Promise.all(
    members.map(async ({ socket }, index) => {
      const answer = once(socket, 'message') as Promise<[Buffer]>;
      socket.send(`${index}`);
      const [data] = await within(5_000, `echo ${index} comes`, answer);
      assert.equal(data.toString(), `${index}`);
    }),
  );
}

async function closedWith(members: readonly Member[], code: number): Promise<void> {
  await eventually(5_000, `all are closed with ${code}`, () => members.every((member) => member.code !== 0));
  assert.deepEqual([...new Set(members.map((member) => member.code))], [code]);
}

/** WebSockets at each endpoint, as the metrics tell. */
async function inflight(gateway: Gateway): Promise<Record<string, number>> {
  const text = await (await gateway.admin('/metrics')).text();
  const lines = text.matchAll(/^sluice_endpoint_inflight\{[^}]*endpoint="([^"]+)"[^}]*\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, address, count]) => [address!, Number(count)]));
}

function end(members: readonly Member[]): void {
  for (const { socket } of members) socket.terminate();
}

test('kill -9 of an origin with 200 WebSockets: its clients hear of it, no others do, and new ones go elsewhere', LIMIT, async () => {
  await using one = await startOrigin('one');
  await using two = await startOrigin('two');
  await using gateway = await startGateway(configOf([one, two]));
  const members = await openMany(gateway.port, 400);
  // Balanced by open connections, and what is open can be seen.
  assert.deepEqual(await inflight(gateway), { [one.address]: 200, [two.address]: 200 });
  const status = JSON.stringify(await (await gateway.admin('/api/status')).json());
  assert.match(status, /"inflight":200/);

  one.kill();
  await closedWith(
    members.filter(({ origin }) => origin === 'one'),
    1006,
  );
  const left = members.filter(({ origin }) => origin === 'two');
  assert.equal(left.length, 200);
  await echoes(left);
  const later = await openMany(gateway.port, 20);
  assert(later.every(({ origin }) => origin === 'two'));
  await eventually(2_000, 'the counts are right', async () => {
    const counts = await inflight(gateway);
    return counts[one.address] === 0 && counts[two.address] === 220;
  });
  end([...left, ...later]);
});

test('reloads do not touch WebSockets on a route that stays', LIMIT, async () => {
  await using one = await startOrigin('one');
  await using two = await startOrigin('two');
  await using gateway = await startGateway(configOf([one]));
  const members = await openMany(gateway.port, 40);
  const routes = [{ path: '/*', to: 'chat' }];
  await gateway.reload(configOf([one], { routes: [{ path: '/new/*', respond: 204 }, ...routes] }));
  await echoes(members);
  await gateway.reload(configOf([one, two], { listener: { timeouts: { upgradeIdle: '2h', keepAlive: '5s' } } }));
  await echoes(members);
  await gateway.reload(configOf([two, one], { listener: { forwarding: { via: 'other' } } }));
  await echoes(members);
  assert(members.every(({ code }) => code === 0));
  end(members);
});

test('an endpoint that is removed says goodbye after its drain, an endpoint that stays does not', LIMIT, async () => {
  await using one = await startOrigin('one');
  await using two = await startOrigin('two');
  await using gateway = await startGateway(configOf([one, two]));
  const members = await openMany(gateway.port, 40);
  const started = performance.now();
  await gateway.reload(configOf([two]));
  await echoes(members.filter(({ origin }) => origin === 'two'));
  await closedWith(
    members.filter(({ origin }) => origin === 'one'),
    1001,
  );
  assert(performance.now() - started > 290, 'not before the deadline');
  await echoes(members.filter(({ origin }) => origin === 'two'));
  end(members);
});

test('an endpoint that an operator drains says goodbye at the deadline', LIMIT, async () => {
  await using one = await startOrigin('one');
  await using two = await startOrigin('two');
  await using gateway = await startGateway(configOf([one, two]));
  const members = await openMany(gateway.port, 40);
  const path = `/api/services/chat/endpoints/${encodeURIComponent(one.address)}/drain`;
  await gateway.admin(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  await closedWith(
    members.filter(({ origin }) => origin === 'one'),
    1001,
  );
  await echoes(members.filter(({ origin }) => origin === 'two'));
  end(members);
});

test('a listener that is removed says goodbye after its drain, the others do not', LIMIT, async () => {
  await using one = await startOrigin('one');
  const port = await freePort('127.0.0.1');
  await using gateway = await startGateway(configOf([one], { more: { second: { http: `127.0.0.1:${port}` } } }));
  const [members, leaving] = [await openMany(gateway.port, 20), await openMany(port, 20)];
  const started = performance.now();
  await gateway.reload(configOf([one]));
  await closedWith(leaving, 1001);
  assert(performance.now() - started > 290, 'not before the deadline');
  await echoes(members);
  end(members);
});

test('a worker that a reload makes superfluous says goodbye, too', LIMIT, async () => {
  await using one = await startOrigin('one');
  await using gateway = await startGateway(configOf([one], { workers: 2 }));
  const members = await openMany(gateway.port, 60);
  await gateway.reload(configOf([one]));
  await eventually(5_000, 'some are closed', () => members.some(({ code }) => code !== 0));
  const left = members.filter(({ code }) => code === 0);
  await closedWith(
    members.filter((member) => !left.includes(member)),
    1001,
  );
  end(members);
});

test('the end of the program is a goodbye to all', LIMIT, async () => {
  await using one = await startOrigin('one');
  await using gateway = await startGateway(configOf([one]));
  const members = await openMany(gateway.port, 100);
  gateway.signal('SIGTERM');
  await closedWith(members, 1001);
  assert.equal(await within(5_000, 'it ends', gateway.exited), 0);
});

test("Node's own WebSocket opens, echoes and closes", LIMIT, async () => {
  await using one = await startOrigin('one');
  await using gateway = await startGateway(configOf([one]));
  const socket = new globalThis.WebSocket(`ws://127.0.0.1:${gateway.port}/chat`);
  const heard: string[] = [];
  socket.addEventListener('message', ({ data }) => heard.push(String(data)));
  await within(3_000, 'it opens', once(socket, 'open'));
  socket.send('hallo');
  await eventually(3_000, 'the echo comes', () => heard.length === 2);
  assert.deepEqual(heard, ['one', 'hallo']);
  const closed = once(socket, 'close') as Promise<[CloseEvent]>;
  socket.close(3_000, 'bye');
  const [{ code, wasClean }] = await within(3_000, 'it closes', closed);
  assert.deepEqual([code, wasClean], [3_000, true]);
});
