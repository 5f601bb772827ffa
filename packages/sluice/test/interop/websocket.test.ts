/** WebSocket through the gateway with the `ws` package on both ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { type Gateway, oneOrigin, startGateway } from '../support/gateway.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { within } from '../support/waiting.ts';

let server: Server;
let sockets: WebSocketServer;
let gateway: Gateway;

before(async () => {
  server = createServer((_request, response) => response.end('plain'));
  sockets = new WebSocketServer({ server, perMessageDeflate: true, handleProtocols: () => 'echo' });
  sockets.on('connection', (socket, request) => {
    socket.send(`hello ${request.headers['x-forwarded-for'] ?? 'nobody'}`);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = await startGateway({ ...oneOrigin((server.address() as AddressInfo).port), listener: { timeouts: { upgradeIdle: '1s' } } });
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  for (const client of sockets.clients) client.terminate();
  server.close();
});

async function open(): Promise<{ socket: WebSocket; greeting: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket`, 'echo');
  const [[data]] = (await within(3000, 'the greeting comes', Promise.all([once(socket, 'message'), once(socket, 'open')]))) as [
    [Buffer],
    unknown,
  ];
  return { socket, greeting: data.toString() };
}

async function echo(socket: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(message);
  return (await within(5000, 'the echo comes', answer))[0];
}

test('opens with its subprotocol, says who the client is, and echoes text, binary and 5 MiB', async () => {
  const { socket, greeting } = await open();
  assert.equal(greeting, 'hello 127.0.0.1');
  assert.equal(socket.protocol, 'echo');
  assert.equal(socket.extensions, 'permessage-deflate');
  assert.equal((await echo(socket, 'hallo')).toString(), 'hallo');
  const big = Buffer.alloc(5 * 1024 * 1024, 7);
  assert.ok((await echo(socket, big)).equals(big));
  for (let index = 0; index < 100; index++) assert.equal((await echo(socket, `${index}`)).toString(), `${index}`);
  socket.close(1000, 'bye');
  const [code] = (await within(2000, 'it closes', once(socket, 'close'))) as [number];
  assert.equal(code, 1000);
});

test('a silent connection is closed after its idle limit, a busy one is not', async () => {
  const { socket } = await open();
  const { socket: busy } = await open();
  const ticking = setInterval(() => busy.send('tick'), 200);
  const started = performance.now();
  await within(3000, 'the silent one is closed', once(socket, 'close'));
  const elapsed = performance.now() - started;
  clearInterval(ticking);
  assert.ok(elapsed > 700 && elapsed < 1600, `closed after ${elapsed.toFixed(0)} ms for a limit of 1000 ms`);
  assert.equal(busy.readyState, WebSocket.OPEN);
  busy.terminate();
});

test('an origin that declines the upgrade is heard, and the connection goes on as HTTP', async () => {
  const asks =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
  const next = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
  const pieces = [`GET /socket HTTP/1.1\r\nHost: a\r\n${asks}`, 200, next];
  const reply = await rawExchange(gateway.port, pieces, { until: (text) => text.endsWith('plain') });
  assert.deepEqual(statuses(reply.text), [400, 200], reply.text);
});

test('50 connections at once', async () => {
  const opened = await Promise.all(Array.from({ length: 50 }, open));
  const answers = await Promise.all(opened.map(({ socket }, index) => echo(socket, `${index}`)));
  assert.deepEqual(
    answers.map((each) => each.toString()),
    Array.from({ length: 50 }, (_, index) => `${index}`),
  );
  for (const { socket } of opened) socket.terminate();
});
