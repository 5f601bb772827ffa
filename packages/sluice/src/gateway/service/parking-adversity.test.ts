/** Parked requests when much happens at once: clients that leave in thousands or send by drops, plans that change and change again, sessions of an instance that is gone, other limits. */
import assert from 'node:assert/strict';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { test, type TestContext } from 'node:test';
import type { ParkingPlan } from '../../config/fleet-plan.ts';
import type { AffinityPlan, ServicePlan } from '../../config/plan.ts';
import { BREAKER_HALF_OPEN, BREAKER_OPEN, recordTrial } from '../../core/limiting/breaker-trials.ts';
import { type HostileOrigin, hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually, within } from '../../../test/support/waiting.ts';

const PARKING: ParkingPlan = { requestsMax: 20_000, bytesMax: 64_000_000, waitMs: 30_000 };
const { limits: LIMITS, retry: RETRY } = servicePlan('x', []);

function parking(ports: readonly number[], more: Partial<ServicePlan> = {}): ServicePlan {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  return servicePlan('web', addresses, { parking: PARKING, ...more });
}

async function start(context: TestContext, plan: ServicePlan): Promise<ServicePlane> {
  const world = await startServicePlane([plan]);
  context.after(() => world[Symbol.asyncDispose]());
  return world;
}

/** Answers each request with its path, and notes it. */
async function echoOrigin(context: TestContext): Promise<HostileOrigin & { readonly asked: string[] }> {
  const asked: string[] = [];
  const origin = await hostileOrigin(async (connection) => {
    for (let index = 0; ; index++) {
      await connection.head();
      if (connection.ending !== null) return;
      const path = connection.received.split('\r\n\r\n')[index]!.split(' ')[1]!;
      asked.push(path);
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    }
  });
  context.after(() => origin[Symbol.asyncDispose]());
  return Object.assign(origin, { asked });
}

async function areParked(world: ServicePlane, count: number, ms = 5_000): Promise<void> {
  await eventually(ms, `${count} are parked`, () => world.table.serviceParked[0] === count);
}

/** Parks them one after the other, so that their order is known. */
async function park(context: TestContext, world: ServicePlane, count: number, fields = ''): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let index = 0; index < count; index++) {
    const client = await RawClient.open(world.port);
    context.after(() => client.socket.destroy());
    client.write(`GET /${index} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    await areParked(world, index + 1);
    clients.push(client);
  }
  return clients;
}

async function replied(client: RawClient, status: number): Promise<void> {
  await client.until(String(status), (text) => statuses(text).at(-1) === status);
}

/** Nothing waits, and nothing of those who waited is counted. */
function assertEmpty(world: ServicePlane): void {
  const left = Object.keys(world.leftovers()).filter((name) => !name.startsWith('serviceConnections'));
  assert.deepEqual(left, []);
}

test('ten thousand leave at once: nothing is left of them, and the next one is parked as ever', { timeout: 60_000 }, async (context) => {
  const world = await start(context, parking([]));
  const sessions: ClientHttp2Session[] = [];
  for (let index = 0; index < 100; index++) {
    const session = connect(`http://127.0.0.1:${world.port}`);
    session.on('error', () => {});
    sessions.push(session);
    for (let each = 0; each < 100; each++) session.request({ ':path': '/' }).on('error', () => {});
  }
  await areParked(world, 10_000, 30_000);
  for (const session of sessions) session.destroy(undefined, constants.NGHTTP2_NO_ERROR);
  await areParked(world, 0, 10_000);
  assertEmpty(world);
  await park(context, world, 1);
});

test('content that comes by drops is late while its request waits, as it is without', async (context) => {
  const world = await start(context, parking([]));
  const client = await RawClient.open(world.port);
  context.after(() => client.socket.destroy());
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx');
  await areParked(world, 1);
  world.advance(31_000);
  await replied(client, 408);
  assertEmpty(world);
});

test('a storm of plans keeps those who wait in their order, and every one of them', { timeout: 30_000 }, async (context) => {
  const world = await start(context, parking([]));
  const origin = await echoOrigin(context);
  const clients = await park(context, world, 40);
  for (let change = 0; change < 150; change++) {
    // Endpoints that are down, pauses with one that is up, other limits, none.
    const kind = change % 4;
    if (kind === 0) await world.apply([parking([origin.port], { isPaused: true })]);
    else if (kind === 1) await world.apply([parking([], { limits: { ...LIMITS, requestsMax: change } })]);
    else if (kind === 2) await world.apply([parking([], { slowStartMs: change })]);
    else await world.apply([parking([], { balance: { ...servicePlan('x', []).balance, algorithm: 'least-connections' } })]);
  }
  assert.equal(world.table.serviceParked[0], 40);
  const one = parking([origin.port]);
  await world.apply([{ ...one, endpoints: one.endpoints.map((endpoint) => ({ ...endpoint, requestsMax: 1 })) }]);
  for (const client of clients) await replied(client, 200);
  assert.deepEqual(
    origin.asked,
    clients.map((_, index) => `/${index}`),
  );
  assertEmpty(world);
});

test('the bound that adapts holds for those who are let go', async (context) => {
  const world = await start(context, parking([]));
  const clients = await park(context, world, 5);
  let most = 0;
  const open: (() => void)[] = [];
  const origin = await hostileOrigin(async (connection) => {
    for (;;) {
      await connection.head();
      if (connection.ending !== null) return;
      open.push(() => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
      most = Math.max(most, world.table.serviceInflight[0]!);
    }
  });
  context.after(() => origin[Symbol.asyncDispose]());
  world.table.concurrencyLimit[0] = 2;
  await world.apply([parking([origin.port])]);
  for (let answered = 0; answered < 5; answered++) {
    await eventually(3_000, 'another one is there', () => open.length > 0);
    open.shift()!();
  }
  for (const client of clients) await replied(client, 200);
  assert.equal(most, 2);
});

test('with the breaker open nobody begins to wait, also not who was let in and failed; those who waited go when it has closed', async (context) => {
  const retry = { ...RETRY, attempts: 3, on: ['connect' as const, 'reset' as const] };
  const world = await start(context, parking([], { retry }));
  const [waiting] = await park(context, world, 1);
  world.table.breakerState[0] = BREAKER_OPEN;
  const late = await RawClient.open(world.port);
  context.after(() => late.socket.destroy());
  late.write('GET /late HTTP/1.1\r\nHost: a\r\n\r\n');
  await replied(late, 503);
  const origin = await echoOrigin(context);
  await world.apply([parking([origin.port], { retry })]);
  world.advance(250);
  assert.equal(world.table.serviceParked[0], 1, 'who waits, waits');
  world.table.breakerState[0] = BREAKER_HALF_OPEN;
  world.table.breakerTrials[0] = 1;
  world.advance(250);
  await replied(waiting!, 200);
  recordTrial(world.table, 0, false);
  world.table.breakerState[0] = 0;
  const held = await hostileOrigin(() => {});
  context.after(() => held[Symbol.asyncDispose]());
  await world.apply([parking([held.port], { retry })]);
  const failing = await RawClient.open(world.port);
  context.after(() => failing.socket.destroy());
  failing.write('GET /failing HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(3_000, 'it is there', () => held.connections[0]?.received.includes('\r\n\r\n') === true);
  world.table.breakerState[0] = BREAKER_OPEN;
  held.connections[0]!.reset();
  await replied(failing, 502);
  assertEmpty(world);
});

test('the session of an instance that is gone waits like any, and begins anew with whoever comes', async (context) => {
  const affinity: AffinityPlan = {
    kind: 'cookie',
    name: 'sluice',
    secrets: ['a secret of the tests, 32 bytes or more'],
    maxAgeSeconds: null,
    path: '/',
    domain: null,
    secure: false,
    httpOnly: true,
    sameSite: 'lax',
    entriesMax: 100,
    ttlMs: 60_000,
  };
  const first = await echoOrigin(context);
  const world = await start(context, parking([first.port], { affinity }));
  const client = await RawClient.open(world.port);
  context.after(() => client.socket.destroy());
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await replied(client, 200);
  const cookie = /set-cookie: (\S+?);/i.exec(client.text)![1]!;
  await world.apply([parking([], { affinity })]);
  const [parked] = await park(context, world, 1, `Cookie: ${cookie}\r\n`);
  const second = await echoOrigin(context);
  await world.apply([parking([second.port], { affinity })]);
  await replied(parked!, 200);
  const anew = /set-cookie: (\S+?);/i.exec(parked!.text)![1]!;
  assert.notEqual(anew, cookie);
  assert.deepEqual(second.asked, ['/0']);
});

test('who has waited is hedged from when it is sent, and not while it waits', async (context) => {
  const hedge = { percentile: 95, delayMinMs: 50, budgetShare: 1 };
  const world = await start(context, parking([], { hedge }));
  world.table.hedgeDelayMs[0] = 50;
  const [client] = await park(context, world, 1);
  const silent = await hostileOrigin(() => {});
  context.after(() => silent[Symbol.asyncDispose]());
  const slow = await hostileOrigin(() => {});
  context.after(() => slow[Symbol.asyncDispose]());
  await world.apply([parking([silent.port, slow.port], { hedge })]);
  const heads = (): number => [...silent.connections, ...slow.connections].filter(({ received }) => received.includes('\r\n\r\n')).length;
  await eventually(3_000, 'two copies are under way', () => heads() === 2);
  const [connection] = slow.connections;
  connection!.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await replied(client!, 200);
  assertEmpty(world);
});

test('a pause at the end of the program: those who wait are refused, and told when to come again', async (context) => {
  const origin = await echoOrigin(context);
  const world = await start(context, parking([origin.port], { isPaused: true }));
  const clients = await park(context, world, 3);
  await within(5_000, 'the drain', world.plane.drain(300, 300));
  await Promise.all(clients.map((client) => replied(client, 503)));
  for (const { text } of clients) assert.match(text, /^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 1\r\n/);
  assert.deepEqual(origin.asked, []);
  assertEmpty(world);
});
