/** What the gateway's own rules do to gRPC calls: refusals, deadlines, retries, what is learned and recorded. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { type ClientHttp2Stream, connect, constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { status } from '@grpc/grpc-js';
import { GRPC_STATUS } from '../../src/core/grpc/status.ts';
import { freePort } from '../../src/io/ports.ts';
import { GRPC_ENDED } from '../../src/observe/metric-layout.ts';
import { type EchoHandlers, grpcServer, grpcWorld, Metadata } from '../support/grpc.ts';
import { eventually } from '../support/waiting.ts';

const within = { timeout: 20_000 };
const UNARY = '/test.Echo/Unary';
const MESSAGE = Buffer.from([0, 0, 0, 0, 1, 0x61]);

function ascending(left: number, right: number): number {
  return left - right;
}

interface RawReply {
  readonly head: IncomingHttpHeaders | null;
  /** The head had END_STREAM. */
  readonly isHeadAlone: boolean;
  readonly bytes: number;
  readonly trailers: IncomingHttpHeaders | null;
}

/** One call frame by frame, without a client that knows gRPC. */
function rawCall(context: TestContext, port: number, headers: object = {}): { stream: ClientHttp2Stream; reply: Promise<RawReply> } {
  const session = connect(`http://127.0.0.1:${port}`);
  context.after(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': UNARY, 'content-type': 'application/grpc', te: 'trailers', ...headers });
  stream.on('error', () => {});
  stream.end(MESSAGE);
  const seen = { head: null as IncomingHttpHeaders | null, isHeadAlone: false, bytes: 0, trailers: null as IncomingHttpHeaders | null };
  stream.on('response', (head, flags) => {
    seen.head = head;
    seen.isHeadAlone = (flags & 1) !== 0;
  });
  stream.on('trailers', (trailers) => (seen.trailers = trailers));
  stream.on('data', (bytes: Buffer) => (seen.bytes += bytes.length));
  return { stream, reply: once(stream, 'close').then(() => seen) };
}

test('a refusal of ours is one head with HTTP 200 and a status that gRPC knows', within, async (context) => {
  const { plane } = await grpcWorld(context);
  const { head, isHeadAlone } = await rawCall(context, plane.port, { ':path': '/test.Other/Call' }).reply;
  assert.deepEqual([head?.[':status'], head?.['content-type'], isHeadAlone], [200, 'application/grpc', true]);
  assert.deepEqual([head?.['grpc-status'], head?.['grpc-message']], ['12', 'no route']);
  const other = await rawCall(context, plane.port, { ':path': '/test.Other/Call', 'content-type': 'application/json' }).reply;
  assert.equal(other.head?.[':status'], 404);
  const init = { method: 'POST', headers: { 'content-type': 'application/grpc' }, body: MESSAGE };
  assert.equal((await fetch(`http://127.0.0.1:${plane.port}/test.Other/Call`, init)).status, 404, 'gRPC is of HTTP/2');
});

test('an endpoint that is not there is UNAVAILABLE, and so is a request that was shed', within, async (context) => {
  const { client } = await grpcWorld(context, [], { endpoints: [`127.0.0.1:${await freePort('127.0.0.1')}`] });
  assert.equal((await client.unary('x')).code, status.UNAVAILABLE);
  const slow = await grpcWorld(context, [{ unary: () => {} }], { limits: { requestsMax: 1, queueMax: 0 } });
  const held = slow.client.chat();
  held.on('error', () => {});
  held.write(Buffer.from('x'));
  await once(held, 'data');
  const shed = await slow.client.unary('x');
  assert.deepEqual([shed.code, shed.details], [status.UNAVAILABLE, 'service unavailable']);
  held.cancel();
});

test('an HTTP status of a route becomes the status of a call', within, async (context) => {
  const { client } = await grpcWorld(context, [{}], {}, { routes: [{ path: '/*', respond: { status: 403, body: 'not for you: é' } }] });
  const { code, details } = await client.unary('x');
  assert.deepEqual([code, details], [status.PERMISSION_DENIED, 'not for you: é']);
});

/** A service that notes what it was asked and whether the call was cancelled, and answers when told. */
function watching(): { handlers: EchoHandlers; timeouts: unknown[]; codes: number[] } {
  const timeouts: unknown[] = [];
  const codes: number[] = [];
  const handlers: EchoHandlers = {
    unary(call) {
      timeouts.push(call.getDeadline());
      call.on('cancelled', () => codes.push(1));
    },
    download(call) {
      call.write(Buffer.from('first'));
      call.on('cancelled', () => codes.push(2));
      call.on('error', () => {});
    },
  };
  return { handlers, timeouts, codes };
}

test('the deadline of a call ends it on both sides', within, async (context) => {
  const { handlers, timeouts, codes } = watching();
  const { plane } = await grpcWorld(context, [handlers]);
  const { reply } = rawCall(context, plane.port, { 'grpc-timeout': '5S' });
  await eventually(5_000, 'the call arrives', () => timeouts.length === 1);
  const left = Number(timeouts[0]) - Date.now();
  assert.ok(left > 3_000 && left <= 5_000, 'the service is told of the same deadline');
  plane.advance(4_900);
  plane.advance(200);
  const { head, isHeadAlone } = await reply;
  assert.deepEqual([head?.[':status'], head?.['grpc-status'], isHeadAlone], [200, '4', true]);
  await eventually(5_000, 'the service hears that nobody waits', () => codes.length === 1);
  const { failed } = plane.plane.table;
  assert.equal(failed[0], 0, 'a deadline of the client is no failure of the endpoint');
});

test('the bound of the route holds when the client asks for more, and then it is the endpoint that was late', within, async (context) => {
  const { handlers, timeouts } = watching();
  const routes = [{ path: '/*', to: 'echo', timeouts: { exchange: '2s' as const } }];
  const { plane } = await grpcWorld(context, [handlers], {}, { routes });
  const { reply } = rawCall(context, plane.port, { 'grpc-timeout': '1H' });
  await eventually(5_000, 'the call arrives', () => timeouts.length === 1);
  plane.advance(2_100);
  assert.equal((await reply).head?.['grpc-status'], '4');
  assert.equal(plane.plane.table.failed[0], 1);
});

test('a deadline in the midst of a stream is a status in its trailers', within, async (context) => {
  const { handlers, codes } = watching();
  const { plane } = await grpcWorld(context, [handlers]);
  const { stream, reply } = rawCall(context, plane.port, { ':path': '/test.Echo/Download', 'grpc-timeout': '3S' });
  await once(stream, 'data');
  plane.advance(3_100);
  const { bytes, trailers } = await reply;
  assert.deepEqual([bytes, trailers?.['grpc-status'], trailers?.['grpc-message']], [10, '4', 'deadline exceeded']);
  await eventually(5_000, 'the service hears that nobody waits', () => codes.length === 1);
});

test('an endpoint that dies in the midst of a stream is UNAVAILABLE', within, async (context) => {
  const { handlers } = watching();
  const { server, port } = await grpcServer(context, handlers);
  const { plane } = await grpcWorld(context, [], { endpoints: [`127.0.0.1:${port}`] });
  const { stream, reply } = rawCall(context, plane.port, { ':path': '/test.Echo/Download' });
  await once(stream, 'data');
  server.forceShutdown();
  assert.equal((await reply).trailers?.['grpc-status'], '14');
});

/** The first endpoint says this; the second echoes. */
function failing(code: number, isBegun = false): EchoHandlers[] {
  return [
    {
      unary(call, reply) {
        if (isBegun) call.sendMetadata(new Metadata());
        setTimeout(() => reply({ code, details: 'not me' }), isBegun ? 50 : 0);
      },
    },
    {},
  ];
}

test('a status that the plan names is tried elsewhere while nothing has begun', within, async (context) => {
  const retry = { on: ['grpc-unavailable'], backoffBase: '0s' };
  const { client, plane } = await grpcWorld(context, failing(status.UNAVAILABLE), { retry });
  const codes = [];
  for (let index = 0; index < 4; index++) codes.push((await client.unary('x')).code);
  assert.deepEqual(codes, [0, 0, 0, 0]);
  assert.ok(plane.plane.table.failed[0]! >= 1, 'the endpoint is remembered for it');
  const other = await grpcWorld(context, failing(status.RESOURCE_EXHAUSTED), { retry });
  const others = [(await other.client.unary('x')).code, (await other.client.unary('x')).code];
  assert.deepEqual(others.toSorted(ascending), [0, status.RESOURCE_EXHAUSTED]);
  const begun = await grpcWorld(context, failing(status.UNAVAILABLE, true), { retry });
  const ends = [(await begun.client.unary('x')).code, (await begun.client.unary('x')).code];
  assert.deepEqual(ends.toSorted(ascending), [0, status.UNAVAILABLE]);
});

test('statuses in trailers teach the outlier rules and the breaker as HTTP statuses do', within, async (context) => {
  const answers = [status.UNAVAILABLE, status.INTERNAL, status.NOT_FOUND, status.OK];
  const { client, plane } = await grpcWorld(context, [
    {
      unary(call, reply) {
        call.sendMetadata(new Metadata());
        const code = answers.shift()!;
        setTimeout(() => (code === 0 ? reply(null, call.request) : reply({ code })), 5);
      },
    },
  ]);
  const { failed, consecutive5xx } = plane.plane.table;
  await client.unary('x');
  await client.unary('x');
  assert.deepEqual([failed[0], consecutive5xx[0]], [2, 2]);
  await client.unary('x');
  await client.unary('x');
  assert.deepEqual([failed[0], consecutive5xx[0]], [2, 0]);
  const row = plane.board.row('service', 0);
  assert.deepEqual([row[2], row[4], row[5]], [1, 1, 2], 'counted by the HTTP status that says the same');
  const counts = Object.values(GRPC_STATUS).map((code) => row[GRPC_ENDED + code]!);
  assert.deepEqual(counts, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
});

test('the access log has the status of the call', within, async (context) => {
  const file = join(mkdtempSync(join(tmpdir(), 'grpc-log-')), 'access.log');
  const { client, plane } = await grpcWorld(context, failing(status.NOT_FOUND), {}, { accessLog: { target: file, sample: 1 } });
  await client.unary('x');
  await client.unary('x');
  await client.unary('x', new Metadata(), { path: '/no.Such/Call' });
  await plane.plane.closeLog();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { status: number; grpcStatus: number });
  assert.ok(records.every((record) => record.status === 200));
  assert.deepEqual(records.map(({ grpcStatus }) => grpcStatus).toSorted(ascending), [0, 5, 12]);
});

test('a conversation may pause for long, but not for ever', within, async (context) => {
  const { client, plane } = await grpcWorld(context);
  const chat = client.chat();
  const ended = new Promise<{ code: number }>((resolve) => chat.on('status', resolve));
  chat.on('error', () => {});
  for (const word of ['one', 'two', 'three']) {
    chat.write(Buffer.from(word));
    assert.equal(String((await once(chat, 'data'))[0]), word);
    for (let minutes = 0; minutes < 50; minutes++) plane.advance(60_000);
  }
  for (let minutes = 0; minutes < 20; minutes++) plane.advance(60_000);
  assert.notEqual((await ended).code, 0);
});

test('a server may be silent in the midst of its reply as long as a WebSocket may', within, async (context) => {
  const { handlers } = watching();
  const { plane } = await grpcWorld(context, [handlers], {}, { listener: { timeouts: { upgradeIdle: '30m' } } });
  const { stream, reply } = rawCall(context, plane.port, { ':path': '/test.Echo/Download' });
  await once(stream, 'data');
  let isOver = false;
  stream.once('close', () => (isOver = true));
  plane.advance(29 * 60_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isOver, false);
  plane.advance(2 * 60_000);
  assert.equal((await reply).trailers?.['grpc-status'], '14');
});

test('a server that says DEADLINE_EXCEEDED is blamed only where the client set no deadline', within, async (context) => {
  const { plane } = await grpcWorld(context, [{ unary: (_call, reply) => reply({ code: status.DEADLINE_EXCEEDED }) }]);
  const { failed } = plane.plane.table;
  assert.equal((await rawCall(context, plane.port, { 'grpc-timeout': '10S' }).reply).head?.['grpc-status'], '4');
  assert.equal(failed[0], 0);
  assert.equal((await rawCall(context, plane.port).reply).head?.['grpc-status'], '4');
  assert.equal(failed[0], 1);
});

test('one side that speaks is enough', within, async (context) => {
  const hour = 60 * 60_000;
  let uploaded = 0;
  const said: { write(bytes: Buffer): void }[] = [];
  const { client, plane } = await grpcWorld(context, [
    {
      chat: (call) => void said.push(call.on('error', () => {})),
      upload(call, reply) {
        call.sendMetadata(new Metadata());
        call.on('data', () => uploaded++);
        call.on('end', () => reply(null, Buffer.from('done')));
      },
    },
  ]);
  const chat = client.chat().on('error', () => {});
  chat.write(Buffer.from('listening'));
  await eventually(5_000, 'the call arrives', () => said.length === 1);
  const upload = client.upload(new Metadata(), () => {}).on('error', () => {});
  const result = once(upload, 'status');
  await once(upload, 'metadata');
  for (let index = 1; index <= 4; index++) {
    said[0]!.write(Buffer.from('news'));
    upload.write(Buffer.from('more'));
    await Promise.all([once(chat, 'data'), eventually(5_000, 'the message arrives', () => uploaded === index)]);
    plane.advance(0.7 * hour);
  }
  upload.end();
  assert.equal((await result)[0].code, 0);
  chat.cancel();
});

test('a call that nobody waits for is reset with CANCEL', within, async (context) => {
  const codes: number[] = [];
  let begun = 0;
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    begun++;
    stream.on('error', () => {});
    stream.on('close', () => codes.push(stream.rstCode));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { plane } = await grpcWorld(context, [], { endpoints: [`127.0.0.1:${(server.address() as AddressInfo).port}`] });
  const { stream } = rawCall(context, plane.port);
  await eventually(5_000, 'the call arrives', () => begun === 1);
  stream.close(constants.NGHTTP2_CANCEL);
  await eventually(5_000, 'it ends', () => codes.length === 1);
  rawCall(context, plane.port, { 'grpc-timeout': '1S' });
  await eventually(5_000, 'the call arrives', () => begun === 2);
  plane.advance(1_100);
  await eventually(5_000, 'it ends', () => codes.length === 2);
  assert.deepEqual(codes, [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
});
