/**
 * Everything at once, from a seed: replies, resets, truncation, silence, retries, second copies, upgrades, clients that leave at any moment, queues, and
 * changes of the plan under way. Afterwards every count of what is in flight is exactly 0 and no upstream connection is left. `STORM_SEED` repeats a run.
 */
import type { Algorithm } from '../../src/core/balancing/algorithm.ts';
import assert from 'node:assert/strict';
import { createServer, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import type { RoutePlan, ServicePlan } from '../../src/config/plan.ts';
import { type Random, randomInteger, seededRandom } from '../../src/base/random.ts';
import { freePort } from '../../src/io/ports.ts';
import { CUT, HEDGES, RETRIES, SHED } from '../../src/observe/metric-layout.ts';
import { servicePlan } from '../support/plans.ts';
import { routePlan, type ServicePlane, startServicePlane } from '../support/service-plane.ts';
import { eventually, within } from '../support/waiting.ts';

const CLIENTS = 24;
const REQUESTS_EACH = 25;
const SEEDS = process.env['STORM_SEED'] === undefined ? [1, 2, 3] : [Number(process.env['STORM_SEED'])];

/** Answers each request by chance: well, badly, late, never, or not at all. */
async function stormyOrigin(random: Random): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const isUpgrade = /\r\nupgrade:/i.test(text.slice(0, end));
        text = text.slice(end + 4);
        answer(socket, isUpgrade, random);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function answer(socket: Socket, isUpgrade: boolean, random: Random): void {
  const say = (text: string): void => void (socket.writable && socket.write(text));
  if (isUpgrade && random() < 0.8) return say('HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhello');
  switch (randomInteger(random, 14)) {
    case 0:
      return void (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());
    case 1:
      return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut');
    case 2:
      return say('HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy');
    case 3:
      return say('nonsense\r\n\r\n');
    case 4:
      return; // silence
    case 5:
      return void setTimeout(() => say('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'), 5 + random() * 40);
    case 6:
      return void socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    case 7:
      return say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    case 8:
      say('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
      return void setTimeout(() => say('0\r\n\r\n'), random() * 10);
    case 9:
      say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      return void setTimeout(() => socket.destroy(), random() * 5); // a kept connection that dies
    default:
      return say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  }
}

const REQUESTS = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /low HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /other HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
  'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nnot all of it',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nwrong\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nearly',
] as const;

/** One client's request: sends, listens for a while, and leaves in one of several ways. */
async function oneRequest(port: number, random: Random): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  let hasReply = false;
  const replied = new Promise<void>((resolve) => {
    socket.on('data', () => {
      hasReply = true;
      resolve();
    });
  });
  socket.on('error', () => {});
  const request = REQUESTS[randomInteger(random, REQUESTS.length)]!;
  const patience = random() < 0.3 ? random() * 10 : 20 + random() * 60;
  const way = random();
  socket.write(request);
  await Promise.race([closed, replied, sleep(patience)]);
  if (hasReply && way < 0.5) await Promise.race([closed, sleep(random() * 5)]);
  if (way < 0.3) socket.resetAndDestroy();
  else if (way < 0.6) socket.destroy();
  else socket.end();
  await Promise.race([closed, sleep(30)]);
  socket.destroy();
  await closed;
}

const ALGORITHMS: readonly Algorithm[] = ['p2c', 'round-robin', 'peak-ewma', 'least-connections', 'prequal', 'first-fit'];

/** A plan by chance: some of the endpoints, other bounds, another algorithm. */
function stormPlan(ports: readonly number[], random: Random): { readonly services: ServicePlan[]; readonly routes: RoutePlan[] } {
  const services = ['web', 'other'].map((name) => {
    const base = servicePlan(name, []);
    const chosen = ports.filter(() => random() < 0.75).map((port) => `127.0.0.1:${port}`);
    return servicePlan(name, chosen, {
      balance: { ...base.balance, algorithm: ALGORITHMS[randomInteger(random, ALGORITHMS.length)]! },
      pool: {
        ...base.pool,
        connectionsMax: 1 + randomInteger(random, 5),
        waitingMax: randomInteger(random, 8),
        waitTimeoutMs: 30,
        idleMax: randomInteger(random, 4),
      },
      retry: {
        ...base.retry,
        attempts: 3,
        on: ['connect', 'reset', 'timeout', '503'],
        backoffBaseMs: random() < 0.5 ? 0 : 4,
        backoffMaxMs: 8,
      },
      hedge: random() < 0.6 ? { percentile: 95, delayMinMs: 5, budgetShare: 1 } : null,
      limits: {
        ...base.limits,
        requestsMax: random() < 0.5 ? 0 : 6 + randomInteger(random, 8),
        connectionsMax: random() < 0.5 ? 0 : 4 + randomInteger(random, 6),
        retriesMax: random() < 0.5 ? 0 : 3,
        queueMax: randomInteger(random, 10),
        queueTimeoutMs: 40,
      },
    });
  });
  const timeouts = { exchangeMs: random() < 0.5 ? 0 : 120, responseHeaderMs: 60 };
  const routes = [routePlan('low', 'web', { path: { kind: 'prefix', path: '/low' }, shedPriority: 'low', timeouts })];
  const hasOther = random() < 0.6;
  if (hasOther) routes.push(routePlan('other', 'other', { path: { kind: 'prefix', path: '/other' }, timeouts }));
  routes.push(routePlan('all', 'web', { timeouts }));
  return { services: hasOther ? services : services.slice(0, 1), routes };
}

async function changing(world: ServicePlane, ports: readonly number[], random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { services, routes } = stormPlan(ports, random);
    await world.apply(services, routes);
    for (const { name } of services) world.table.hedgeDelayMs[world.serviceSlot(name)] = random() < 0.7 ? 5 : 0;
    await sleep(10 + random() * 30);
  }
}

/** What a storm must have had, by column of the service's counters. */
const KINDS = { upgrades: 1, '2xx': 2, '4xx': 4, '5xx': 5, cut: CUT, retries: RETRIES, hedges: HEDGES, shed: SHED };
const seen = new Map<string, number>();

for (const seed of SEEDS) {
  test(`after a storm nothing is in flight and no connection is left (seed ${seed})`, { timeout: 20_000 }, async () => {
    const random = seededRandom(seed);
    const origins = await Promise.all(Array.from({ length: 4 }, () => stormyOrigin(random)));
    const ports = [...origins.map(({ port }) => port), await freePort('127.0.0.1')]; // the last one refuses
    const { services, routes } = stormPlan(ports, random);
    await using world = await startServicePlane(services, routes, { random });
    const sweeping = setInterval(() => world.plane.sweep(), 10);
    let isOver = false;
    const changes = changing(world, ports, random, () => isOver);
    try {
      const clients = Array.from({ length: CLIENTS }, async () => {
        for (let count = 0; count < REQUESTS_EACH; count++) await oneRequest(world.port, random);
      });
      await within(10_000, `the storm is over (seed ${seed})`, Promise.all(clients));
      isOver = true;
      await changes;
      // Endpoints gone: their idle connections end, what is under way runs into its deadline.
      await world.apply(services.map((service) => ({ ...service, endpoints: [] })));
      await eventually(
        4_000,
        `nothing is in flight (seed ${seed}): ${JSON.stringify(world.leftovers())}`,
        () => Object.keys(world.leftovers()).length === 0,
      ).catch((error: Error) => assert.fail(`${error.message} now ${JSON.stringify(world.leftovers())}`));
      assert.equal(world.upstreamConnections(), 0, `upstream connections (seed ${seed})`);
      const listener = world.plane['listeners'].get('web')!;
      await eventually(4_000, `no client's connection is left (seed ${seed}): ${listener.size}`, () => listener.size === 0);
      const row = world.board.row('service', world.serviceSlot('web'));
      for (const [what, column] of Object.entries(KINDS)) seen.set(what, (seen.get(what) ?? 0) + row[column]!);
    } finally {
      isOver = true;
      clearInterval(sweeping);
      for (const origin of origins) origin.close();
    }
  });
}

test('the storms had everything in them', () => {
  for (const what of Object.keys(KINDS)) assert(seen.get(what)! > 0, `${what} were seen: ${JSON.stringify([...seen])}`);
});
