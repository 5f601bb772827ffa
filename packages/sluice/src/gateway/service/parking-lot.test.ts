/** Requests that wait for an instance, over real sockets, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { ParkingPlan } from '../../config/fleet-plan.ts';
import type { RoutePlan, ServicePlan } from '../../config/plan.ts';
import { DOWN } from '../../core/balancing/endpoint-table.ts';
import { PARKED, SHED, WAITED, WAITED_SUM } from '../../observe/metric-layout.ts';
import { freePort } from '../../io/ports.ts';
import { type HostileOrigin, hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { statuses } from '../../../test/support/raw-exchange.ts';
import { routePlan, type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const PARKING: ParkingPlan = { requestsMax: 100, bytesMax: 1_000_000, waitMs: 30_000 };
const { limits: LIMITS, retry: RETRY } = servicePlan('x', []);

/** A service of these endpoints whose requests wait. */
function parking(ports: readonly number[], more: Partial<ServicePlan> = {}, bounds: Partial<ParkingPlan> = {}): ServicePlan {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  return servicePlan('web', addresses, { parking: { ...PARKING, ...bounds }, ...more });
}

function bounded(plan: ServicePlan, requestsMax: number): ServicePlan {
  return { ...plan, endpoints: plan.endpoints.map((endpoint) => ({ ...endpoint, requestsMax })) };
}

interface Held extends HostileOrigin {
  /** Paths of the requests that came, in their order. */
  readonly asked: string[];
  /** Answers the oldest request that has no answer. @returns False when there is none. */
  answer(): boolean;
}

/** An origin that answers when it is told to. */
async function heldOrigin(): Promise<Held> {
  const asked: string[] = [];
  const open: (() => void)[] = [];
  const origin = await hostileOrigin(async (connection) => {
    for (let index = 0; ; index++) {
      await connection.head();
      if (connection.ending !== null) return;
      const path = connection.received.split('\r\n\r\n')[index]!.split(' ')[1]!;
      asked.push(path);
      open.push(() => connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`));
    }
  });
  return Object.assign(origin, {
    asked,
    answer: () => {
      const next = open.shift();
      next?.();
      return next !== undefined;
    },
  });
}

/** An origin that answers each request with its path. */
async function echoOrigin(): Promise<HostileOrigin & { readonly asked: string[] }> {
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
  return Object.assign(origin, { asked });
}

function parked(world: ServicePlane): number {
  return world.table.serviceParked[0]!;
}

async function ask(world: ServicePlane, path: string): Promise<RawClient> {
  const client = await RawClient.open(world.port);
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return client;
}

/** One after the other, so that their order is known. */
async function park(world: ServicePlane, paths: readonly string[]): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (const path of paths) {
    const before = parked(world);
    clients.push(await ask(world, path));
    await eventually(2_000, `${path} is parked`, () => parked(world) === before + 1);
  }
  return clients;
}

async function replied(client: RawClient, status: number, body = ''): Promise<void> {
  await client.until(`${status} ${body}`, (text) => statuses(text).at(-1) === status && text.endsWith(body));
}

function messages(world: ServicePlane): number {
  return world.said.filter(({ type }) => type === 'parked').length;
}

/** What the service's row says of a column. */
function counted(world: ServicePlane, column: number): number {
  return world.board.row('service', 0)[column]!;
}

function close(clients: readonly RawClient[]): void {
  for (const { socket } of clients) socket.destroy();
}

describe('a request that finds nobody', () => {
  test('waits for an instance and is answered by it as soon as the plan has one, without a sweep', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([])]);
    const clients = await park(world, ['/1', '/2', '/3']);
    assert.deepEqual(world.said, [{ type: 'parked', service: 0 }]);
    assert(world.table.serviceParkedBytes[0]! > 3 * 'GET / HTTP/1.1'.length);
    await world.apply([parking([origin.port])]);
    for (const [index, client] of clients.entries()) await replied(client, 200, `/${index + 1}`);
    assert.equal(world.table.serviceParkedTotal[0], 3);
    assert.equal(world.table.serviceWaited[0], 3);
    assert(world.table.serviceWaitSum[0]! > 0);
    assert.deepEqual([counted(world, PARKED), counted(world, WAITED)], [3, 3]);
    assert(counted(world, WAITED_SUM) > 0);
    assert.deepEqual([counted(world, SHED), world.table.serviceShed[0]], [0, 0]);
    close(clients);
    await eventually(2_000, 'nothing is left', () => world.table.serviceInflight[0] === 0);
    for (const name of Object.keys(world.leftovers())) assert.match(name, /^serviceConnections/);
  });

  test('is refused at once where nobody is parked, and where nobody may be', async () => {
    await using world = await startServicePlane([servicePlan('web', [])]);
    const first = await ask(world, '/');
    await replied(first, 503);
    assert.match(first.text, /\r\nRetry-After: 1\r\n/);
    await world.apply([parking([], {}, { requestsMax: 0 })]);
    const second = await ask(world, '/');
    await replied(second, 503);
    assert.deepEqual([messages(world), world.table.serviceParkedTotal[0]], [0, 0]);
    close([first, second]);
  });

  test('waits while all that there are are down, and goes on when one is up', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([origin.port], { panicThreshold: 0 })]);
    const setState = (bits: number): void => {
      world.table.state[0] = bits;
      Atomics.add(world.table.epoch, 0, 1);
    };
    setState(DOWN);
    const clients = await park(world, ['/a']);
    world.advance(300);
    assert.equal(parked(world), 1);
    setState(0);
    world.advance(300);
    await replied(clients[0]!, 200, '/a');
    close(clients);
  });

  test('is told of once a second while it waits', async () => {
    await using world = await startServicePlane([parking([])]);
    const clients = await park(world, ['/1', '/2']);
    assert.equal(messages(world), 1);
    world.advance(500);
    world.advance(499);
    await new Promise(setImmediate);
    world.advance(100);
    await eventually(2_000, 'it is said again', () => messages(world) === 2);
    close(clients);
    await eventually(2_000, 'they are gone', () => parked(world) === 0);
    world.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(messages(world), 2, 'nobody waits');
    assert.deepEqual(world.leftovers(), {});
  });

  test('and whose client leaves, leaves', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([])]);
    const clients = await park(world, ['/1', '/2', '/3']);
    clients[1]!.socket.destroy();
    await eventually(2_000, 'it is gone', () => parked(world) === 2);
    await world.apply([parking([origin.port])]);
    await replied(clients[0]!, 200, '/1');
    await replied(clients[2]!, 200, '/3');
    assert.deepEqual(origin.asked.toSorted(), ['/1', '/3']);
    close(clients);
  });

  test('is refused when its service is taken away, or parks nobody any more', async () => {
    await using world = await startServicePlane([parking([])]);
    const [first] = await park(world, ['/1']);
    await world.apply([servicePlan('web', [])]);
    await replied(first!, 503);
    await world.apply([parking([])]);
    const [second] = await park(world, ['/2']);
    await world.apply([servicePlan('other', [])]);
    await replied(second!, 503);
    assert.equal(world.table.serviceShed[0], 0, 'that is no overload');
    assert.deepEqual(world.leftovers(), {});
    close([first!, second!]);
  });

  test('keeps the deadline of its route', async () => {
    const routes: RoutePlan[] = [routePlan('all', 'web', { timeouts: { exchangeMs: 2_000, responseHeaderMs: 1_000 } })];
    await using world = await startServicePlane([parking([])], routes);
    const clients = await park(world, ['/1']);
    world.advance(1_900);
    assert.equal(parked(world), 1);
    world.advance(200);
    await replied(clients[0]!, 504);
    assert.deepEqual(world.leftovers(), {});
    close(clients);
  });
});

describe('bounds', () => {
  test('of the number: one more is refused, and counts as shed', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([], {}, { requestsMax: 2 })]);
    const clients = await park(world, ['/1', '/2']);
    const third = await ask(world, '/3');
    await replied(third, 503);
    assert.match(third.text, /\r\nRetry-After: 1\r\n/);
    assert.deepEqual([world.table.serviceShed[0], counted(world, SHED)], [1, 1]);
    await world.apply([parking([origin.port], {}, { requestsMax: 2 })]);
    await replied(clients[1]!, 200, '/2');
    close([...clients, third]);
  });

  test('of the number hold over all workers', async () => {
    await using world = await startServicePlane([parking([], {}, { requestsMax: 5 })]);
    world.table.serviceParked[0] = 5; // another worker's
    const client = await ask(world, '/1');
    await replied(client, 503);
    close([client]);
  });

  test('of the bytes: content that comes later counts, and whoever goes over the bound is refused', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([], {}, { bytesMax: 2_000 })]);
    const [small] = await park(world, ['/small']);
    using big = await RawClient.open(world.port);
    big.write('POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n');
    await eventually(2_000, 'it is parked', () => parked(world) === 2);
    const before = world.table.serviceParkedBytes[0]!;
    big.write('x'.repeat(1_000));
    await eventually(2_000, 'its content counts', () => world.table.serviceParkedBytes[0] === before + 1_000);
    big.write('x'.repeat(1_000));
    await replied(big, 503);
    assert.equal(world.table.serviceShed[0], 1);
    await world.apply([parking([origin.port], {}, { bytesMax: 2_000 })]);
    await replied(small!, 200, '/small');
    assert.deepEqual(origin.asked, ['/small']);
    close([small!]);
  });

  test('of the time: 503 with Retry-After', async () => {
    await using world = await startServicePlane([parking([], {}, { waitMs: 10_000 })]);
    const clients = await park(world, ['/1']);
    world.advance(9_900);
    assert.equal(parked(world), 1);
    world.advance(200);
    await replied(clients[0]!, 503);
    assert.match(clients[0]!.text, /\r\nRetry-After: 1\r\n/);
    assert.deepEqual([world.table.serviceShed[0], world.table.serviceWaited[0]], [1, 0]);
    assert.deepEqual(world.leftovers(), {});
    close(clients);
  });

  test('content is read up to 64 KiB while its request waits, is not late meanwhile, and arrives whole', async () => {
    const length = 1_000_000;
    let received = 0;
    await using origin = await hostileOrigin(async (connection) => {
      await connection.until((text) => text.length >= length && text.endsWith('END'));
      received = connection.received.length;
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nthx!');
    });
    await using world = await startServicePlane([parking([], {}, { waitMs: 300_000 })]);
    using client = await RawClient.open(world.port);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
    client.write('x'.repeat(length - 3));
    client.write('END');
    await eventually(2_000, 'some is held', () => world.table.serviceParkedBytes[0]! > 64 * 1024);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert(world.table.serviceParkedBytes[0]! < 256 * 1024, `${world.table.serviceParkedBytes[0]} bytes are held`);
    for (let index = 0; index < 5; index++) world.advance(31_000);
    assert.equal(parked(world), 1);
    await world.apply([parking([origin.port], {}, { waitMs: 300_000 })]);
    await replied(client, 200, 'thx!');
    assert(received > length);
  });
});

describe('order', () => {
  test('first come, first served, and high priority before', async () => {
    await using origin = await heldOrigin();
    const routes = [
      routePlan('high', 'web', { path: { kind: 'prefix', path: '/high' }, shedPriority: 'high', priority: 1 }),
      routePlan('all', 'web'),
    ];
    await using world = await startServicePlane([parking([])], routes);
    const clients = await park(world, ['/1', '/2', '/high', '/3']);
    await world.apply([bounded(parking([origin.port]), 1)], routes);
    for (const asked of [['/high'], ['/high', '/1'], ['/high', '/1', '/2'], ['/high', '/1', '/2', '/3']]) {
      await eventually(2_000, asked.join(' '), () => origin.asked.length === asked.length);
      assert.deepEqual(origin.asked, asked);
      origin.answer();
    }
    for (const client of clients) await client.until('200', (text) => statuses(text).at(-1) === 200);
    close(clients);
  });

  test('no endpoint gets more than its bound, and every one as many as it takes', async () => {
    await using left = await heldOrigin();
    await using right = await heldOrigin();
    await using world = await startServicePlane([parking([])]);
    const paths = Array.from({ length: 9 }, (_, index) => `/${index}`);
    const clients = await park(world, paths);
    await world.apply([bounded(parking([left.port, right.port]), 2)]);
    await eventually(2_000, 'both are full', () => left.asked.length + right.asked.length === 4);
    let answered = 0;
    while (answered < 9) {
      const { inflight } = world.table;
      assert(inflight[0]! <= 2 && inflight[1]! <= 2, `${inflight[0]} and ${inflight[1]}`);
      for (const origin of [left, right]) while (origin.answer()) answered++;
      await new Promise(setImmediate);
    }
    for (const [index, client] of clients.entries()) await replied(client, 200, paths[index]);
    close(clients);
  });

  test('who waits goes before who comes', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([bounded(parking([origin.port]), 1)]);
    const first = await ask(world, '/first');
    await eventually(2_000, 'it is there', () => origin.asked.length === 1);
    const waiting = await park(world, ['/second']);
    // The endpoint's room and the newcomer come in one turn of the event loop.
    const newcomer = await RawClient.open(world.port);
    origin.answer();
    newcomer.write('GET /third HTTP/1.1\r\nHost: a\r\n\r\n');
    await replied(first, 200, '/first');
    await eventually(2_000, 'the next is there', () => origin.asked.length === 2);
    assert.equal(origin.asked[1], '/second');
    origin.answer();
    await eventually(2_000, 'the last is there', () => origin.asked.length === 3);
    origin.answer();
    await replied(newcomer, 200, '/third');
    close([first, newcomer, ...waiting]);
  });

  test("the service's own bound holds for those who have waited, and its queue is for others", async () => {
    await using origin = await heldOrigin();
    const limits = { ...LIMITS, requestsMax: 2, queueMax: 1, queueTimeoutMs: 60_000 };
    await using world = await startServicePlane([parking([], { limits })]);
    const clients = await park(world, ['/1', '/2', '/3', '/4', '/5']);
    await world.apply([parking([origin.port], { limits })]);
    for (let index = 0; index < 5; index++) {
      await eventually(2_000, 'as many as may', () => origin.asked.length === Math.min(5, index + 2));
      assert(world.table.serviceInflight[0]! <= 2);
      origin.answer();
    }
    for (const [index, client] of clients.entries()) await replied(client, 200, `/${index + 1}`);
    assert.equal(world.table.serviceShed[0], 0);
    close(clients);
  });

  test('who waits for a connection goes before who waits for an instance: nobody is refused for want of one', async () => {
    await using origin = await heldOrigin();
    const pool = { ...servicePlan('x', []).pool, connectionsMax: 1, waitingMax: 1, waitTimeoutMs: 60_000 };
    await using world = await startServicePlane([parking([], { pool })]);
    const paths = ['/1', '/2', '/3', '/4', '/5'];
    const clients = await park(world, paths);
    await world.apply([parking([origin.port], { pool })]);
    for (const [index, path] of paths.entries()) {
      await eventually(2_000, path, () => origin.asked.length === index + 1);
      origin.answer();
      await replied(clients[index]!, 200, path);
    }
    close(clients);
  });

  test('who waits for room when the service is paused waits on', async () => {
    await using origin = await heldOrigin();
    const limits = { ...LIMITS, requestsMax: 1, queueMax: 5, queueTimeoutMs: 60_000 };
    await using world = await startServicePlane([parking([origin.port], { limits })]);
    const first = await ask(world, '/1');
    await eventually(2_000, 'it is there', () => origin.asked.length === 1);
    const second = await ask(world, '/2');
    await eventually(2_000, 'it is queued', () => world.table.serviceQueued[0] === 1);
    await world.apply([parking([origin.port], { limits, isPaused: true })]);
    origin.answer();
    await eventually(2_000, 'it is parked', () => parked(world) === 1);
    assert.equal(origin.asked.length, 1);
    close([first, second]);
  });

  test('who waits for room is counted, and waits for an instance when the last one goes', async () => {
    await using origin = await heldOrigin();
    const limits = { ...LIMITS, requestsMax: 1, queueMax: 5, queueTimeoutMs: 60_000 };
    await using world = await startServicePlane([parking([origin.port], { limits })]);
    const first = await ask(world, '/1');
    await eventually(2_000, 'it is there', () => origin.asked.length === 1);
    const second = await ask(world, '/2');
    await eventually(2_000, 'it is queued', () => world.table.serviceQueued[0] === 1);
    await world.apply([parking([], { limits })]);
    origin.answer();
    await replied(first, 200, '/1');
    await eventually(2_000, 'it is parked', () => parked(world) === 1);
    assert.equal(world.table.serviceQueued[0], 0);
    await world.apply([parking([origin.port], { limits })]);
    await eventually(2_000, 'it is there', () => origin.asked.length === 2);
    origin.answer();
    await replied(second, 200, '/2');
    close([first, second]);
  });
});

describe('a paused service', () => {
  test('finishes what it has, lets nobody in, wakes nobody, and goes on in order', async () => {
    await using origin = await heldOrigin();
    await using world = await startServicePlane([parking([origin.port])]);
    const first = await ask(world, '/1');
    await eventually(2_000, 'it is there', () => origin.asked.length === 1);
    await world.apply([parking([origin.port], { isPaused: true })]);
    const waiting = await park(world, ['/2', '/3']);
    origin.answer();
    await replied(first, 200, '/1');
    world.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(origin.asked, ['/1']);
    assert.equal(messages(world), 0);
    await world.apply([bounded(parking([origin.port]), 1)]);
    for (const path of ['/2', '/3']) {
      await eventually(2_000, path, () => origin.asked.at(-1) === path);
      origin.answer();
    }
    await replied(waiting[1]!, 200, '/3');
    close([first, ...waiting]);
  });

  test('refuses where nobody may wait', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${origin.port}`], { isPaused: true })]);
    const client = await ask(world, '/');
    await replied(client, 503);
    assert.deepEqual(origin.asked, []);
    close([client]);
  });

  test('that is resumed without an instance asks for one', async () => {
    await using world = await startServicePlane([parking([], { isPaused: true })]);
    const clients = await park(world, ['/1']);
    assert.equal(messages(world), 0);
    await world.apply([parking([])]);
    await eventually(2_000, 'it is said', () => messages(world) === 1);
    close(clients);
  });
});

describe('a worker that leaves', () => {
  test('hears of instances, so that those who wait are served, and then it is done', async () => {
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([])]);
    const clients = await park(world, ['/1', '/2']);
    const drained = world.plane.drain(5_000, 0);
    await world.apply([parking([origin.port])]);
    await replied(clients[0]!, 200, '/1');
    await replied(clients[1]!, 200, '/2');
    close(clients);
    assert.equal(await drained, 0);
  });

  test('refuses them when its time is over', async () => {
    await using world = await startServicePlane([parking([])]);
    const clients = await park(world, ['/1']);
    const drained = world.plane.drain(50, 0);
    await replied(clients[0]!, 503);
    await drained;
    assert.deepEqual(world.leftovers(), {});
    close(clients);
  });
});

describe('a request whose only endpoint fails', () => {
  test('before it got there waits for another one', async () => {
    const refused = await freePort('127.0.0.1');
    await using origin = await echoOrigin();
    await using world = await startServicePlane([parking([refused])]);
    const client = await ask(world, '/again');
    await eventually(2_000, 'it is parked', () => parked(world) === 1);
    await world.apply([parking([refused, origin.port])]);
    await replied(client, 200, '/again');
    close([client]);
    await eventually(2_000, 'nothing is left', () => world.table.serviceRetries[0] === 0);
  });

  test('is sent to the same one after a while, within its attempts', async () => {
    const port = await freePort('127.0.0.1');
    await using world = await startServicePlane([parking([port], { retry: { ...RETRY, attempts: 2 } })]);
    const client = await ask(world, '/');
    await eventually(2_000, 'it is parked', () => parked(world) === 1);
    world.advance(500);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(parked(world), 1);
    world.advance(600);
    await replied(client, 502);
    close([client]);
    assert.equal(parked(world), 0);
  });

  test('gets its reply, if there is one', async () => {
    await using origin = await hostileOrigin('HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno');
    await using world = await startServicePlane([parking([origin.port], { retry: { ...RETRY, on: ['503'] } })]);
    const client = await ask(world, '/');
    await replied(client, 503, 'no');
    close([client]);
  });
});

test('thousands wait and are let go little by little, each once', async () => {
  await using origin = await echoOrigin();
  const bounds = { requestsMax: 3_000 };
  const pool = { ...servicePlan('x', []).pool, connectionsMax: 5_000 };
  await using world = await startServicePlane([parking([], { pool }, bounds)]);
  const sockets = Array.from({ length: 2_000 }, (_, index) => {
    const socket = connect(world.port, '127.0.0.1', () => socket.write(`GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`));
    return socket.on('error', () => {});
  });
  let answered = 0;
  for (const socket of sockets) socket.on('data', (bytes: Buffer) => (answered += bytes.includes(' 200 ') ? 1 : 0));
  await eventually(10_000, 'all are parked', () => parked(world) === 2_000);
  await world.apply([parking([origin.port], { pool }, bounds)]);
  await eventually(10_000, 'all are answered', () => answered === sockets.length);
  assert.equal(new Set(origin.asked).size, 2_000);
  assert.deepEqual([parked(world), world.table.serviceParkedBytes[0]], [0, 0]);
  for (const socket of sockets) socket.destroy();
});
