/** Upgrades through the real program: what passes, what does not, and how tunnels end. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type HostileOrigin, hostileOrigin } from '../support/hostile-origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { eventually } from '../support/waiting.ts';

let origin: HostileOrigin;
let gateway: Gateway;

const ask = (path: string, upgrade = 'chat', more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade${more}\r\nUpgrade: ${upgrade}\r\n\r\n`;

before(async () => {
  origin = await hostileOrigin(async (connection) => {
    await connection.head();
    const isAsked = /\r\nupgrade:/i.test(connection.received);
    if (isAsked) return connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    connection.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nplain');
    connection.end();
  });
  gateway = await startGateway({
    listener: { timeouts: { upgradeIdle: '1s' } },
    services: { web: { endpoints: [`127.0.0.1:${origin.port}`], outlier: false } },
    routes: [
      { path: '/plain/*', to: 'web', upgrade: false },
      { path: '/*', to: 'web' },
    ],
    workers: 1,
  });
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

const whole = (text: string): boolean => text.endsWith('plain');

test('a route without upgrades passes the request on as a plain one', async () => {
  const { text } = await rawExchange(gateway.port, ask('/plain/x'), { until: whole });
  assert.deepEqual(statuses(text), [200]);
  assert(!/\r\n(upgrade|connection: *upgrade)/i.test(origin.connections.at(-1)!.received), origin.connections.at(-1)!.received);
});

test('upgrade smuggling: h2c never passes, however it is written', async () => {
  for (const upgrade of ['h2c', 'H2C', 'h2', 'chat, h2c', 'h2c/1', 'websocket,h2c']) {
    const { text } = await rawExchange(gateway.port, ask('/', upgrade, ', HTTP2-Settings'), { until: whole });
    assert.deepEqual(statuses(text), [200], upgrade);
    assert(!/h2c?\b|\r\nhttp2-settings/i.test(origin.connections.at(-1)!.received.replace(/^[^\r]*/, '')), upgrade);
  }
});

test('an upgrade with a body is refused: its end would be a matter of opinion', async () => {
  const before = origin.connections.length;
  const { text, ending } = await rawExchange(
    gateway.port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\nContent-Length: 5\r\n\r\nhello',
  );
  assert.deepEqual([statuses(text), ending], [[400], 'fin']);
  assert.equal(origin.connections.length, before);
});

test('half-closes pass in both directions', async () => {
  using client = await RawClient.open(gateway.port);
  client.write(ask('/'));
  await client.until('101', (text) => statuses(text).at(-1) === 101);
  const server = origin.connections.at(-1)!;
  server.write('bye');
  server.end();
  assert.equal(await client.ended(), 'fin');
  client.write('after that');
  await server.until((received) => received.endsWith('after that'));
  assert.equal(server.ending, null);
  client.socket.end();
  await eventually(2_000, 'the origin is told', () => server.ending === 'fin');
});

test('a silent tunnel ends within its limit and half a second', async () => {
  using client = await RawClient.open(gateway.port);
  client.write(ask('/'));
  await client.until('101', (text) => statuses(text).at(-1) === 101);
  const startedAt = performance.now();
  assert.equal(await client.ended(), 'fin');
  const tookMs = performance.now() - startedAt;
  assert(tookMs > 700 && tookMs < 2_000, `${Math.round(tookMs)} ms`);
  await eventually(2_000, 'the origin is told', () => origin.connections.at(-1)!.ending !== null);
});

test('an upgrade that the origin declines is an ordinary reply, and the next request an ordinary request', async () => {
  await using declining = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno');
  });
  const services = { web: { endpoints: [`127.0.0.1:${declining.port}`], outlier: false as const } };
  await using other = await startGateway({ services, routes: [{ path: '/*', to: 'web' }], workers: 1 });
  using client = await RawClient.open(other.port);
  for (let count = 1; count <= 2; count++) {
    client.text = '';
    client.write(ask('/'));
    await client.until('426', (text) => statuses(text).at(-1) === 426 && text.endsWith('no'));
  }
  assert.equal(declining.connections.length, 2, 'an upstream connection that was asked to upgrade is not used again');
});
