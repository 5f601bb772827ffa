/**
 * Everything at once at layer 4, from a seed: endpoints that reset, half close, flood, or never read; clients that do the same, with and without PROXY headers and
 * hellos; UDP sessions; endpoints that drain, go down and leave the plan, and listeners whose targets change. Afterwards every count is exactly 0 and no socket
 * is left. `STORM_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, randomInteger, seededRandom } from '../../src/base/random.ts';
import type { ListenerPlan, ServicePlan } from '../../src/config/plan.ts';
import { DOWN, DRAINING, MAINTENANCE } from '../../src/core/balancing/endpoint-table.ts';
import { StreamListener } from '../../src/gateway/layer4/stream-listener.ts';
import { freePort } from '../../src/io/ports.ts';
import { hello, serverName } from '../support/client-hello.ts';
import { datagramPlan, type Layer4Plane, startLayer4, streamPlan } from '../support/layer4-plane.ts';
import { servicePlan } from '../support/plans.ts';
import { eventually, within } from '../support/waiting.ts';

const CLIENTS = 24;
const CONNECTIONS_EACH = 25;
const SEEDS = process.env['STORM_SEED'] === undefined ? [1, 2, 3] : [Number(process.env['STORM_SEED'])];
const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 5432\r\n';
const BULK = Buffer.alloc(300_000, 'x');

interface Endpoint {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  close(): void;
}

/** Does one thing by chance with each connection, and another with each datagram. */
async function stormyEndpoint(random: Random): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    act(socket, random);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const datagrams = createSocket('udp4', (bytes, from) => {
    for (let answers = randomInteger(random, 3); answers > 0; answers--) datagrams.send(bytes, from.port, from.address);
  });
  datagrams.bind(port, '127.0.0.1');
  return {
    port,
    sockets,
    close() {
      server.close();
      datagrams.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Of either side. */
function act(socket: Socket, random: Random): void {
  const later = (what: () => void): void => void setTimeout(() => socket.destroyed || what(), random() * 20);
  const reset = (): void => void (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());
  switch (randomInteger(random, 10)) {
    case 0:
      return reset();
    case 1:
      return; // accepts, and never reads
    case 2:
      return void socket.resume().write(BULK, () => later(reset));
    case 3:
      return void socket.resume().end(BULK); // its end comes with bytes in flight
    case 4:
      return void socket.resume().end();
    case 5:
      socket.resume().write('hello');
      return later(() => socket.destroy());
    case 6:
      return void socket.resume().once('end', () => later(() => socket.end('bye')));
    case 7:
      return later(reset);
    default:
      return void socket.on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end());
  }
}

async function oneConnection(ports: readonly number[], random: Random): Promise<void> {
  const which = randomInteger(random, ports.length);
  const socket = connect({ port: ports[which]!, host: '127.0.0.1', allowHalfOpen: true });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  const begun = random();
  if (which === 1) socket.write(begun < 0.8 ? HEADER : 'PROX');
  if (which === 2) socket.write(begun < 0.8 ? hello(serverName(begun < 0.4 ? 'a.example' : 'nobody.example')) : 'nonsense');
  if (random() < 0.7) socket.write('what a client says');
  act(socket, random);
  await Promise.race([closed, sleep(random() * 60)]);
  if (random() < 0.5) socket.destroy();
  else if (!socket.destroyed && !socket.writableEnded) socket.resetAndDestroy();
  socket.destroy();
  await closed;
}

async function oneSession(port: number, random: Random): Promise<void> {
  const socket = createSocket('udp4').on('error', () => {});
  const sizes = [0, 1, 500, 9_000, 65_507];
  for (let count = 1 + randomInteger(random, 4); count > 0; count--) {
    socket.send(Buffer.alloc(sizes[randomInteger(random, sizes.length)]!), port, '127.0.0.1');
    await sleep(random() * 10);
  }
  socket.close();
}

function services(ports: readonly number[], random: Random): ServicePlan[] {
  return ['one', 'two'].map((name) => {
    const base = servicePlan(name, []);
    const chosen = ports.filter(() => random() < 0.75).map((port) => `127.0.0.1:${port}`);
    return servicePlan(name, chosen, {
      balance: { ...base.balance, algorithm: random() < 0.5 ? 'p2c' : 'ip-hash' },
      pool: { ...base.pool, connectTimeoutMs: 30 },
      retry: { ...base.retry, attempts: 3, on: ['connect'], backoffBaseMs: random() < 0.5 ? 0 : 4, backoffMaxMs: 8 },
      limits: {
        ...base.limits,
        requestsMax: random() < 0.5 ? 0 : 6 + randomInteger(random, 8),
        connectionsMax: random() < 0.5 ? 0 : 4 + randomInteger(random, 6),
        queueMax: randomInteger(random, 10),
        queueTimeoutMs: 40,
      },
    });
  });
}

function listeners(ports: readonly number[], random: Random): ListenerPlan[] {
  const to = random() < 0.5 ? 'one' : 'two';
  const bounds = { connectionsMax: 30, connectionsPerSourceMax: random() < 0.5 ? 0 : 8 };
  const timeouts = { handshakeMs: 40, idleMs: 60, halfClosedMs: 30 };
  const trusted = { version: 'any', trusted: ['127.0.0.1'], timeoutMs: 40 } as const;
  const targets = [{ serverNames: ['a.example'], services: [{ service: to, weight: 1 }] }];
  return [
    streamPlan('plain', ports[0]!, to, { ...bounds, timeouts }),
    streamPlan('proxied', ports[1]!, to, { ...bounds, timeouts, proxyProtocol: trusted }),
    streamPlan('named', ports[2]!, to, { ...bounds, timeouts, readsServerName: true, targets }),
    datagramPlan('datagrams', ports[3]!, to, { sessionMs: 50, sessionsMax: 20, answersMax: randomInteger(random, 3) }),
  ];
}

interface Places {
  readonly ports: readonly number[];
  readonly endpoints: readonly number[];
}

async function changing(world: Layer4Plane, { ports, endpoints }: Places, random: Random, isOver: () => boolean): Promise<void> {
  const states = [0, 0, DOWN, DRAINING, DRAINING | MAINTENANCE];
  while (!isOver()) {
    await world.apply(listeners(ports, random), services(endpoints, random));
    const endpoint = `127.0.0.1:${endpoints[randomInteger(random, endpoints.length)]!}`;
    world.setState('one', endpoint, states[randomInteger(random, states.length)]!);
    await sleep(10 + random() * 30);
  }
}

function sourcesOf(world: Layer4Plane): number {
  let count = 0;
  for (const listener of world.plane['listeners'].values()) if (listener instanceof StreamListener) count += listener['sources'].size;
  return count;
}

for (const seed of SEEDS) {
  test(`after a storm of connections nothing is in flight and no socket is left (seed ${seed})`, { timeout: 30_000 }, async () => {
    const random = seededRandom(seed);
    const stormy = await Promise.all(Array.from({ length: 3 }, () => stormyEndpoint(random)));
    const endpoints = [...stormy.map(({ port }) => port), await freePort('127.0.0.1')]; // the last one refuses
    const ports = await Promise.all(Array.from({ length: 4 }, () => freePort('127.0.0.1')));
    await using world = await startLayer4(listeners(ports, random), services(endpoints, random));
    const sweeping = setInterval(() => world.plane.sweep(), 10);
    let isOver = false;
    const changes = changing(world, { ports, endpoints }, random, () => isOver);
    try {
      const clients = Array.from({ length: CLIENTS }, async () => {
        for (let count = 0; count < CONNECTIONS_EACH; count++) {
          if (random() < 0.2) await oneSession(ports[3]!, random);
          else await oneConnection(ports.slice(0, 3), random);
        }
      });
      await within(15_000, `the storm is over (seed ${seed})`, Promise.all(clients));
      isOver = true;
      await changes;
      const open = (): number => [0, 1, 2, 3].reduce((sum, slot) => sum + world.board.connections(slot), 0);
      await eventually(4_000, `nobody is connected (seed ${seed})`, () => open() === 0);
      assert.deepEqual(world.leftovers(), {}, `seed ${seed}`);
      assert.equal(sourcesOf(world), 0, `sources (seed ${seed})`);
      for (const listener of world.plane['listeners'].values()) assert.equal(listener.size, 0, `${listener.plan.name} (seed ${seed})`);
      const sockets = stormy.flatMap((endpoint) => [...endpoint.sockets]);
      for (const socket of sockets) if (socket.readableEnded) socket.destroy(); // it was told, and says nothing
      for (const socket of sockets) socket.on('end', () => socket.destroy()).resume();
      await eventually(2_000, `no endpoint has a connection (seed ${seed})`, () => stormy.every((endpoint) => endpoint.sockets.size === 0));
    } finally {
      isOver = true;
      clearInterval(sweeping);
      for (const endpoint of stormy) endpoint.close();
    }
  });
}
