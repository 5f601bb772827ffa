/** Upgraded connections over real sockets: bytes, half-closes, silence, and ends on both sides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostileOrigin, hostileOrigin, type OriginConnection } from '../../../test/support/hostile-origin.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { type ServicePlane, startServicePlane } from '../../../test/support/service-plane.ts';
import { eventually } from '../../../test/support/waiting.ts';

const ASK = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n';

interface Opened extends AsyncDisposable {
  readonly world: ServicePlane;
  readonly client: RawClient;
  readonly origin: OriginConnection;
}

/** A tunnel; `extra` comes right behind the head of the one side or the other. */
async function open(extra: { readonly early?: string; readonly first?: string } = {}): Promise<Opened> {
  const server: HostileOrigin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(SWITCH + (extra.first ?? ''));
  });
  const world = await startServicePlane([servicePlan('web', [`127.0.0.1:${server.port}`])]);
  const client = await RawClient.open(world.port);
  client.write(ASK + (extra.early ?? ''));
  await client.until('101', (text) => text.includes('\r\n\r\n'));
  return {
    world,
    client,
    origin: server.connections[0]!,
    async [Symbol.asyncDispose]() {
      client.socket.destroy();
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The request is in flight as long as the tunnel is. */
async function ended({ world }: Opened): Promise<void> {
  await eventually(2_000, 'nothing is in flight', () => Object.keys(world.leftovers()).length === 0);
}

test('bytes pass both ways, those right behind the heads first', async () => {
  await using tunnel = await open({ early: 'early ', first: 'first ' });
  const { client, origin, world } = tunnel;
  client.write('up');
  origin.write('down');
  await origin.until((received) => received.endsWith('\r\n\r\nearly up'));
  await client.until('both', (text) => text.endsWith('\r\n\r\nfirst down'));
  assert.equal(world.table.inflight[0], 1);
  client.socket.end();
  origin.end();
  await ended(tunnel);
});

test('the client closes its side: the origin is told, and still heard', async () => {
  await using tunnel = await open();
  const { client, origin } = tunnel;
  client.write('last words');
  client.socket.end();
  await eventually(2_000, 'the origin is told', () => origin.ending === 'fin');
  assert(origin.received.endsWith('last words'));
  origin.write('an answer');
  await client.until('the answer', (text) => text.endsWith('an answer'));
  origin.end();
  assert.equal(await client.ended(), 'fin');
  await ended(tunnel);
});

test('the origin closes its side: the client is told, and still heard', async () => {
  await using tunnel = await open();
  const { client, origin } = tunnel;
  origin.write('last words');
  origin.end();
  assert.equal(await client.ended(), 'fin');
  assert(client.text.endsWith('last words'));
  client.write('an answer');
  await eventually(2_000, 'the origin hears it', () => origin.received.endsWith('an answer'));
  assert.equal(origin.ending, null, 'the origin is not told that the client ended');
  client.socket.end();
  await eventually(2_000, 'the origin is told', () => origin.ending === 'fin');
  await ended(tunnel);
});

test('silence ends it, each byte puts the end off', async () => {
  await using tunnel = await open();
  const { client, origin, world } = tunnel;
  world.advance(3_599_000);
  origin.write('x');
  await client.until('x', (text) => text.endsWith('x'));
  world.advance(3_599_000);
  assert.equal(client.ending, 'open');
  world.advance(2_000);
  assert.equal(await client.ended(), 'fin');
  await eventually(2_000, 'the origin is told', () => origin.ending !== null);
  await ended(tunnel);
});

test('bytes that the origin does not read keep no connection open for ever', async () => {
  await using tunnel = await open();
  const { client, origin, world } = tunnel;
  origin.socket.pause();
  const chunk = 'x'.repeat(64 * 1024);
  for (let count = 0; count < 256; count++) client.write(chunk);
  let before = -1;
  await eventually(2_000, 'the gateway holds bytes back', () => {
    const isStill = client.socket.writableLength === before;
    before = client.socket.writableLength;
    return isStill && before > 0 && before < 255 * chunk.length;
  });
  client.socket.resetAndDestroy(); // not noticed: who is held back is not read
  world.advance(3_600_001);
  assert.equal(world.table.inflight[0], 0);
  world.advance(30_001);
  await ended(tunnel);
  await eventually(2_000, 'nothing is watched any more', () => world.plane.sweeper['items'].length === 0);
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  await eventually(2_000, 'the only socket left is the one of the origin', () => sockets() === 1);
});

test('each side that resets ends the other', async () => {
  for (const side of ['client', 'origin'] as const) {
    await using tunnel = await open();
    const { client, origin } = tunnel;
    if (side === 'client') client.socket.resetAndDestroy();
    else origin.reset();
    if (side === 'client') await eventually(2_000, 'the origin is told', () => origin.ending !== null);
    else await client.ended();
    await ended(tunnel);
  }
});

test('an endpoint that leaves keeps its tunnels until they end', async () => {
  await using tunnel = await open();
  const { client, origin, world } = tunnel;
  await world.apply([servicePlan('web', [])]);
  client.write('up');
  await eventually(2_000, 'it is heard', () => origin.received.endsWith('up'));
  assert.equal(world.table.inflight[0], 1);
  client.socket.end();
  origin.end();
  await ended(tunnel);
});

test('a session that begins with an upgrade sticks, and its endpoint has answered well', async () => {
  await using server = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(SWITCH);
  });
  const affinity = {
    kind: 'cookie',
    name: 'sticky',
    secrets: ['0123456789abcdef'],
    maxAgeSeconds: null,
    path: '/',
    domain: null,
    secure: false,
    httpOnly: true,
    sameSite: 'lax',
    entriesMax: 100,
    ttlMs: 60_000,
  } as const;
  await using world = await startServicePlane([servicePlan('web', [`127.0.0.1:${server.port}`], { affinity })]);
  world.table.consecutive5xx[0] = 4;
  using client = await RawClient.open(world.port);
  const text = await client.ask(ASK, (reply) => reply.endsWith('\r\n\r\n'));
  assert.match(text, /^HTTP\/1\.1 101 [^]*\r\nSet-Cookie: sticky=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax\r\n/);
  assert.deepEqual([world.table.ended[0], world.table.failed[0], world.table.consecutive5xx[0]], [1, 0, 0]);
});

test('a tunnel is a connection of its service until it ends: the bound on them holds for it, too', async () => {
  await using server = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write(connection.index === 0 ? SWITCH : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const { limits } = servicePlan('x', []);
  await using world = await startServicePlane([
    servicePlan('web', [`127.0.0.1:${server.port}`], { limits: { ...limits, connectionsMax: 1 } }),
  ]);
  using client = await RawClient.open(world.port);
  await client.ask(ASK, (reply) => reply.endsWith('\r\n\r\n'));
  assert.equal(world.table.serviceConnections[0], 1);
  using other = await RawClient.open(world.port);
  other.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(2_000, 'it waits', () => world.table.inflight[0] === 2);
  assert.equal(server.connections.length, 1);
  client.socket.resetAndDestroy();
  await other.until('200', (text) => text.endsWith('ok'));
  assert.equal(world.table.serviceConnections[0], 1);
});
