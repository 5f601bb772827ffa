/** gRPC-Web by plain HTTP, over both versions, in front of a grpc-js server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { status } from '@grpc/grpc-js';
import { type EchoHandlers, grpcWorld, Metadata } from '../support/grpc.ts';
import { eventually } from '../support/waiting.ts';

const within = { timeout: 20_000 };

function message(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** The frames of a body: messages as they are, trailers in angle brackets. */
function frames(body: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    const text = body.toString('latin1', at + 5, end);
    found.push(body[at] === 0x80 ? `<${text}>` : text);
    at = end;
  }
  return found;
}

/** Groups of base64 that are padded on their own. */
function decoded(text: string): Buffer {
  return Buffer.concat((text.match(/[^=]+={0,2}/g) ?? []).map((piece) => Buffer.from(piece, 'base64')));
}

interface WebReply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

interface WebRequest {
  readonly port: number;
  readonly path?: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | string;
}

async function overHttp1({ port, path = '/test.Echo/Unary', headers, body }: WebRequest): Promise<WebReply> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) };
}

async function overHttp2({ port, path = '/test.Echo/Unary', headers, body }: WebRequest): Promise<WebReply> {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
  stream.end(body);
  const [head] = await once(stream, 'response');
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  session.close();
  return { status: Number(head[':status']), headers: head, body: Buffer.concat(parts) };
}

const rewrite = { responseHeaders: { set: { 'access-control-expose-headers': 'grpc-status, grpc-message' } } };

function webWorld(context: TestContext, handlers: readonly EchoHandlers[] = [{}], service: object = {}) {
  return grpcWorld(context, handlers, service, { routes: [{ grpc: 'test.Echo/*', to: 'echo', grpcWeb: true, rewrite }] });
}

const BINARY = { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' };
const TEXT = { 'content-type': 'application/grpc-web-text' };

for (const [name, send] of [
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
] as const) {
  test(`${name}: a binary call`, within, async (context) => {
    const seen: unknown[] = [];
    const { plane } = await webWorld(context, [
      {
        unary(call, reply) {
          seen.push(call.metadata.get('x-asked'), call.metadata.get('content-type'));
          const head = new Metadata();
          head.set('x-said', 'yes');
          call.sendMetadata(head);
          const trailers = new Metadata();
          trailers.set('cost', '7');
          reply(null, call.request, trailers);
        },
      },
    ]);
    const reply = await send({ port: plane.port, headers: { ...BINARY, 'x-asked': 'it' }, body: message('hello') });
    assert.deepEqual(
      [reply.status, reply.headers['content-type'], reply.headers['x-said'], reply.headers['grpc-status']],
      [200, 'application/grpc-web+proto', 'yes', undefined],
    );
    const [content, trailers, ...more] = frames(reply.body);
    assert.deepEqual([content, more], ['hello', []]);
    assert.match(trailers!, /^<(?:[a-z-]+: [^\r]*\r\n)+>$/);
    assert.match(trailers!, /[<\n]grpc-status: 0\r\n/);
    assert.match(trailers!, /[<\n]cost: 7\r\n/);
    assert.deepEqual(seen, [['it'], []]);
  });

  test(`${name}: a call in base64, which may come in padded pieces`, within, async (context) => {
    const { plane } = await webWorld(context);
    const bytes = message('hello, text');
    const body = bytes.subarray(0, 7).toString('base64') + bytes.subarray(7).toString('base64');
    const reply = await send({ port: plane.port, headers: TEXT, body });
    assert.deepEqual([reply.status, reply.headers['content-type']], [200, 'application/grpc-web-text+proto']);
    const [content, trailers] = frames(decoded(reply.body.toString('latin1')));
    assert.equal(content, 'hello, text');
    assert.match(trailers!, /grpc-status: 0\r\n/);
  });

  test(`${name}: server streaming; Accept chooses the form of the reply`, within, async (context) => {
    const { plane } = await webWorld(context);
    const headers = { ...BINARY, accept: 'application/grpc-web-text' };
    const reply = await send({ port: plane.port, path: '/test.Echo/Download', headers, body: message('5') });
    const found = frames(decoded(reply.body.toString('latin1')));
    assert.deepEqual(found.slice(0, 5), ['0', '1', '2', '3', '4']);
    assert.match(found[5]!, /^<.*grpc-status: 0/s);
  });

  test(`${name}: a call that ends before it begins has its status in the head`, within, async (context) => {
    const { plane } = await webWorld(context, [{ unary: (_call, reply) => reply({ code: status.NOT_FOUND, details: 'no-such-thing' }) }]);
    const reply = await send({ port: plane.port, headers: BINARY, body: message('x') });
    assert.deepEqual(
      [reply.status, reply.headers['content-type'], reply.headers['grpc-status'], reply.headers['grpc-message'], reply.body.length],
      [200, 'application/grpc-web+proto', '5', 'no-such-thing', 0],
    );
  });

  test(`${name}: what is no base64 is refused, and so is half a group`, within, async (context) => {
    const { plane } = await webWorld(context, [{ unary: () => {} }]);
    for (const body of ['!!!!', 'AAAAAAFh?', 'AAAAAAFhY']) {
      const reply = await send({ port: plane.port, headers: TEXT, body });
      assert.deepEqual(
        [reply.status, reply.headers['content-type'], reply.headers['grpc-status']],
        [200, 'application/grpc-web-text', '13'],
        body,
      );
    }
  });
}

test('each message of a stream is sent as it comes, readable by itself', within, async (context) => {
  let next: (() => void) | null = null;
  const { plane } = await webWorld(context, [
    {
      download(call) {
        call.write(Buffer.from('first'));
        next = () => {
          call.write(Buffer.from('second'));
          call.end();
        };
      },
    },
  ]);
  const response = await fetch(`http://127.0.0.1:${plane.port}/test.Echo/Download`, {
    method: 'POST',
    headers: TEXT,
    body: message('').toString('base64'),
  });
  const reader = response.body!.getReader();
  let first = '';
  while (decoded(first).length < 10) first += Buffer.from((await reader.read()).value ?? []).toString('latin1');
  assert.deepEqual(frames(decoded(first)), ['first']);
  next!();
  let rest = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) rest += Buffer.from(piece.value).toString('latin1');
  assert.deepEqual(frames(decoded(rest))[0], 'second');
});

test('refusals of ours speak gRPC-Web, and the rules of gRPC hold', within, async (context) => {
  let calls = 0;
  const { plane } = await webWorld(context, [{ unary: () => void calls++ }]);
  const headers = { ...BINARY, 'grpc-timeout': '2S' };
  const waiting = overHttp1({ port: plane.port, headers, body: message('x') });
  await eventually(5_000, 'the call arrives', () => calls === 1);
  plane.advance(2_100);
  const reply = await waiting;
  assert.deepEqual([reply.status, reply.headers['content-type'], reply.headers['grpc-status']], [200, 'application/grpc-web+proto', '4']);
  assert.equal(reply.headers['access-control-expose-headers'], 'grpc-status, grpc-message');
  const other = await overHttp1({ port: plane.port, path: '/no.Such/Call', headers: BINARY, body: message('x') });
  assert.equal(other.status, 404, 'without a route it is not known whether gRPC-Web is meant');
});

test('a megabyte in base64 each way', within, async (context) => {
  const { plane } = await webWorld(context);
  const text = 'sluice '.repeat(150_000);
  const reply = await overHttp1({ port: plane.port, headers: TEXT, body: message(text).toString('base64') });
  assert.equal(frames(decoded(reply.body.toString('latin1')))[0], text);
});

/** A service that answers as told, also as grpc-js would not. */
async function rawService(context: TestContext, answer: (stream: ServerHttp2Stream) => void): Promise<string> {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.resume();
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a length that the service gives is not that of what is sent', within, async (context) => {
  const endpoint = await rawService(context, (stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc', 'content-length': 7 };
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(message('ab'));
  });
  const { plane } = await webWorld(context, [], { endpoints: [endpoint] });
  for (const send of [overHttp1, overHttp2]) {
    const reply = await send({ port: plane.port, headers: BINARY, body: message('x') });
    assert.equal(reply.headers['content-length'], undefined);
    assert.deepEqual(frames(reply.body), ['ab', '<grpc-status: 0\r\n>']);
  }
});

test('a reply that breaks off in a message is cut, not ended by a frame', within, async (context) => {
  const endpoint = await rawService(context, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.from([0, 0, 0, 0, 9, 0x61]));
    setTimeout(() => stream.session?.destroy(), 50);
  });
  const { plane } = await webWorld(context, [], { endpoints: [endpoint] });
  for (const send of [overHttp1, overHttp2]) await assert.rejects(send({ port: plane.port, headers: BINARY, body: message('x') }));
});

test('a reply that is no gRPC passes as it is', within, async (context) => {
  const endpoint = await rawService(context, (stream) => {
    stream.respond({ ':status': 503, 'content-type': 'text/html' });
    stream.end('<p>later</p>');
  });
  const { plane } = await webWorld(context, [], { endpoints: [endpoint] });
  const reply = await overHttp1({ port: plane.port, headers: TEXT, body: message('x').toString('base64') });
  assert.deepEqual([reply.status, reply.headers['content-type'], reply.body.toString()], [503, 'text/html', '<p>later</p>']);
});
