/** 4 GiB up and down, streamed from memory: the gateway's resident memory stays under 100 MiB, and every byte is counted. */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { buildProgram } from '../support/built-program.ts';
import { oneOrigin, startGateway } from '../support/gateway.ts';
import { peakResidentBytes } from '../support/memory.ts';
import { within } from '../support/waiting.ts';

const GIB = 1024 ** 3;
const SIZE = 4 * GIB;
const BLOCK = Buffer.alloc(256 * 1024, 'x');
const LIMIT_BYTES = 100 * 1024 * 1024;

let built: ReturnType<typeof buildProgram>;

before(() => {
  built = buildProgram();
});

after(() => built?.remove());

/** Writes `size` bytes with backpressure. */
function pour(socket: Socket, size: number): void {
  let left = size;
  const more = (): void => {
    while (left > 0) {
      const block = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
      left -= block.length;
      if (!socket.write(block)) return void socket.once('drain', more);
    }
  };
  more();
}

/** Counts what arrives after the head; calls `done` with the count at `size` bytes. */
function drinkAfterHead(socket: Socket, size: number, done: (received: number) => void): void {
  let head = '';
  let received = -1;
  socket.on('data', (chunk: Buffer) => {
    if (received >= 0) received += chunk.length;
    else {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end >= 0) received = head.length - end - 4;
    }
    if (received >= size) done(received);
  });
}

/** An origin that sends SIZE bytes to GET and counts those of PUT. */
async function startBigOrigin(): Promise<{
  readonly port: number;
  readonly uploaded: Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const sockets = new Set<Socket>();
  const server = createServer({ highWaterMark: 1024 * 1024 }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => {
      if (chunk.toString('latin1').startsWith('GET')) {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
        return pour(socket, SIZE);
      }
      drinkAfterHead(socket, SIZE, (received) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
        resolve(received);
      });
      socket.emit('data', chunk);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    uploaded: promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

for (const direction of ['download', 'upload'] as const) {
  test(`a ${direction} of 4 GiB runs in under 100 MiB of resident memory`, { timeout: 90_000 }, async () => {
    await using origin = await startBigOrigin();
    await using gateway = await startGateway(oneOrigin(origin.port), { program: built.program });
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
    const received = new Promise<number>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed before the end')));
      drinkAfterHead(socket, direction === 'download' ? SIZE : 4, resolve);
    });
    if (direction === 'download') socket.write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');
    else {
      socket.write(`PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
      pour(socket, SIZE);
    }
    const count = await within(80_000, `${direction} ends`, received);
    const peak = peakResidentBytes(gateway.pid);
    socket.destroy();
    assert.equal(direction === 'download' ? count : await origin.uploaded, SIZE);
    assert.ok(peak < LIMIT_BYTES, `peak resident memory was ${(peak / 1024 / 1024).toFixed(1)} MiB`);
  });
}
