/** Connections of a service and who waits for them, over real sockets. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolPlan } from '../../config/plan.ts';
import type { Pool } from './pool.ts';
import { type HostileOrigin, hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { rawExchange, statuses } from '../../../test/support/raw-exchange.ts';
import { type ServicePlane, routePlan, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const { pool: POOL, limits: LIMITS, balance: BALANCE } = servicePlan('x', []);

/** Answers when the test says so: `answer` lets each connection's current request go. */
interface Held extends HostileOrigin {
  answer(index: number, text?: string): void;
}

async function heldOrigin(): Promise<Held> {
  const origin = await hostileOrigin(() => {});
  return Object.assign(origin, { answer: (index: number, text = OK) => origin.connections[index]!.write(text) });
}

function poolOf(more: Partial<PoolPlan>): { readonly pool: PoolPlan } {
  return { pool: { ...POOL, ...more } };
}

async function client(world: ServicePlane, request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'): Promise<RawClient> {
  const opened = await RawClient.open(world.port);
  opened.write(request);
  return opened;
}

function replied(status: number): (text: string) => boolean {
  return (text) => statuses(text).at(-1) === status && text.includes('\r\n\r\n');
}

function requests(origin: HostileOrigin): number {
  return origin.connections.reduce((sum, { received }) => sum + received.split('\r\n\r\n').length - 1, 0);
}

test('who waits for a connection gets the one that is given back, in the order of coming', async () => {
  await using origin = await heldOrigin();
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], poolOf({ connectionsMax: 1 }))]);
  using first = await client(world);
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  using second = await client(world, 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(2_000, 'it waits', () => world.table.inflight[0] === 2);
  using third = await client(world, 'GET /third HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(2_000, 'it waits', () => world.table.inflight[0] === 3);
  origin.answer(0);
  await first.until('a reply', replied(200));
  await eventually(2_000, 'the next is there', () => origin.connections[0]!.received.includes('/second'));
  assert(!origin.connections[0]!.received.includes('/third'));
  origin.answer(0);
  await second.until('a reply', replied(200));
  await eventually(2_000, 'the next is there', () => origin.connections[0]!.received.includes('/third'));
  origin.answer(0);
  await third.until('a reply', replied(200));
  assert.equal(origin.connections.length, 1);
});

test('who waits gets a new connection when the one that was waited for dies', async () => {
  await using origin = await heldOrigin();
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], poolOf({ connectionsMax: 1 }))]);
  using first = await client(world, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  using second = await client(world);
  await eventually(2_000, 'it waits', () => world.table.inflight[0] === 2);
  origin.connections[0]!.reset();
  await first.until('a reply', replied(502));
  await eventually(2_000, 'the second is there', () => requests(origin) === 2);
  origin.answer(1);
  await second.until('a reply', replied(200));
});

test('who waits too long is refused; who leaves gives the place up; a full line refuses at once', async () => {
  await using origin = await heldOrigin();
  const more = poolOf({ connectionsMax: 1, waitingMax: 2, waitTimeoutMs: 1_000 });
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], more)]);
  using _first = await client(world);
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  using second = await client(world);
  const third = await client(world);
  await eventually(2_000, 'they wait', () => world.table.inflight[0] === 3);
  using fourth = await client(world);
  await fourth.until('a reply', replied(503));
  third.socket.destroy();
  await eventually(2_000, 'its place is free', () => world.table.inflight[0] === 2);
  world.advance(1_001);
  await second.until('a reply', replied(503));
  assert.equal(world.table.inflight[0], 1);
  assert.equal(world.table.serviceFailed[0], 0, 'a wait that was too long says nothing about the service');
});

test('a bound on the connections of a service: an idle one of another endpoint makes room', async () => {
  await using first = await heldOrigin();
  await using second = await heldOrigin();
  const addresses = [first, second].map(({ port }) => `127.0.0.1:${port}`);
  const more = { limits: { ...LIMITS, connectionsMax: 1 }, balance: { ...BALANCE, algorithm: 'round-robin' } as const };
  await using world = await startServicePlane([servicePlan('web', addresses, more)]);
  for (let count = 0; count < 4; count++) {
    const origin = count % 2 === 0 ? first : second;
    const before = requests(origin);
    const exchange = rawExchange(world.port, GET, { waitMs: 1_000 });
    await eventually(1_000, `request ${count} is there`, () => requests(first) + requests(second) > count).catch(() => {});
    const other = requests(origin) > before ? origin : origin === first ? second : first;
    other.answer(other.connections.length - 1);
    assert.deepEqual(statuses((await exchange).text), [200], `request ${count}`);
    assert.equal(world.table.serviceConnections[0], 1);
  }
});

test('a bound on the connections of a service: who waits at one endpoint gets what another endpoint gives back', async () => {
  await using first = await heldOrigin();
  await using second = await heldOrigin();
  const addresses = [first, second].map(({ port }) => `127.0.0.1:${port}`);
  const more = { limits: { ...LIMITS, connectionsMax: 1 }, balance: { ...BALANCE, algorithm: 'round-robin' } as const };
  await using world = await startServicePlane([servicePlan('web', addresses, more)]);
  using one = await client(world);
  await eventually(2_000, 'it is there', () => requests(first) + requests(second) === 1);
  using two = await client(world);
  await eventually(2_000, 'it waits', () => world.table.serviceInflight[0] === 2);
  const [busy, other] = requests(first) === 1 ? [first, second] : [second, first];
  busy.answer(0);
  await one.until('a reply', replied(200));
  await eventually(500, 'the other is there', () => requests(other) === 1);
  other.answer(0);
  await two.until('a reply', replied(200));
  assert.equal(world.table.serviceConnections[0], 1);
});

test('room that another worker made is seen at the next sweep', async () => {
  await using origin = await heldOrigin();
  await using world = await startServicePlane([
    servicePlan('web', [`127.0.0.1:${origin.port}`], { limits: { ...LIMITS, connectionsMax: 1 } }),
  ]);
  Atomics.add(world.table.serviceConnections, 0, 1); // another worker's
  const exchange = rawExchange(world.port, GET);
  await eventually(2_000, 'it waits', () => world.table.inflight[0] === 1);
  Atomics.sub(world.table.serviceConnections, 0, 1);
  world.advance(250);
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  origin.answer(0);
  assert.deepEqual(statuses((await exchange).text), [200]);
});

test('a connection that is not made in time: 504, and nothing is left of it', async () => {
  let asked = 0;
  const lookup: LookupFunction = () => void asked++; // and never answers
  const service = servicePlan('web', ['origin.test:80'], { retry: { ...servicePlan('x', []).retry, attempts: 1 } });
  await using world = await startServicePlane([service], [], { lookup });
  const exchange = rawExchange(world.port, GET);
  await eventually(2_000, 'it is under way', () => asked === 1);
  world.advance(1_001);
  assert.deepEqual(statuses((await exchange).text), [504]);
  assert.deepEqual(world.leftovers(), {});
  assert.equal(world.upstreamConnections(), 0);
});

test('waiting for a 100 does not put off the time limit of the connect', async () => {
  let asked = 0;
  const lookup: LookupFunction = () => void asked++;
  const service = servicePlan('web', ['origin.test:80'], { retry: { ...servicePlan('x', []).retry, attempts: 1 } });
  await using world = await startServicePlane([service], [], { lookup });
  const exchange = rawExchange(world.port, 'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n', {
    until: replied(504),
  });
  await eventually(2_000, 'it is under way', () => asked === 1);
  world.advance(1_001);
  assert.deepEqual(statuses((await exchange).text), [504]);
});

test('an endpoint behind a unix socket; its connection is kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pool-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'origin.sock');
  let connections = 0;
  const server = createServer((_request, response) => response.end('unix')).listen(path);
  server.on('connection', () => connections++);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const service = servicePlan('web', []);
  const endpoint = {
    address: `unix:${path}`,
    target: { kind: 'unix', path },
    weight: 1,
    priority: 0,
    requestsMax: 0,
    version: '',
  } as const;
  await using world = await startServicePlane([{ ...service, endpoints: [endpoint] }]);
  for (let count = 0; count < 3; count++) assert.match((await rawExchange(world.port, GET)).text, /^HTTP\/1\.1 200 .*unix$/s);
  assert.equal(connections, 1);
});

test('idle connections end after their time, and when their endpoint leaves', async () => {
  await using origin = await heldOrigin();
  const service = servicePlan('web', [`127.0.0.1:${origin.port}`], poolOf({ idleTimeoutMs: 10_000 }));
  await using world = await startServicePlane([service]);
  for (let index = 0; index < 2; index++) {
    const exchange = rawExchange(world.port, GET);
    await eventually(2_000, 'it is there', () => requests(origin) === index + 1);
    origin.answer(index);
    await exchange;
    assert.equal(world.upstreamConnections(), 1);
    if (index === 0) world.advance(10_001);
    else await world.apply([{ ...service, endpoints: [] }]);
    assert.equal(world.upstreamConnections(), 0);
    assert.deepEqual(world.leftovers(), {});
  }
});

test('an endpoint that leaves finishes what it has, those who wait for its connections included', async () => {
  await using origin = await heldOrigin();
  const service = servicePlan('web', [`127.0.0.1:${origin.port}`], poolOf({ connectionsMax: 1 }));
  await using world = await startServicePlane([service]);
  using first = await client(world);
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  using second = await client(world);
  await eventually(2_000, 'it waits', () => world.table.inflight[0] === 2);
  await world.apply([{ ...service, endpoints: [] }]);
  origin.answer(0);
  await first.until('a reply', replied(200));
  await eventually(2_000, 'the second is there', () => requests(origin) === 2);
  origin.answer(0);
  await second.until('a reply', replied(200));
  world.advance(250);
  assert.deepEqual(world.leftovers(), {});
  assert.equal(world.upstreamConnections(), 0);
});

test('a service that leaves finishes what it has: who waits for a connection, and the retries', async () => {
  await using failing = await heldOrigin();
  await using other = await heldOrigin();
  const { retry } = servicePlan('x', []);
  const service = servicePlan('web', [`127.0.0.1:${failing.port}`, `127.0.0.1:${other.port}`], {
    balance: { ...BALANCE, algorithm: 'first-fit' },
    retry: { ...retry, attempts: 2, on: ['503'], backoffBaseMs: 0, backoffMaxMs: 0 },
  });
  await using world = await startServicePlane([service]);
  using asking = await client(world);
  await eventually(2_000, 'it is there', () => requests(failing) === 1);
  await world.apply([], []);
  failing.answer(0, 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
  await eventually(2_000, 'the retry is there', () => requests(other) === 1);
  other.answer(0);
  await asking.until('a reply', replied(200));
  world.advance(250);
  assert.deepEqual(world.leftovers(), {});
  assert.equal(world.upstreamConnections(), 0);
});

test('a service that leaves: its queue is served, and its time limit holds', async () => {
  await using origin = await heldOrigin();
  const limits = { ...LIMITS, requestsMax: 1, queueMax: 10, queueTimeoutMs: 1_000 };
  const service = servicePlan('web', [`127.0.0.1:${origin.port}`], { limits });
  await using world = await startServicePlane([service], [routePlan('all', 'web')]);
  using first = await client(world);
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  using second = await client(world);
  await eventually(2_000, 'it has come', () => world.plane['listeners'].get('web')!.size === 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await world.apply([], []);
  world.advance(1_001);
  await second.until('a reply', replied(503));
  origin.answer(0);
  await first.until('a reply', replied(200));
  world.advance(250);
  assert.deepEqual(world.leftovers(), {});
});

test('a connection is not kept longer than its endpoint says that it keeps it', async () => {
  let timeout = 0;
  await using origin = await hostileOrigin(async (connection) => {
    for (await connection.head(); connection.ending === null; await connection.head())
      connection.write(`HTTP/1.1 200 OK\r\nKeep-Alive: timeout=${timeout}\r\nContent-Length: 2\r\n\r\nok`);
  });
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`])]);
  const ask = async (): Promise<number> => {
    assert.match((await rawExchange(world.port, GET)).text, /^HTTP\/1\.1 200 /);
    return origin.connections.length;
  };
  assert.deepEqual([await ask(), await ask()], [1, 2], 'it keeps none');
  timeout = 60;
  assert.deepEqual([await ask(), await ask(), await ask()], [3, 3, 3]);
});

test('how long an endpoint keeps idle connections is measured from when they became idle, however long the last sweep is ago', async () => {
  const idleMs = 100;
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(OK);
    setTimeout(() => connection.reset(), idleMs);
  });
  const address = `127.0.0.1:${origin.port}`;
  await using world = await startServicePlane([servicePlan('web', [address])]);
  const pool = world.plane.service('web')!['pools'].get(world.endpointSlot('web', address)) as Pool;
  const limitMs = (): number => pool['keepAlive'].limitMs(world.plane.clock.now());
  for (let round = 0; round < 10 && limitMs() === Infinity; round++) {
    world.plane.sweep();
    await sleep(240 - round);
    assert.match((await rawExchange(world.port, GET)).text, /^HTTP\/1\.1 200 /);
    await eventually(2_000, 'it is closed', () => world.upstreamConnections() === 0);
  }
  assert.ok(limitMs() >= 0.7 * idleMs && limitMs() < 2 * idleMs, `${limitMs()}`);
});
