/** The four shapes of gRPC calls through the gateway, @grpc/grpc-js on both sides. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { grpcClient, grpcWorld, Metadata } from '../support/grpc.ts';
import { eventually } from '../support/waiting.ts';

const within = { timeout: 20_000 };

test('a unary call: message, metadata, binary metadata, repeated trailers', within, async (context) => {
  const { client } = await grpcWorld(context, [
    {
      unary(call, reply) {
        const head = new Metadata();
        head.set('seen', call.metadata.get('asked').join('|'));
        head.set('raw-bin', call.metadata.get('raw-bin')[0]!);
        call.sendMetadata(head);
        const trailers = new Metadata();
        trailers.add('part', 'one');
        trailers.add('part', 'two');
        trailers.set('end-bin', Buffer.from([0, 255, 10, 13]));
        reply(null, Buffer.concat([call.request, call.request]), trailers);
      },
    },
  ]);
  const metadata = new Metadata();
  metadata.add('asked', 'a');
  metadata.add('asked', 'b');
  metadata.set('raw-bin', Buffer.from([1, 0, 254]));
  const { code, message, head, trailers } = await client.unary('ab', metadata);
  assert.equal(code, status.OK);
  assert.equal(message?.toString(), 'abab');
  assert.deepEqual(head?.get('seen'), ['a, b']);
  assert.deepEqual(head?.get('raw-bin'), [Buffer.from([1, 0, 254])]);
  assert.equal(trailers.get('part').join(', '), 'one, two');
  assert.deepEqual(trailers.get('end-bin'), [Buffer.from([0, 255, 10, 13])]);
});

test('four megabytes each way', within, async (context) => {
  const { client } = await grpcWorld(context);
  const message = Buffer.alloc(4 * 1024 * 1024, 'sluice');
  const results = await Promise.all([client.unary(message), client.unary(message), client.unary('small')]);
  assert.deepEqual(
    results.map(({ code }) => code),
    [0, 0, 0],
  );
  assert.ok(results.slice(0, 2).every((result) => result.message?.equals(message) === true));
});

test('client streaming: many messages, one answer', within, async (context) => {
  const { client } = await grpcWorld(context);
  const answer = new Promise<string>((resolve, reject) => {
    const call = client.upload(new Metadata(), (error, value) => (error === null ? resolve(String(value)) : reject(error)));
    for (let index = 0; index < 50; index++) call.write(Buffer.alloc(10_000));
    call.end();
  });
  assert.equal(await answer, '500000');
});

test('server streaming: each message as it comes, then the status', within, async (context) => {
  const { client } = await grpcWorld(context);
  const seen: string[] = [];
  const call = client.download('200');
  for await (const message of call) seen.push(String(message));
  assert.equal(seen.length, 200);
  assert.equal(seen.at(-1), '199');
});

test('both ways at once: messages arrive while the other side has not ended, and half-close passes', within, async (context) => {
  const { client } = await grpcWorld(context);
  const call = client.chat();
  for (const word of ['one', 'two', 'three']) {
    call.write(Buffer.from(word));
    assert.equal(String((await once(call, 'data'))[0]), word);
  }
  call.end();
  const [{ code }] = await once(call, 'status');
  assert.equal(code, status.OK);
});

// By node:http2: grpc-js takes in memory whatever it is given.
test('a reader that does not read stops the writer, in both directions', within, async (context) => {
  const most = 256 * 1024 * 1024;
  const written = { down: 0, up: 0 };
  const server = createServer({ settings: { initialWindowSize: 65_535 } });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    if (headers[':path'] === '/test.Echo/Download') pump(stream, most, (bytes) => (written.down += bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { plane } = await grpcWorld(context, [], { endpoints: [`127.0.0.1:${(server.address() as AddressInfo).port}`] });
  const session = connect(`http://127.0.0.1:${plane.port}`);
  context.after(() => {
    session.destroy();
    server.close();
  });
  const call = (name: string): Duplex => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/test.Echo/${name}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    return stream.on('error', () => {});
  };
  call('Download').pause();
  pump(call('Upload'), most, (bytes) => (written.up += bytes));
  let before = { down: -1, up: -1 };
  await eventually(10_000, 'both writers stand still', async () => {
    const isStill = before.down === written.down && before.up === written.up && written.down > 0 && written.up > 0;
    before = { ...written };
    if (!isStill) await new Promise((resolve) => setTimeout(resolve, 200));
    return isStill;
  });
  const bound = 12 * 1024 * 1024; // windows on both sides, and the sockets' own buffers
  assert.ok(written.down < bound, `the service wrote ${written.down} bytes that nobody reads`);
  assert.ok(written.up < bound, `the client wrote ${written.up} bytes that nobody reads`);
});

/** Writes as fast as the other side takes it. */
function pump(into: Duplex, bytesMax: number, count: (bytes: number) => number): void {
  const chunk = Buffer.alloc(64 * 1024);
  const more = (): void => {
    while (!into.destroyed && count(chunk.length) < bytesMax) if (!into.write(chunk)) return void into.once('drain', more);
  };
  more();
}

test('a client that cancels ends the call at the service at once', within, async (context) => {
  let cancelled = 0;
  let begun = 0;
  const { client } = await grpcWorld(context, [
    {
      chat(call) {
        begun++;
        call.write(Buffer.from('hello'));
        call.on('cancelled', () => cancelled++);
        call.on('error', () => {});
      },
      unary(call) {
        begun++;
        call.on('cancelled', () => cancelled++);
      },
    },
  ]);
  const chat = client.chat();
  chat.on('error', () => {});
  await once(chat, 'data');
  chat.cancel();
  await eventually(2_000, 'the service hears of it', () => cancelled === 1);
  const { code } = await client.unary('x', new Metadata(), { deadline: Date.now() + 100 });
  assert.equal(code, status.DEADLINE_EXCEEDED);
  await eventually(2_000, 'the service hears of it', () => cancelled === 2);
  assert.equal(begun, 2);
});

test('a service that ends early is heard, and the rest of the request is not asked for', within, async (context) => {
  const { client } = await grpcWorld(context, [
    {
      upload(call, reply) {
        call.once('data', () => reply({ code: status.RESOURCE_EXHAUSTED, details: 'enough: 50 % of it' }));
        call.on('error', () => {});
      },
    },
  ]);
  const ended = new Promise<{ code: number; details: string }>((resolve) => {
    const call = client.upload();
    call.on('error', () => {});
    call.on('status', resolve);
    call.write(Buffer.from('one'));
  });
  const { code, details } = await ended;
  assert.deepEqual([code, details], [status.RESOURCE_EXHAUSTED, 'enough: 50 % of it']);
  assert.equal((await client.unary('still there')).code, 0);
});

test('a compressed message passes as it is', within, async (context) => {
  const { plane } = await grpcWorld(context);
  const client = grpcClient(context, plane.port, { 'grpc.default_compression_algorithm': 2 });
  const message = Buffer.alloc(100_000, 'a');
  const { code, message: answer } = await client.unary(message);
  assert.equal(code, 0);
  assert.ok(answer?.equals(message) === true);
});

test('the calls of one client connection are spread over the endpoints', within, async (context) => {
  const counts = [0, 0];
  const counting = counts.map((_, index) => ({
    unary: (call: { request: Buffer }, reply: (error: null, value: Buffer) => void) => {
      counts[index]!++;
      setTimeout(() => reply(null, call.request), 5);
    },
  }));
  for (const balance of ['least-connections', 'p2c'] as const) {
    counts.fill(0);
    const { client } = await grpcWorld(context, counting, { balance });
    await Promise.all(Array.from({ length: 100 }, () => client.unary('x')));
    assert.ok(counts[0]! > 30 && counts[1]! > 30, `${balance}: ${counts.join(' and ')}`);
  }
});
