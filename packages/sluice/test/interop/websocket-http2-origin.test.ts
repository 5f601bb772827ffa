/** WebSocket to an origin that speaks HTTP/2 (RFC 8441), from `ws` over HTTP/1.1 and from `node:http2`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { type PlaneConfig, startPlane } from '../support/data-plane.ts';
import { extendedConnect, openHttp2 } from '../support/extended-connect.ts';
import { http2WebSocketOrigin } from '../support/http2-websocket-origin.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { eventually, within } from '../support/waiting.ts';
import { frame } from '../support/websocket-frames.ts';

function toHttp2(port: number): PlaneConfig {
  return {
    services: { origin: { endpoints: [`127.0.0.1:${port}`], outlier: false, retry: false, protocol: 'http2' } },
    routes: [{ path: '/*', to: 'origin' }],
  };
}

test('`ws` over HTTP/1.1 to an origin over HTTP/2: texts, 2 MiB, ping, close', async () => {
  await using origin = await http2WebSocketOrigin();
  await using plane = await startPlane(toHttp2(origin.port));
  const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/socket?x=1`, 'echo');
  await within(3_000, 'it opens', once(socket, 'open'));
  assert.equal(socket.protocol, 'echo');
  const [asked] = origin.asked;
  assert.equal(asked![':method'], 'CONNECT');
  assert.equal(asked![':protocol'], 'websocket');
  assert.equal(asked![':path'], '/socket?x=1');
  assert.equal(asked!['sec-websocket-version'], '13');
  assert.equal(asked!['upgrade'], undefined);
  for (const payload of [Buffer.from('hallo'), Buffer.alloc(2 * 1024 * 1024, 'sluice')]) {
    const answer = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(payload);
    assert((await within(5_000, 'the echo comes', answer))[0].equals(payload));
  }
  socket.ping('p');
  await within(3_000, 'the pong comes', once(socket, 'pong'));
  socket.close(1000);
  const [code] = (await within(3_000, 'it closes', once(socket, 'close'))) as [number];
  assert.equal(code, 1000);
  await eventually(2_000, 'the stream ends', () => origin.streams[0]!.closed);
});

test('HTTP/2 on both sides, many at once over one connection each', async () => {
  await using origin = await http2WebSocketOrigin();
  await using plane = await startPlane(toHttp2(origin.port));
  const session = await openHttp2(plane.port);
  const opened = await Promise.all(Array.from({ length: 20 }, () => extendedConnect(session)));
  const mask = Buffer.from([1, 2, 3, 4]);
  await Promise.all(
    opened.map(async ({ stream, headers, until }, index) => {
      assert.equal(headers[':status'], 200);
      assert.equal(headers['sec-websocket-accept'], undefined);
      stream.write(frame({ opcode: 1, mask, payload: Buffer.from(`${index}`) }));
      const echo = frame({ opcode: 1, payload: Buffer.from(`${index}`) });
      assert.deepEqual(await until(echo.length), echo);
    }),
  );
  assert.equal(origin.asked.at(-1)!['sec-websocket-key'], undefined);
  for (const { stream } of opened) stream.close();
  await eventually(2_000, 'the origin is told', () => origin.streams.every((stream) => stream.closed));
  session.destroy();
});

test('an origin that does not allow it is a 502 that says so; others are served by it', async () => {
  await using origin = await http2WebSocketOrigin({ allows: false });
  await using plane = await startPlane(toHttp2(origin.port));
  const session = await openHttp2(plane.port);
  for (let round = 0; round < 2; round++) assert.equal((await extendedConnect(session)).headers[':status'], 502);
  assert.equal(origin.asked.length, 0);
  const reply = await rawExchange(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', { until: (text) => text.includes('plain') });
  assert.deepEqual(statuses(reply.text), [200]);
  session.destroy();
});

test('an origin that declines is heard, and its stream ends', async () => {
  await using origin = await http2WebSocketOrigin({ status: 403 });
  await using plane = await startPlane(toHttp2(origin.port));
  const asks = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
  const reply = await rawExchange(plane.port, `GET / HTTP/1.1\r\nHost: a\r\n${asks}\r\n`, { until: (text) => text.includes('plain') });
  assert.deepEqual(statuses(reply.text), [403]);
  await eventually(2_000, 'the stream ends', () => origin.streams[0]!.closed);
});

test('a key that we cannot answer for is refused', async () => {
  await using origin = await http2WebSocketOrigin();
  await using plane = await startPlane(toHttp2(origin.port));
  const asks = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const reply = await rawExchange(plane.port, `GET / HTTP/1.1\r\nHost: a\r\n${asks}\r\n`, { until: (text) => text.includes('\r\n\r\n') });
  assert.deepEqual(statuses(reply.text), [400]);
  assert.equal(origin.asked.length, 0);
});

test('the origin resets a stream, then its connection dies: each client is told, and nothing is left', async () => {
  await using origin = await http2WebSocketOrigin();
  await using plane = await startPlane(toHttp2(origin.port));
  const sockets = Array.from({ length: 3 }, () => new WebSocket(`ws://127.0.0.1:${plane.port}/`));
  await within(3_000, 'they open', Promise.all(sockets.map((socket) => once(socket, 'open'))));
  const ended = sockets.map((socket) => once(socket, 'close') as Promise<[number]>);
  origin.streams[0]!.close(8);
  await within(3_000, 'one closes', Promise.race(ended));
  origin.streams[1]!.session!.destroy();
  for (const [code] of await within(3_000, 'all close', Promise.all(ended))) assert.equal(code, 1006);
  await eventually(2_000, 'nothing is in flight', () => plane.plane.table.inflight[0] === 0);
  assert.equal(plane.plane.longLived.size, 0);
});

test('the goodbye of a drain goes both ways', async () => {
  await using origin = await http2WebSocketOrigin();
  await using plane = await startPlane(toHttp2(origin.port));
  const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/`);
  await within(3_000, 'it opens', once(socket, 'open'));
  const closed = once(socket, 'close') as Promise<[number]>;
  plane.plane.longLived.leave();
  assert.equal((await within(3_000, 'it closes', closed))[0], 1001);
  await eventually(2_000, 'the stream ends', () => origin.streams[0]!.closed);
  await eventually(2_000, 'nothing is in flight', () => plane.plane.table.inflight[0] === 0);
});
