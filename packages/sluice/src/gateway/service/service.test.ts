/** What a service's limits learn, and who waits for it, over real sockets. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LimitsPlan, ServicePlan } from '../../config/plan.ts';
import { MAINTENANCE } from '../../core/balancing/endpoint-table.ts';
import { BREAKER_HALF_OPEN, BREAKER_OPEN, trialsGood, trialsLeft } from '../../core/limiting/breaker-trials.ts';
import { freePort } from '../../io/ports.ts';
import { type HostileOrigin, hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { rawExchange, statuses } from '../../../test/support/raw-exchange.ts';
import { routePlan, type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const { limits: LIMITS, retry: RETRY } = servicePlan('x', []);
const NO_RETRY = { retry: { ...RETRY, attempts: 1 } };

function limited(more: Partial<LimitsPlan>): Partial<ServicePlan> {
  return { limits: { ...LIMITS, ...more } };
}

/** Answers nothing by itself. */
function silentOrigin(): Promise<HostileOrigin> {
  return hostileOrigin(() => {});
}

function requests(origin: HostileOrigin): number {
  return origin.connections.reduce((sum, { received }) => sum + received.split('\r\n\r\n').length - 1, 0);
}

function replied(status: number): (text: string) => boolean {
  return (text) => statuses(text).at(-1) === status;
}

/** What the breaker and the adaptive limit have been told: exchanges ended, and those that failed. */
function told(world: ServicePlane): readonly [ended: number, failed: number] {
  return [world.table.serviceEnded[0]!, world.table.serviceFailed[0]!];
}

async function ask(world: ServicePlane, request = GET): Promise<RawClient> {
  const client = await RawClient.open(world.port);
  client.write(request);
  return client;
}

/** Resolves when the gateway has dealt with everything that was written to it before. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 25));
}

describe('a client cannot make the service look as if it failed', () => {
  test('with a body that is not what it says', async () => {
    await using origin = await silentOrigin();
    await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`])]);
    using client = await ask(world, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    client.write('nonsense\r\n');
    await client.until('400', replied(400));
    assert.deepEqual(told(world), [0, 0]);
    assert.deepEqual(world.leftovers(), {});
  });

  test('by sending its body too slowly', async () => {
    await using origin = await silentOrigin();
    await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`])]);
    using client = await ask(world, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    world.advance(30_001);
    await client.until('408', replied(408));
    assert.deepEqual(told(world), [0, 0]);
  });

  test('by leaving', async () => {
    await using origin = await silentOrigin();
    await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`])]);
    using client = await ask(world);
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    client.socket.destroy();
    await eventually(2_000, 'it is over', () => world.table.inflight[0] === 0);
    assert.deepEqual(told(world), [0, 0]);
  });

  test('with an upgraded connection that says nothing', async () => {
    await using origin = await silentOrigin();
    await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`])]);
    using client = await ask(world, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    origin.connections[0]!.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    await client.until('101', replied(101));
    world.advance(3_600_001);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(told(world), [1, 0]);
    assert.deepEqual(world.leftovers(), {});
  });
});

test('what Sluice refuses itself says nothing about the service', async () => {
  await using origin = await silentOrigin();
  const pool = { ...servicePlan('x', []).pool, connectionsMax: 1, waitingMax: 0 };
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], { pool })]);
  using _first = await ask(world);
  await eventually(2_000, 'it is there', () => requests(origin) === 1);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [503]);
  assert.deepEqual(told(world), [0, 0]);
});

test('replies and failures are counted once per exchange, however many attempts it took', async () => {
  const refused = await freePort('127.0.0.1');
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(connection.index === 0 ? OK : 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');
    connection.end();
  });
  const balance = { ...servicePlan('x', []).balance, algorithm: 'first-fit' } as const;
  const service = servicePlan('web', [`127.0.0.1:${refused}`, `127.0.0.1:${origin.port}`], { balance });
  await using world = await startServicePlane([service]);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [200]);
  assert.deepEqual(told(world), [1, 0]);
  assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [500]);
  assert.deepEqual(told(world), [2, 1]);
  assert.deepEqual([world.table.ended[0], world.table.failed[0], world.table.ended[1], world.table.failed[1]], [2, 2, 2, 1]);
});

test('an endpoint that is silent until the deadline of the exchange has failed, as one that answers too late has', async () => {
  await using origin = await silentOrigin();
  const outlier = {
    consecutive5xx: 5,
    consecutiveGatewayErrors: 2,
    consecutiveLocalErrors: 5,
    intervalMs: 1_000,
    baseEjectionMs: 1_000,
    maxEjectionMs: 10_000,
    maxEjectedShare: 1,
    successRate: null,
    latency: null,
  };
  const service = servicePlan('web', [`127.0.0.1:${origin.port}`], { ...NO_RETRY, outlier });
  const route = routePlan('all', 'web', { timeouts: { exchangeMs: 1_000, responseHeaderMs: 60_000 } });
  await using world = await startServicePlane([service], [route]);
  for (let count = 1; count <= 2; count++) {
    using client = await ask(world);
    await eventually(2_000, 'it is there', () => requests(origin) === count);
    world.advance(1_001);
    await client.until('504', replied(504));
    assert.deepEqual(told(world), [count, count]);
  }
  assert.equal(world.table.consecutiveGateway[0], 2);
  assert.deepEqual(
    world.said.filter(({ type }) => type === 'suspect'),
    [{ type: 'suspect', service: 0, endpoint: 0 }],
  );
});

describe('a breaker that is half open', () => {
  async function halfOpen(origin: HostileOrigin, trials: number): Promise<ServicePlane> {
    const world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], NO_RETRY)]);
    world.table.breakerState[0] = BREAKER_HALF_OPEN;
    world.table.breakerTrials[0] = trials;
    return world;
  }

  test('lets as many in as there are trials', async () => {
    await using origin = await silentOrigin();
    await using world = await halfOpen(origin, 1);
    using trial = await ask(world);
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    assert.deepEqual(statuses((await rawExchange(world.port, GET)).text), [503]);
    origin.connections[0]!.write(OK);
    await trial.until('200', replied(200));
    assert.equal(trialsGood(world.table.breakerTrials[0]!), 1);
  });

  test('opens when a trial fails', async () => {
    await using origin = await silentOrigin();
    await using world = await halfOpen(origin, 5);
    using trial = await ask(world);
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    origin.connections[0]!.reset();
    await trial.until('502', replied(502));
    assert.equal(world.table.breakerState[0], BREAKER_OPEN);
  });

  test('takes an upgrade that the origin accepts for a good trial at once, however long it stays', async () => {
    await using origin = await silentOrigin();
    await using world = await halfOpen(origin, 1);
    using trial = await ask(world, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    origin.connections[0]!.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    await trial.until('101', replied(101));
    assert.equal(trialsGood(world.table.breakerTrials[0]!), 1);
    assert.deepEqual(told(world), [1, 0]);
    trial.socket.resetAndDestroy();
    await eventually(2_000, 'it is over', () => world.table.inflight[0] === 0);
    assert.deepEqual([told(world), trialsGood(world.table.breakerTrials[0]!)], [[1, 0], 1], 'counted once');
  });

  test('learns nothing from a trial whose client left', async () => {
    await using origin = await silentOrigin();
    await using world = await halfOpen(origin, 2);
    using trial = await ask(world);
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    trial.socket.destroy();
    await eventually(2_000, 'it is over', () => world.table.inflight[0] === 0);
    assert.equal(world.table.breakerState[0], BREAKER_HALF_OPEN);
    assert.deepEqual([trialsLeft(world.table.breakerTrials[0]!), trialsGood(world.table.breakerTrials[0]!)], [1, 0]);
  });
});

describe('the queue', () => {
  test('who waits goes before who comes, when both see the same room', async () => {
    await using origin = await silentOrigin();
    const service = servicePlan('web', [`127.0.0.1:${origin.port}`], limited({ requestsMax: 1, queueMax: 10, queueTimeoutMs: 10_000 }));
    await using world = await startServicePlane([service]);
    using first = await ask(world, 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    using waiting = await ask(world, 'GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n');
    using newcomer = await RawClient.open(world.port);
    await quiet();
    // In one turn of the gateway's loop: the reply that makes room, and the newcomer's request.
    origin.connections[0]!.write(OK);
    newcomer.write('GET /newcomer HTTP/1.1\r\nHost: a\r\n\r\n');
    await first.until('200', replied(200));
    await eventually(2_000, 'the next is there', () => requests(origin) === 2);
    assert(origin.connections[0]!.received.includes('/waiting'));
    origin.connections[0]!.write(OK);
    await waiting.until('200', replied(200));
    await eventually(2_000, 'the next is there', () => requests(origin) === 3);
    origin.connections[0]!.write(OK);
    await newcomer.until('200', replied(200));
    assert.deepEqual(world.leftovers(), { 'serviceConnections[0]': 1, 'serviceConnectionsByWorker[0]': 1 });
  });

  test('room that another worker made is seen at the next sweep', async () => {
    await using origin = await silentOrigin();
    const service = servicePlan('web', [`127.0.0.1:${origin.port}`], limited({ requestsMax: 1, queueMax: 10, queueTimeoutMs: 10_000 }));
    await using world = await startServicePlane([service]);
    Atomics.add(world.table.serviceInflight, 0, 1);
    using client = await ask(world);
    await quiet();
    assert.equal(requests(origin), 0);
    Atomics.sub(world.table.serviceInflight, 0, 1);
    world.advance(250);
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    origin.connections[0]!.write(OK);
    await client.until('200', replied(200));
  });

  test('a client that leaves gives its place up; one that is displaced is refused; neither is counted', async () => {
    await using origin = await silentOrigin();
    const service = servicePlan('web', [`127.0.0.1:${origin.port}`], limited({ requestsMax: 1, queueMax: 1, queueTimeoutMs: 10_000 }));
    const routes = [routePlan('high', 'web', { path: { kind: 'prefix', path: '/high' }, shedPriority: 'high' }), routePlan('all', 'web')];
    await using world = await startServicePlane([service], routes);
    using first = await ask(world, 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    using displaced = await ask(world);
    await quiet();
    using leaving = await ask(world, 'GET /high HTTP/1.1\r\nHost: a\r\n\r\n');
    await displaced.until('503', replied(503));
    leaving.socket.destroy();
    await quiet();
    using last = await ask(world, 'GET /last HTTP/1.1\r\nHost: a\r\n\r\n');
    await quiet();
    origin.connections[0]!.write(OK);
    await first.until('200', replied(200));
    await eventually(2_000, 'the last is there', () => origin.connections[0]!.received.includes('/last'));
    origin.connections[0]!.write(OK);
    await last.until('200', replied(200));
    assert.deepEqual(told(world), [2, 0]);
  });

  test('a changed limit holds at once, for those who wait already, too', async () => {
    await using origin = await silentOrigin();
    const service = (more: Partial<LimitsPlan>): ServicePlan =>
      servicePlan('web', [`127.0.0.1:${origin.port}`], limited({ requestsMax: 1, queueMax: 1, queueTimeoutMs: 60_000, ...more }));
    await using world = await startServicePlane([service({})]);
    using _first = await ask(world);
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    using waiting = await ask(world);
    await quiet();
    await world.apply([service({ queueMax: 2, queueTimeoutMs: 1_000 })]);
    using second = await ask(world);
    await quiet();
    assert.equal(second.text, '', 'there is a place for it now');
    using third = await ask(world);
    await third.until('503', replied(503));
    world.advance(1_001);
    await waiting.until('503', replied(503));
    await second.until('503', replied(503));
  });

  test('a long queue whose endpoints all go into maintenance is told so, without a deep stack', async () => {
    const length = 3_000;
    await using origin = await silentOrigin();
    const service = servicePlan('web', [`127.0.0.1:${origin.port}`], limited({ requestsMax: 1, queueMax: length, queueTimeoutMs: 60_000 }));
    await using world = await startServicePlane([service]);
    using first = await ask(world, 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(2_000, 'it is there', () => requests(origin) === 1);
    const queue = world.plane['services'].get('web')!['gate'].queue;
    const clients = await Promise.all(Array.from({ length }, () => ask(world)));
    await eventually(5_000, 'all wait', () => queue.size === length);
    world.table.state[0] = MAINTENANCE;
    Atomics.add(world.table.epoch, 0, 1);
    origin.connections[0]!.write(OK);
    await first.until('200', replied(200));
    await Promise.all(clients.map((client) => client.until('503', replied(503))));
    for (const client of clients) client.socket.destroy();
    assert.equal(queue.size, 0);
    assert.equal(world.table.serviceInflight[0], 0);
  });
});
