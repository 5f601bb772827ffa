/** WebSocket where every hop is TLS: HTTP/1.1 and HTTP/2 from the client, an endpoint with a certificate. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { startPlane, type TestPlane } from '../support/data-plane.ts';
import { extendedConnect, openHttp2 } from '../support/extended-connect.ts';
import { type TlsMaterial, tlsMaterial } from '../support/tls-material.ts';
import { within } from '../support/waiting.ts';
import { frame } from '../support/websocket-frames.ts';

let material: TlsMaterial;
let server: Server;
let sockets: WebSocketServer;
let plane: TestPlane;

before(async () => {
  material = await tlsMaterial();
  const leaf = await material.leaf('both', ['localhost', '127.0.0.1']);
  server = createServer({ cert: leaf.certPem, key: leaf.keyPem });
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoints = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
  plane = await startPlane({
    listener: { tls: { certificates: [leaf.files] } },
    services: { origin: { endpoints, tls: { ca: material.caFile }, outlier: false, retry: false } },
    routes: [{ path: '/*', to: 'origin' }],
  });
});

after(async () => {
  await plane?.[Symbol.asyncDispose]();
  for (const client of sockets.clients) client.terminate();
  server.close();
  material[Symbol.dispose]();
});

test('`ws` over TLS: small and large messages, many turns, close', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${plane.port}/`, { ca: material.authority.certPem });
  await within(3_000, 'it opens', once(socket, 'open'));
  for (const size of [1, 125, 20_000, 100, 3_000_000, 5, 70_000, 0]) {
    const payload = Buffer.alloc(size, `${size}`);
    const answer = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(payload);
    assert((await within(5_000, `the echo of ${size} bytes comes`, answer))[0].equals(payload));
  }
  socket.close(1000);
  assert.equal(((await within(3_000, 'it closes', once(socket, 'close'))) as [number])[0], 1000);
});

test('over HTTP/2 and TLS, beside another; then a goodbye to all', async () => {
  const session = await openHttp2(plane.port, material.authority.certPem);
  const { stream, headers, until } = await extendedConnect(session);
  const socket = new WebSocket(`wss://127.0.0.1:${plane.port}/`, { ca: material.authority.certPem });
  await within(3_000, 'it opens', once(socket, 'open'));
  assert.equal(headers[':status'], 200);
  const payload = Buffer.alloc(300_000, 'x');
  stream.write(frame({ mask: Buffer.from([4, 3, 2, 1]), payload }));
  const echo = frame({ payload });
  assert((await until(echo.length)).equals(echo));
  const closed = once(socket, 'close') as Promise<[number]>;
  assert.equal(plane.plane.longLived.leave(), 2);
  assert.equal((await within(3_000, 'it closes', closed))[0], 1001);
  const goodbye = frame({ opcode: 8, payload: Buffer.from([0x03, 0xe9]) });
  assert.deepEqual((await until(echo.length + goodbye.length)).subarray(echo.length), goodbye);
  session.destroy();
});
