/** Who waits for an instance, by each protocol: HTTP/1.1 with what its connections can do, HTTP/2, WebSockets, gRPC, and connections at layer 4. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { status } from '@grpc/grpc-js';
import { WebSocket, WebSocketServer } from 'ws';
import type { ParkingPlan } from '../../src/config/fleet-plan.ts';
import type { ServicePlan } from '../../src/config/plan.ts';
import { takeBack } from '../../src/core/balancing/in-flight.ts';
import { CALL_FAILURES, CALLS_FAILED, DATAGRAMS_DROPPED } from '../../src/observe/metric-layout.ts';
import { freePort } from '../../src/io/ports.ts';
import { extendedConnect, openHttp2 } from '../support/extended-connect.ts';
import { grpcClient, grpcServer } from '../support/grpc.ts';
import { hostileOrigin } from '../support/hostile-origin.ts';
import { datagramPlan, type Layer4Plane, startLayer4, streamPlan } from '../support/layer4-plane.ts';
import { servicePlan } from '../support/plans.ts';
import { RawClient } from '../support/raw-client.ts';
import { statuses } from '../support/raw-exchange.ts';
import { type ServicePlane, startServicePlane } from '../support/service-plane.ts';
import { eventually, within } from '../support/waiting.ts';
import { frame } from '../support/websocket-frames.ts';

const PARKING: ParkingPlan = { requestsMax: 1_000, bytesMax: 16_000_000, waitMs: 30_000 };
const MASK = Buffer.from([1, 2, 3, 4]);

function parking(ports: readonly number[], more: Partial<ServicePlan> = {}): ServicePlan {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  return servicePlan('web', addresses, { parking: PARKING, ...more });
}

async function start(context: TestContext, service: ServicePlan): Promise<ServicePlane> {
  const world = await startServicePlane([service]);
  context.after(() => world[Symbol.asyncDispose]());
  return world;
}

async function areParked(world: { readonly table: ServicePlane['table'] }, count: number): Promise<void> {
  await eventually(3_000, `${count} are parked`, () => world.table.serviceParked[0] === count);
}

/** A service that answers with what it was sent. */
async function echoService(context: TestContext): Promise<number> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => void request.pipe(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function http2Client(context: TestContext, world: ServicePlane): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  session.on('error', () => {});
  context.after(() => session.destroy());
  await within(3_000, 'connected', once(session, 'connect'));
  return session;
}

async function reply(stream: ClientHttp2Stream): Promise<{ status: number; body: string }> {
  stream.setEncoding('latin1');
  let body = '';
  stream.on('data', (chunk: string) => (body += chunk));
  const [headers] = (await within(5_000, 'a reply', once(stream, 'response'))) as [{ ':status': number }];
  if (!stream.readableEnded) await within(5_000, 'its end', once(stream, 'end'));
  return { status: headers[':status'], body };
}

describe('HTTP/1.1', () => {
  test('pipelined requests wait one by one and are answered in order', async (context) => {
    const port = await echoService(context);
    const world = await start(context, parking([]));
    using client = await RawClient.open(world.port);
    for (const text of ['one', 'two']) client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n${text}`);
    await areParked(world, 1);
    await world.apply([parking([port])]);
    const got = await client.until('both replies', (text) => text.includes('one') && text.includes('two'));
    assert(got.indexOf('one') < got.indexOf('two'));
    assert.equal(world.table.serviceParkedTotal[0], 1);
  });

  test('who waits for a 100 gets none before an instance says so', async (context) => {
    const port = await echoService(context);
    const world = await start(context, parking([]));
    using client = await RawClient.open(world.port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    await areParked(world, 1);
    for (let index = 0; index < 4; index++) world.advance(2_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(client.text, '');
    await world.apply([parking([port])]);
    await client.until('100', (text) => statuses(text)[0] === 100);
    client.write('body');
    await client.until('200', (text) => statuses(text).at(-1) === 200 && text.includes('body'));
  });

  test('what a crashed worker had parked is taken back', async (context) => {
    const world = await start(context, parking([]));
    using client = await RawClient.open(world.port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await areParked(world, 1);
    assert(world.table.serviceParkedBytes[0]! > 0);
    takeBack(world.table, 0);
    assert.deepEqual(world.leftovers(), {});
  });
});

describe('HTTP/2', () => {
  test('streams wait without holding each other up; content is bounded by their window, and comes whole', async (context) => {
    const port = await echoService(context);
    const world = await start(context, parking([]));
    const session = await http2Client(context, world);
    const big = session.request({ ':method': 'POST', ':path': '/' });
    const content = Buffer.alloc(3_000_000, 'x');
    big.end(content);
    const small = [1, 2, 3].map(() => session.request({ ':path': '/small' }));
    await areParked(world, 4);
    await eventually(3_000, 'the window is used up', () => world.table.serviceParkedBytes[0]! > 200_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert(world.table.serviceParkedBytes[0]! < 400_000, `${world.table.serviceParkedBytes[0]} bytes are held`);
    const replies = [...small, big].map(reply);
    await world.apply([parking([port])]);
    for (const each of replies) assert.equal((await each).status, 200);
    const { status: code, body } = await replies.at(-1)!;
    assert.deepEqual([code, body.length], [200, content.length]);
  });

  test('a stream that is reset leaves; the others stay', async (context) => {
    const port = await echoService(context);
    const world = await start(context, parking([]));
    const session = await http2Client(context, world);
    const streams = [1, 2].map(() => session.request({ ':path': '/' }));
    await areParked(world, 2);
    streams[0]!.on('error', () => {});
    streams[0]!.close(8);
    await areParked(world, 1);
    await world.apply([parking([port])]);
    assert.equal((await reply(streams[1]!)).status, 200);
  });

  // Each goes over a connection of its own: more than the 511 that Node's listen queue holds would test the kernel's retransmissions.
  test('five hundred streams wait and are all answered', async (context) => {
    const port = await echoService(context);
    const more = { parking: { ...PARKING, requestsMax: 2_500 }, pool: { ...servicePlan('x', []).pool, connectionsMax: 3_000 } };
    const world = await start(context, parking([], more));
    const sessions = await Promise.all(Array.from({ length: 5 }, () => http2Client(context, world)));
    const streams = sessions.flatMap((session) => Array.from({ length: 100 }, () => session.request({ ':path': '/' })));
    const replies = Promise.all(streams.map((stream) => once(stream, 'response')));
    for (const stream of streams) stream.resume();
    await areParked(world, 500);
    await world.apply([parking([port], more)]);
    const heads = (await within(15_000, 'all are answered', replies)) as [{ ':status': number }][];
    assert(heads.every(([head]) => head[':status'] === 200));
  });
});

describe('WebSocket', () => {
  async function echoSockets(context: TestContext): Promise<number> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
    context.after(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  test('a handshake waits like any request, over HTTP/1.1 and over HTTP/2', async (context) => {
    const port = await echoSockets(context);
    const world = await start(context, parking([]));
    const plain = new WebSocket(`ws://127.0.0.1:${world.port}/`);
    context.after(() => plain.terminate());
    const opened = once(plain, 'open');
    const session = await openHttp2(world.port);
    context.after(() => session.destroy());
    const extended = extendedConnect(session);
    await areParked(world, 2);
    await world.apply([parking([port])]);
    await within(3_000, 'it is open', opened);
    plain.send('hallo');
    const [echoed] = (await within(3_000, 'an echo', once(plain, 'message'))) as [Buffer];
    assert.equal(String(echoed), 'hallo');
    const { stream, headers, until } = await extended;
    assert.equal(headers[':status'], 200);
    stream.write(frame({ opcode: 1, mask: MASK, payload: Buffer.from('hallo') }));
    const echo = frame({ opcode: 1, payload: Buffer.from('hallo') });
    assert.deepEqual(await until(echo.length), echo);
  });

  test('a handshake for which nobody came is a 503', async (context) => {
    const world = await start(context, parking([]));
    const client = new WebSocket(`ws://127.0.0.1:${world.port}/`);
    const failed = once(client, 'unexpected-response');
    await areParked(world, 1);
    world.advance(30_100);
    const [, response] = (await within(3_000, 'a refusal', failed)) as [unknown, IncomingMessage];
    assert.deepEqual([response.statusCode, response.headers['retry-after']], [503, '1']);
    response.destroy();
  });
});

describe('gRPC', () => {
  const CALLS = { protocol: 'http2' } as const;

  test('a call waits and is answered; one that nobody came for is UNAVAILABLE, as is one too many', async (context) => {
    const { port } = await grpcServer(context);
    const more = { ...CALLS, parking: { ...PARKING, requestsMax: 1 } };
    const world = await start(context, parking([], more));
    const client = grpcClient(context, world.port);
    const late = client.unary('late');
    await areParked(world, 1);
    assert.equal((await client.unary('too many')).code, status.UNAVAILABLE);
    world.advance(30_100);
    assert.equal((await late).code, status.UNAVAILABLE);
    const call = client.unary('hallo');
    await areParked(world, 1);
    await world.apply([parking([port], more)]);
    const { code, message } = await call;
    assert.deepEqual([code, String(message)], [status.OK, 'hallo']);
  });

  test("the client's own deadline ends the wait", async (context) => {
    const world = await start(context, parking([], CALLS));
    const client = grpcClient(context, world.port);
    const call = client.unary('x', undefined, { deadline: Date.now() + 300 });
    await areParked(world, 1);
    assert.equal((await call).code, status.DEADLINE_EXCEEDED);
    world.advance(1_000);
    await areParked(world, 0);
  });

  test('a stream of messages waits with what was said, and goes on both ways', async (context) => {
    const { port } = await grpcServer(context);
    const world = await start(context, parking([], CALLS));
    const call = grpcClient(context, world.port).chat();
    call.on('error', () => {});
    call.write(Buffer.from('first'));
    await areParked(world, 1);
    await world.apply([parking([port], CALLS)]);
    const [first] = (await within(3_000, 'an echo', once(call, 'data'))) as [Buffer];
    call.write(Buffer.from('second'));
    const [second] = (await within(3_000, 'another', once(call, 'data'))) as [Buffer];
    assert.deepEqual([String(first), String(second)], ['first', 'second']);
    call.end();
  });
});

describe('layer 4', () => {
  async function stream(
    context: TestContext,
    service: ServicePlan,
  ): Promise<Layer4Plane & { readonly port: number; set(next: ServicePlan): Promise<void> }> {
    const port = await freePort('127.0.0.1');
    const listeners = [streamPlan('tcp', port, 'web')];
    const plane = await startLayer4(listeners, [service]);
    context.after(() => plane[Symbol.asyncDispose]());
    return Object.assign(plane, { port, set: (next: ServicePlan) => plane.apply(listeners, [next]) });
  }

  function failures(plane: Layer4Plane, cause: (typeof CALL_FAILURES)[number]): number {
    return plane.board.row('listener', 0)[CALLS_FAILED + CALL_FAILURES.indexOf(cause)]!;
  }

  test('connections wait in order with what was said, and an endpoint may speak first', async (context) => {
    const heard: string[] = [];
    await using origin = await hostileOrigin(async (connection) => {
      connection.write('hello ');
      await connection.until((text) => text.endsWith('\n'));
      heard.push(connection.received);
      connection.write(connection.received);
    });
    const plane = await stream(context, parking([]));
    const clients: RawClient[] = [];
    for (const name of ['one', 'two', 'three']) {
      const client = await RawClient.open(plane.port);
      client.write(`${name}\n`);
      clients.push(client);
      await areParked(plane, clients.length);
    }
    await eventually(2_000, 'what was said counts', () => plane.table.serviceParkedBytes[0] === 'one\ntwo\nthree\n'.length);
    assert.deepEqual(plane.said, [{ type: 'parked', service: 0 }]);
    await plane.set(parking([origin.port]));
    for (const [index, name] of ['one', 'two', 'three'].entries()) await clients[index]!.until(name, (text) => text === `hello ${name}\n`);
    assert.equal(heard.length, 3);
    for (const { socket } of clients) socket.resetAndDestroy();
    await eventually(2_000, 'nothing is left', () => Object.keys(plane.leftovers()).length === 0);
  });

  test('what a client says is read up to 64 KiB while it waits, and arrives whole', async (context) => {
    const length = 2_000_000;
    await using origin = await hostileOrigin(async (connection) => {
      await connection.until((text) => text.length === length);
      connection.write('all');
    });
    const plane = await stream(context, parking([]));
    using client = await RawClient.open(plane.port);
    client.write('x'.repeat(length));
    await areParked(plane, 1);
    await eventually(2_000, 'some is held', () => plane.table.serviceParkedBytes[0]! >= 64 * 1024);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert(plane.table.serviceParkedBytes[0]! < 192 * 1024, `${plane.table.serviceParkedBytes[0]} bytes are held`);
    await plane.set(parking([origin.port]));
    await client.until('all', (text) => text === 'all');
  });

  test('bounds: one too many, too many bytes, and too long', async (context) => {
    const plane = await stream(context, parking([], { parking: { requestsMax: 2, bytesMax: 100, waitMs: 5_000 } }));
    using first = await RawClient.open(plane.port);
    await areParked(plane, 1);
    using second = await RawClient.open(plane.port);
    await areParked(plane, 2);
    const third = connect(plane.port, '127.0.0.1').on('error', () => {}); // the kernel may tell of the reset before it tells of the connection
    await within(2_000, 'it is refused', new Promise((resolve) => third.once('close', resolve)));
    second.write('x'.repeat(200));
    assert.equal(await second.ended(), 'reset');
    assert.equal(failures(plane, 'shed'), 2);
    await areParked(plane, 1);
    plane.advance(5_100);
    assert.equal(await first.ended(), 'reset');
    assert.equal(failures(plane, 'timeout-parked'), 1);
    assert.equal(plane.table.serviceShed[0], 3);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('a client that leaves, leaves; a paused service keeps connections waiting', async (context) => {
    await using origin = await hostileOrigin((connection) => connection.write('hello'));
    const plane = await stream(context, parking([origin.port], { isPaused: true }));
    using first = await RawClient.open(plane.port);
    await areParked(plane, 1);
    using second = await RawClient.open(plane.port);
    await areParked(plane, 2);
    first.socket.resetAndDestroy();
    await areParked(plane, 1);
    assert.deepEqual(plane.said, []);
    await plane.set(parking([origin.port]));
    await second.until('hello', (text) => text === 'hello');
    assert.equal(origin.connections.length, 1);
  });

  test('a connection waits for room at an endpoint, and for another one where the only one cannot be reached', async (context) => {
    await using origin = await hostileOrigin((connection) => connection.write(`hello ${connection.index}`));
    const refused = await freePort('127.0.0.1');
    const bounded = parking([origin.port]);
    const plane = await stream(context, parking([refused]));
    using first = await RawClient.open(plane.port);
    await areParked(plane, 1);
    await plane.set({ ...bounded, endpoints: bounded.endpoints.map((each) => ({ ...each, requestsMax: 1 })) });
    await first.until('hello', (text) => text === 'hello 0');
    using second = await RawClient.open(plane.port);
    await areParked(plane, 1);
    first.socket.resetAndDestroy();
    await second.until('hello', (text) => text === 'hello 1');
  });

  test('datagrams do not wait, but the first one asks for an instance', async (context) => {
    const port = await freePort('127.0.0.1');
    const plane = await startLayer4([datagramPlan('udp', port, 'web')], [parking([])]);
    context.after(() => plane[Symbol.asyncDispose]());
    const socket = createSocket('udp4');
    context.after(() => socket.close());
    socket.send('ping', port, '127.0.0.1');
    await eventually(2_000, 'it is said', () => plane.said.length > 0);
    assert.deepEqual(plane.said, [{ type: 'parked', service: 0 }]);
    assert.deepEqual([plane.table.serviceParked[0], failures(plane, 'no-endpoint')], [0, 1]);
    assert.equal(plane.board.row('listener', 0)[DATAGRAMS_DROPPED], 0, 'it was taken, and its session ended');
  });
});
