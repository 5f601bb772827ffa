/** Relayed connections over real sockets: every byte, every end, and no more memory than agreed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { freePort } from '../../io/ports.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { startLayer4, streamPlan } from '../../../test/support/layer4-plane.ts';
import { servicePlan } from '../../../test/support/plans.ts';
import { RawClient } from '../../../test/support/raw-client.ts';
import { eventually } from '../../../test/support/waiting.ts';

async function server(
  onSocket: (socket: Socket) => void,
): Promise<Server & { readonly port: number; readonly sockets: Socket[] } & AsyncDisposable> {
  const sockets: Socket[] = [];
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return Object.assign(listening, {
    port: (listening.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listening.close(resolve));
    },
  });
}

async function world(
  ports: readonly number[],
  listener: Parameters<typeof streamPlan>[3] = {},
  service: Parameters<typeof servicePlan>[2] = {},
) {
  const port = await freePort('127.0.0.1');
  const plane = await startLayer4(
    [streamPlan('db', port, 'db', listener)],
    [
      servicePlan(
        'db',
        ports.map((each) => `127.0.0.1:${each}`),
        service,
      ),
    ],
  );
  return Object.assign(plane, { port });
}

describe('bytes', () => {
  test('come out as they went in, both ways, however they are cut', async () => {
    await using echo = await server((socket) => socket.pipe(socket));
    await using plane = await world([echo.port]);
    const random = seededRandom(11);
    const sent = createHash('sha256');
    const got = createHash('sha256');
    using client = await RawClient.open(plane.port);
    let received = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      got.update(chunk);
    });
    let total = 0;
    for (let index = 0; index < 400; index++) {
      const chunk = Buffer.alloc(1 + Math.floor(random() ** 4 * 200_000), index);
      sent.update(chunk);
      total += chunk.length;
      if (!client.socket.write(chunk)) await new Promise((resolve) => client.socket.once('drain', resolve));
    }
    client.socket.end();
    assert.equal(await client.ended(), 'fin');
    assert.equal(received, total);
    assert.equal(got.digest('hex'), sent.digest('hex'));
    await eventually(2_000, 'it is over', () => plane.table.inflight[0] === 0);
    assert.deepEqual(plane.leftovers(), {});
    assert.equal(plane.board.row('listener', 0)[8], total);
  });

  test('of a server that speaks first come at once', async () => {
    await using greeter = await server((socket) => socket.write('220 hello\r\n'));
    await using plane = await world([greeter.port]);
    using client = await RawClient.open(plane.port);
    await client.until('the greeting', (text) => text === '220 hello\r\n');
  });

  test('wait where they are while one side does not take them', async () => {
    await using slow = await server((socket) => socket.pause());
    await using plane = await world([slow.port]);
    using client = await RawClient.open(plane.port);
    await eventually(2_000, 'it is connected', () => slow.sockets.length === 1);
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(1024 * 1024);
    let accepted = 0;
    for (let index = 0; index < 64; index++) client.socket.write(chunk, () => accepted++);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(accepted < 32, `the kernel's buffers are not endless, got ${accepted} MiB`);
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024);
    slow.sockets[0]!.resume();
    await eventually(5_000, 'the rest goes on', () => accepted === 64);
  });

  test('to a client that does not read wait at the endpoint', async () => {
    let written = 0;
    await using source = await server((socket) => {
      const more = (): void => void socket.write(Buffer.alloc(1024 * 1024), () => ((written += 1), written < 64 && more()));
      more();
    });
    await using plane = await world([source.port]);
    using client = await RawClient.open(plane.port);
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(written < 32, `the kernel's buffers are not endless, got ${written} MiB`);
    client.socket.resume();
    await eventually(5_000, 'the rest comes', () => client.text.length >= 64 * 1024 * 1024 - 1);
  });
});

describe('what a client says before an endpoint has its connection', () => {
  const limits = { ...servicePlan('x', []).limits, requestsMax: 1, queueMax: 10 };

  test('is held to a bound, and arrives whole with its end', async () => {
    const sums: string[] = [];
    await using sink = await server((socket) => {
      const sum = createHash('sha256');
      socket.on('data', (chunk) => sum.update(chunk));
      socket.on('end', () => {
        sums.push(sum.digest('hex'));
        socket.end('got it');
      });
    });
    await using plane = await world([sink.port], {}, { limits });
    const first = await RawClient.open(plane.port);
    await eventually(2_000, 'the place is taken', () => sink.sockets.length === 1);
    using second = await RawClient.open(plane.port);
    const bytes = Buffer.from(Array.from({ length: 16 * 1024 * 1024 }, (_, index) => index % 251));
    let isTaken = false;
    second.socket.write(bytes, () => (isTaken = true));
    second.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(isTaken, false, 'more than is held stays with the client');
    first.socket.end();
    await second.until('the answer', (text) => text === 'got it');
    assert.equal(sums[1], createHash('sha256').update(bytes).digest('hex'));
    assert.equal(await second.ended(), 'fin');
    first.socket.destroy();
    await eventually(2_000, 'both are over', () => plane.table.inflight[0] === 0);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('may be nothing but its end', async () => {
    await using greeter = await server((socket) => socket.on('end', () => socket.end('bye')).resume());
    await using plane = await world([greeter.port], {}, { limits });
    const first = await RawClient.open(plane.port);
    await eventually(2_000, 'the place is taken', () => greeter.sockets.length === 1);
    using second = await RawClient.open(plane.port);
    second.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(greeter.sockets.length, 1);
    first.socket.destroy();
    await second.until('the answer', (text) => text === 'bye');
  });

  test('is forgotten with a client that goes', async () => {
    await using greeter = await server((socket) => socket.resume());
    await using plane = await world([greeter.port], {}, { limits });
    using _first = await RawClient.open(plane.port);
    await eventually(2_000, 'the place is taken', () => greeter.sockets.length === 1);
    const second = await RawClient.open(plane.port);
    second.write('hello');
    await eventually(2_000, 'it waits', () => plane.board.connections(0) === 2);
    second.socket.resetAndDestroy();
    await eventually(2_000, 'it is gone', () => plane.board.connections(0) === 1);
    assert.equal(greeter.sockets.length, 1);
  });
});

describe('an end', () => {
  test("of the client's side leaves the other open", async () => {
    await using origin = await hostileOrigin(() => {});
    await using plane = await world([origin.port]);
    using client = await RawClient.open(plane.port);
    client.write('question');
    client.socket.end();
    await eventually(2_000, 'the end arrives', () => origin.connections[0]?.ending === 'fin');
    assert.equal(origin.connections[0]!.received, 'question');
    origin.connections[0]!.write('answer');
    await client.until('the answer', (text) => text === 'answer');
    origin.connections[0]!.end();
    assert.equal(await client.ended(), 'fin');
    await eventually(2_000, 'it is over', () => plane.table.inflight[0] === 0);
    assert.equal(plane.board.row('listener', 0)[2], 1);
  });

  test("of the endpoint's side leaves the other open", async () => {
    await using origin = await hostileOrigin(() => {});
    await using plane = await world([origin.port]);
    using client = await RawClient.open(plane.port);
    await eventually(2_000, 'it is connected', () => origin.connections.length === 1);
    origin.connections[0]!.end();
    assert.equal(await client.ended(), 'fin');
    client.write('still here');
    await origin.connections[0]!.until((received) => received === 'still here');
    client.socket.end();
    await eventually(2_000, 'it is over', () => plane.table.inflight[0] === 0);
  });

  test('by a reset is passed on as one, from either side', async () => {
    await using origin = await hostileOrigin(() => {});
    await using plane = await world([origin.port]);
    using first = await RawClient.open(plane.port);
    first.write('x');
    await eventually(2_000, 'it is connected', () => origin.connections[0]?.received === 'x');
    origin.connections[0]!.reset();
    assert.equal(await first.ended(), 'reset');
    using second = await RawClient.open(plane.port);
    second.write('x');
    await eventually(2_000, 'it is connected', () => origin.connections[1]?.received === 'x');
    second.socket.resetAndDestroy();
    await eventually(2_000, 'the reset arrives', () => origin.connections[1]!.ending === 'reset');
    await eventually(2_000, 'both are over', () => plane.table.inflight[0] === 0);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('comes after silence', async () => {
    await using origin = await hostileOrigin(() => {});
    await using plane = await world([origin.port], { timeouts: { handshakeMs: 1_000, idleMs: 60_000, halfClosedMs: 5_000 } });
    using client = await RawClient.open(plane.port);
    await eventually(2_000, 'it is connected', () => origin.connections.length === 1);
    plane.advance(59_000);
    client.write('x');
    await origin.connections[0]!.until((received) => received === 'x');
    plane.advance(59_000);
    assert.equal(client.ending, 'open');
    plane.advance(2_000);
    assert.equal(await client.ended(), 'fin');
    await eventually(2_000, 'the endpoint sees it', () => origin.connections[0]!.ending === 'fin');
  });

  test('of one side is followed by the other in time', async () => {
    await using origin = await hostileOrigin(() => {});
    await using plane = await world([origin.port], { timeouts: { handshakeMs: 1_000, idleMs: 60_000, halfClosedMs: 5_000 } });
    using client = await RawClient.open(plane.port);
    client.socket.end();
    await eventually(2_000, 'the end arrives', () => origin.connections[0]?.ending === 'fin');
    plane.advance(6_000);
    assert.equal(await client.ended(), 'fin');
    assert.deepEqual(plane.leftovers(), {});
  });

  test('that is on its way does not keep a connection from being cut', async () => {
    await using origin = await hostileOrigin((connection) => {
      connection.write('x'.repeat(16 * 1024 * 1024));
      connection.end();
    });
    await using plane = await world([origin.port], { timeouts: { handshakeMs: 1_000, idleMs: 60_000, halfClosedMs: 60_000 } });
    using client = await RawClient.open(plane.port);
    client.socket.pause();
    await eventually(5_000, 'much is under way', () => plane.board.connections(0) === 1 && origin.connections[0]?.ending === null);
    await new Promise((resolve) => setTimeout(resolve, 100));
    plane.plane.close();
    client.socket.resume();
    await client.ended();
    assert.ok(client.text.length < 16 * 1024 * 1024);
    assert.deepEqual(plane.leftovers(), {});
  });

  test('that was sent and not taken yet does not, either', async () => {
    await using origin = await hostileOrigin((connection) => connection.end());
    await using plane = await world([origin.port]);
    using client = await RawClient.open(plane.port);
    client.socket.once('end', () => plane.plane.close());
    await client.ended();
    await eventually(2_000, 'the endpoint sees it', () => origin.connections[0]!.ending !== null);
    assert.deepEqual(plane.leftovers(), {});
  });
});
