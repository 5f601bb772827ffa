/** gRPC calls that stream, where they are to leave: ended by a status between two messages, at the client's next turn over another connection, and never before they have lasted. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { status, type ClientDuplexStream } from '@grpc/grpc-js';
import { startPlane, type TestPlane } from '../support/data-plane.ts';
import { grpcWorld, type ServiceError } from '../support/grpc.ts';
import { eventually, within } from '../support/waiting.ts';

interface Chat {
  readonly call: ClientDuplexStream<Buffer, Buffer>;
  code: number | null;
  details: string;
  received: number;
}

/** Says something and hears it, so that the reply has begun. */
async function chat(call: ClientDuplexStream<Buffer, Buffer>): Promise<Chat> {
  const opened: Chat = { call, code: null, details: '', received: 0 };
  call.on('data', () => opened.received++);
  call.on('error', () => {});
  call.on('status', ({ code, details }: ServiceError) => Object.assign(opened, { code, details }));
  call.write(Buffer.from('hello'));
  await eventually(3_000, 'an echo', () => opened.received === 1);
  return opened;
}

function rebalance(world: TestPlane, endpoint: number, share = 1): void {
  world.plane.rebalance({ type: 'rebalance', service: 0, endpoint, share, spreadMs: 0 });
  world.advance(250);
}

test('calls of the endpoint that have lasted end, UNAVAILABLE; younger ones, unary ones and those elsewhere go on', async (context) => {
  const { plane, client } = await grpcWorld(context, [{}, {}]);
  const old: Chat[] = [];
  for (let index = 0; index < 4; index++) old.push(await chat(client.chat()));
  plane.advance(9_000);
  rebalance(plane, 0);
  assert.ok(
    old.every(({ code }) => code === null),
    'nine seconds are not long',
  );
  plane.advance(1_000);
  const young = [await chat(client.chat()), await chat(client.chat())];
  rebalance(plane, 0);
  await eventually(3_000, 'two have ended', () => old.filter(({ code }) => code !== null).length === 2);
  for (const { code, details } of old.filter((each) => each.code !== null)) {
    assert.deepEqual([code, details], [status.UNAVAILABLE, 'the gateway moves this call: make it again']);
  }
  for (const each of [...old, ...young].filter(({ code }) => code === null)) {
    each.call.write(Buffer.from('again'));
    await eventually(3_000, 'an echo', () => each.received === 2);
  }
  assert.equal((await client.unary('x')).code, status.OK);
  assert.equal(plane.plane.table.inflight[0]! + plane.plane.table.inflight[1]!, 4);
  for (const { call } of [...old, ...young]) call.cancel();
  await eventually(3_000, 'nothing is left', () => plane.plane.table.serviceInflight[0] === 0);
});

test('their connection is told to be used no more, and what is on it goes on', async (context) => {
  const { plane } = await grpcWorld(context, [{}]);
  const session = connect(`http://127.0.0.1:${plane.port}`);
  session.on('error', () => {});
  context.after(() => session.destroy());
  const goaway = once(session, 'goaway');
  const call = await rawCall(session.request(HEADERS));
  plane.advance(10_001);
  const young = await rawCall(session.request(HEADERS));
  rebalance(plane, 0);
  const [code] = (await within(3_000, 'GOAWAY', goaway)) as [number];
  assert.equal(code, 0);
  const [trailers] = (await within(3_000, 'the status', call.trailers)) as [IncomingHttpHeaders];
  assert.equal(trailers['grpc-status'], '14');
  young.stream.end(PREFIXED);
  await within(3_000, 'the younger one ends by itself', once(young.stream, 'end'));
  assert.deepEqual(Buffer.concat(young.parts), Buffer.concat([PREFIXED, PREFIXED]));
});

test('in the middle of a message a call waits for the rest of it', async (context) => {
  const origin = await rawService(context);
  const world = await startPlane({
    services: { echo: { endpoints: [`127.0.0.1:${origin.port}`], protocol: 'http2', retry: false } },
    routes: [{ grpc: 'test.Echo/*', to: 'echo' }],
  });
  context.after(() => world[Symbol.asyncDispose]());
  const session = connect(`http://127.0.0.1:${world.port}`);
  session.on('error', () => {});
  context.after(() => session.destroy());
  const stream = session.request(HEADERS);
  const call = { ...watch(stream), trailers: once(stream, 'trailers') };
  const server = await origin.stream;
  server.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  server.write(PREFIXED.subarray(0, 7));
  await eventually(3_000, 'a part of it', () => Buffer.concat(call.parts).length === 7);
  world.advance(10_001);
  rebalance(world, 0);
  server.write(PREFIXED.subarray(7, 9));
  await eventually(3_000, 'more of it', () => Buffer.concat(call.parts).length === 9);
  assert.equal(stream.readableEnded, false);
  server.on('error', () => {});
  server.write(PREFIXED.subarray(9));
  const [trailers] = (await within(3_000, 'the status', call.trailers)) as [IncomingHttpHeaders];
  assert.equal(trailers['grpc-status'], '14');
  assert.deepEqual(Buffer.concat(call.parts), PREFIXED);
});

test('when the drain of a worker is over its calls are told, whatever their age, and not before', async (context) => {
  const { plane, client } = await grpcWorld(context, [{}]);
  const call = await chat(client.chat());
  const drained = plane.plane.drain(300, 300);
  call.call.write(Buffer.from('still there'));
  await eventually(250, 'an echo', () => call.received === 2);
  assert.equal(call.code, null);
  await within(5_000, 'the drain', drained);
  await eventually(3_000, 'a status', () => call.code !== null);
  assert.deepEqual([call.code, call.details], [status.UNAVAILABLE, 'the gateway moves this call: make it again']);
});

const PREFIXED = Buffer.from([0, 0, 0, 0, 5, ...Buffer.from('hello')]);
const HEADERS = { ':method': 'POST', ':path': '/test.Echo/Chat', 'content-type': 'application/grpc', te: 'trailers' };

function watch(stream: ClientHttp2Stream): { readonly stream: ClientHttp2Stream; readonly parts: Buffer[] } {
  const parts: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => parts.push(chunk));
  stream.on('error', () => {});
  return { stream, parts };
}

async function rawCall(stream: ClientHttp2Stream) {
  const call = { ...watch(stream), trailers: once(stream, 'trailers') };
  call.trailers.catch(() => {});
  stream.write(PREFIXED);
  await eventually(3_000, 'an echo', () => Buffer.concat(call.parts).length === PREFIXED.length);
  return call;
}

/** A service whose stream the test writes to. */
async function rawService(context: TestContext): Promise<{ readonly port: number; readonly stream: Promise<ServerHttp2Stream> }> {
  const server = createServer();
  const stream = once(server, 'stream').then(([given]) => given as ServerHttp2Stream);
  server.on('session', (session) => session.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, stream };
}
