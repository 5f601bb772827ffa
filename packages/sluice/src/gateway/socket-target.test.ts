/** Output of HTTP/2 sessions on real sockets: in order, and no block is used again before its socket has done with it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { BlockPool, LARGE_BYTES } from '../core/http2/block-pool.ts';
import { eventually } from '../../test/support/waiting.ts';
import { SocketTarget } from './socket-target.ts';

interface Pair extends AsyncDisposable {
  readonly near: Socket;
  readonly far: Socket;
}

async function pair(): Promise<Pair> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  for (const socket of [near, far]) socket.on('error', () => {});
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.destroy();
      far.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Notes what is given back. */
class WatchedPool extends BlockPool {
  readonly given: Uint8Array[] = [];
  constructor() {
    super((bytes) => Buffer.allocUnsafeSlow(bytes));
  }
  override give(block: Uint8Array): void {
    this.given.push(block);
    super.give(block);
  }
}

function filled(size: number, byte: number): Buffer {
  return Buffer.alloc(size, byte);
}

test('pieces of one call leave as one, in order', async () => {
  await using sockets = await pair();
  const target = new SocketTarget(sockets.near, new WatchedPool());
  let text = '';
  sockets.far.on('data', (chunk: Buffer) => (text += chunk.toString()));
  target.write(Buffer.from('one, '), 0, 5);
  target.write(Buffer.from('xtwo, x'), 1, 6);
  target.write(Buffer.from(''), 0, 0);
  target.write(Buffer.from('three'), 0, 5);
  assert.equal(target.finish(), false, 'the socket took all of it: the caller has its blocks back');
  await eventually(2_000, 'all is there', () => text === 'one, two, three');
});

test('blocks that the socket could not take come back when they have left, and not before', async () => {
  await using sockets = await pair();
  const pool = new WatchedPool();
  const target = new SocketTarget(sockets.near, pool);
  const blocks: Buffer[] = [];
  sockets.far.pause();
  let kept = 0;
  for (let index = 0; index < 100; index++) {
    const block = filled(LARGE_BYTES, index);
    blocks.push(block);
    target.write(block, 0, LARGE_BYTES);
    if (target.finish()) kept++;
  }
  assert.ok(kept > 10, `${kept} kept`);
  assert.equal(pool.given.length, 0);
  let seen = 0;
  sockets.far.on('data', (chunk: Buffer) => {
    for (const byte of chunk) assert.equal(byte, Math.floor(seen++ / LARGE_BYTES));
  });
  sockets.far.resume();
  await eventually(5_000, 'all is there', () => seen === 100 * LARGE_BYTES);
  await eventually(2_000, 'all are back', () => pool.given.length === kept);
  assert.deepEqual(pool.given, blocks.slice(100 - kept));
});

test('blocks of a socket that is destroyed are left to the collector', async () => {
  await using sockets = await pair();
  const pool = new WatchedPool();
  const target = new SocketTarget(sockets.near, pool);
  sockets.far.pause();
  for (let index = 0; index < 100; index++) {
    target.write(filled(LARGE_BYTES, index), 0, LARGE_BYTES);
    target.finish();
  }
  sockets.near.destroy();
  await once(sockets.near, 'close');
  assert.deepEqual(pool.given, []);
  target.write(filled(10, 1), 0, 10);
  assert.equal(target.finish(), true);
});
