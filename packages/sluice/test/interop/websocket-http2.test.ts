/** WebSocket over HTTP/2 from the client (RFC 8441), HTTP/1.1 to the origin: `node:http2` on the one side, `ws` on the other. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { planeTo, startPlane, type TestPlane } from '../support/data-plane.ts';
import { extendedConnect, openHttp2 } from '../support/extended-connect.ts';
import { hostileOrigin } from '../support/hostile-origin.ts';
import { frame } from '../support/websocket-frames.ts';
import { eventually, within } from '../support/waiting.ts';

const MASK = Buffer.from([1, 2, 3, 4]);
const text = (message: string): Buffer => frame({ opcode: 1, mask: MASK, payload: Buffer.from(message) });

let origin: WebSocketServer;
let plane: TestPlane;
let session: ClientHttp2Session;
const requests: IncomingMessage[] = [];

before(async () => {
  origin = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => [...offered][1] ?? false });
  await once(origin, 'listening');
  origin.on('connection', (socket, request) => {
    requests.push(request);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  plane = await startPlane(planeTo((origin.address() as AddressInfo).port));
  session = await openHttp2(plane.port);
});

after(async () => {
  session?.destroy();
  await plane?.[Symbol.asyncDispose]();
  for (const client of origin.clients) client.terminate();
  origin.close();
});

test('a handshake over HTTP/2 reaches the origin with a key of ours, and its proof stays with us', async () => {
  const fields = { 'sec-websocket-protocol': 'a, b', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', origin: 'http://a.example' };
  const { stream, headers, until } = await extendedConnect(session, '/socket?x=1', fields);
  assert.equal(headers[':status'], 200);
  assert.equal(headers['sec-websocket-protocol'], 'b');
  assert.equal(headers['sec-websocket-accept'], undefined);
  assert.equal(headers['upgrade'], undefined);
  const asked = requests.at(-1)!;
  assert.equal(asked.url, '/socket?x=1');
  assert.equal(asked.headers['upgrade'], 'websocket');
  assert.equal(asked.headers['origin'], 'http://a.example');
  const keys = asked.rawHeaders.filter((_, index) => asked.rawHeaders[index - 1]?.toLowerCase() === 'sec-websocket-key' && index % 2 === 1);
  assert.equal(keys.length, 1);
  assert.match(keys[0]!, /^[A-Za-z0-9+/]{22}==$/);
  assert.notEqual(keys[0], 'AAAAAAAAAAAAAAAAAAAAAA==');
  stream.write(text('hallo'));
  const echo = frame({ opcode: 1, payload: Buffer.from('hallo') });
  assert.deepEqual(await until(echo.length), echo);
  stream.close();
});

test('each handshake has a key of its own', async () => {
  const [one, other] = [await extendedConnect(session), await extendedConnect(session)];
  const [first, second] = requests.slice(-2).map(({ headers }) => headers['sec-websocket-key']);
  assert.notEqual(first, second);
  one.stream.close();
  other.stream.close();
});

test('a close from the client ends the stream with its close frame and END_STREAM', async () => {
  const { stream, until } = await extendedConnect(session);
  stream.write(frame({ opcode: 8, mask: MASK, payload: Buffer.from([0x03, 0xe8]) }));
  assert.deepEqual(await until(4), frame({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) }));
  await within(3_000, 'the stream ends', once(stream, 'end'));
});

test('5 MiB pass both ways under the windows of HTTP/2', async () => {
  const { stream, until } = await extendedConnect(session);
  const payload = Buffer.alloc(5 * 1024 * 1024, 'sluice ');
  const echo = frame({ payload });
  stream.write(frame({ mask: MASK, payload }));
  assert((await until(echo.length)).equals(echo));
  stream.close();
});

test('an origin whose proof is wrong, missing or double, or that switches to something else, is a 502', async () => {
  const good = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const wrong = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n';
  for (const lines of [good, good + wrong, good + wrong + wrong, `Connection: Upgrade\r\nUpgrade: chat\r\n${wrong}`]) {
    await using server = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\nleak`);
    });
    await using world = await startPlane(planeTo(server.port));
    const client = await openHttp2(world.port);
    const { headers, received } = await extendedConnect(client);
    assert.equal(headers[':status'], 502, lines);
    await eventually(3_000, 'the connection is not used again', () => server.connections[0]!.ending !== null);
    assert(!received().includes('leak'));
    client.destroy();
  }
});

test('what is no WebSocket is never a yes: a plain 200, a route without upgrades, an answer of our own', async () => {
  await using server = await hostileOrigin('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain');
  const { services } = planeTo(server.port);
  const routes = [
    { path: '/off/*', to: 'origin', upgrade: false },
    { path: '/own/*', respond: { status: 200, body: 'own' } },
    { path: '/*', to: 'origin' },
  ];
  await using world = await startPlane({ services, routes });
  const client = await openHttp2(world.port);
  for (const [path, status] of [
    ['/', 502],
    ['/off/x', 501],
    ['/own/x', 501],
  ] as const) {
    const { stream, headers, received } = await extendedConnect(client, path);
    assert.equal(headers[':status'], status);
    await within(3_000, 'the stream ends', once(stream, 'close'));
    assert.doesNotMatch(received().toString(), /plain|own/);
  }
  assert.equal(server.connections.length, 1);
  assert.equal(world.plane.table.inflight[0], 0);
  client.destroy();
});

test('the goodbye of a drain reaches a client over HTTP/2, too, and its connection ends', async () => {
  await using world = await startPlane(planeTo((origin.address() as AddressInfo).port));
  const client = await openHttp2(world.port);
  const { stream, until } = await extendedConnect(client);
  const draining = world.plane.drain(20, 10);
  const goodbye = frame({ opcode: 8, payload: Buffer.from([0x03, 0xe9]) });
  assert.deepEqual(await until(goodbye.length), goodbye);
  stream.write(frame({ opcode: 8, payload: Buffer.from([0x03, 0xe9]), mask: MASK }));
  assert.equal(await within(3_000, 'the drain ends', draining), 0);
  client.destroy();
});

test('an origin that declines is heard', async () => {
  const { headers } = await extendedConnect(session, '/', { 'sec-websocket-version': '99' });
  assert.equal(headers[':status'], 400);
});
