/** Compressed requests: decoded, checked, and refused, through a worker to a real origin. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ConfigInput } from '../../config/schema/config.ts';
import { planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';

interface World extends AsyncDisposable {
  readonly world: TestPlane;
  readonly seen: { readonly headers: IncomingHttpHeaders; readonly body: Buffer }[];
}

async function behind(options: object = {}): Promise<World> {
  const seen: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer((asked, reply) => {
    void asked.toArray().then((pieces) => {
      seen.push({ headers: asked.headers, body: Buffer.concat(pieces) });
      reply.end('ok');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const filters = [{ decompressLimit: options }] as NonNullable<ConfigInput['filters']>;
  const world = await startPlane(planeTo((server.address() as AddressInfo).port, { routes: [{ path: '/*', to: 'origin', filters }] }));
  return {
    world,
    seen,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Sending {
  readonly coding?: string;
  readonly headers?: Record<string, string>;
  /** Without a length. */
  readonly isChunked?: boolean;
}

async function send(
  world: TestPlane,
  body: Buffer,
  { coding, headers = {}, isChunked = false }: Sending = {},
): Promise<{ status: number; accepts: unknown }> {
  const fields = {
    ...headers,
    ...(coding === undefined ? {} : { 'Content-Encoding': coding }),
    ...(isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) }),
  };
  const asked = request({ port: world.port, host: '127.0.0.1', method: 'POST', headers: fields, agent: false });
  asked.on('error', () => {});
  asked.end(body);
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  reply.resume();
  return { status: reply.statusCode!, accepts: reply.headers['accept-encoding'] };
}

const TEXT = Buffer.from(JSON.stringify(Array.from({ length: 4000 }, (_, id) => ({ id, name: `user ${id}` }))));
const ENCODERS = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, zstd: zstdCompressSync };

describe('a request', () => {
  for (const [coding, encode] of Object.entries(ENCODERS)) {
    for (const isChunked of [false, true]) {
      test(`in ${coding}${isChunked ? ' and chunks' : ''} reaches the service decoded`, async () => {
        await using origin = await behind();
        const digest = { 'Content-Digest': 'sha-256=:x:', 'Content-MD5': 'x' };
        assert.equal((await send(origin.world, encode(TEXT), { coding, isChunked, headers: digest })).status, 200);
        const [{ headers, body }] = origin.seen as [World['seen'][number]];
        assert.ok(body.equals(TEXT));
        assert.equal(headers['content-length'], String(TEXT.length));
        for (const name of ['content-encoding', 'transfer-encoding', 'content-digest', 'content-md5'])
          assert.equal(headers[name], undefined, name);
      });
    }
  }

  test('that waits for a 100 is told to go on', async () => {
    await using origin = await behind();
    const body = gzipSync(TEXT);
    const headers = { Expect: '100-continue', 'Content-Encoding': 'gzip', 'Content-Length': String(body.length) };
    const asked = request({ port: origin.world.port, host: '127.0.0.1', method: 'POST', headers, agent: false });
    asked.flushHeaders();
    await once(asked, 'continue');
    asked.end(body);
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    reply.resume();
    assert.equal(reply.statusCode, 200);
    assert.ok(origin.seen[0]!.body.equals(TEXT));
  });

  test('is passed on as it came where it is only checked', async () => {
    await using origin = await behind({ mode: 'check' });
    const body = gzipSync(TEXT);
    assert.equal((await send(origin.world, body, { coding: 'gzip' })).status, 200);
    const [{ headers, body: arrived }] = origin.seen as [World['seen'][number]];
    assert.deepEqual([arrived.equals(body), headers['content-encoding']], [true, 'gzip']);
  });

  test('without a coding is none of our business', async () => {
    await using origin = await behind();
    assert.equal((await send(origin.world, TEXT)).status, 200);
    assert.equal((await send(origin.world, TEXT, { coding: 'identity' })).status, 200);
    assert.ok(origin.seen.every(({ body }) => body.equals(TEXT)));
  });

  test('of nothing, coded, is a request without content', async () => {
    await using origin = await behind();
    assert.equal((await send(origin.world, gzipSync(''), { coding: 'gzip' })).status, 200);
    assert.equal(origin.seen[0]!.headers['content-length'], '0');
  });
});

describe('refused, and seen by no service, is', () => {
  const bomb = Buffer.alloc(8 << 20);
  const cases: readonly (readonly [what: string, body: Buffer, sending: Sending, status: number, options?: object])[] = [
    ['a gzip bomb', gzipSync(bomb), { coding: 'gzip' }, 413],
    ['a deflate bomb', deflateSync(bomb), { coding: 'deflate' }, 413],
    ['a zstd bomb', zstdCompressSync(bomb), { coding: 'zstd' }, 413],
    ['a bomb in chunks', gzipSync(bomb), { coding: 'gzip', isChunked: true }, 413],
    ['a bomb that is to be checked only', gzipSync(bomb), { coding: 'gzip' }, 413, { mode: 'check' }],
    ['content that is larger than the bound when decoded', gzipSync(TEXT), { coding: 'gzip' }, 413, { max: '64KiB' }],
    ['content whose length is larger than the bound', TEXT, { coding: 'gzip' }, 413, { max: '2KiB' }],
    ['content in chunks that is larger than the bound', TEXT, { coding: 'gzip', isChunked: true }, 413, { max: '2KiB' }],
    ['brotli', brotliCompressSync(TEXT), { coding: 'br' }, 415],
    ['a coding in a coding', gzipSync(gzipSync(TEXT)), { coding: 'gzip, gzip' }, 415],
    ['a coding that nobody knows', TEXT, { coding: 'rot13' }, 415],
    ['what is no gzip', TEXT, { coding: 'gzip' }, 400],
    ['gzip that ends too soon', gzipSync(TEXT).subarray(0, -10), { coding: 'gzip' }, 400],
    ['gzip with a wrong sum', Buffer.concat([gzipSync(TEXT).subarray(0, -8), Buffer.alloc(8)]), { coding: 'gzip' }, 400],
    ['gzip with something behind it', Buffer.concat([gzipSync(TEXT), Buffer.from('GET / HTTP/1.1')]), { coding: 'gzip' }, 400],
    ['zstd that ends too soon', zstdCompressSync(TEXT).subarray(0, -10), { coding: 'zstd' }, 400],
    ['deflate without its zlib frame', Buffer.from([0x4b, 0x04, 0x00]), { coding: 'deflate' }, 400],
  ];
  for (const [what, body, sending, status, options] of cases) {
    test(`${what}: ${status}`, async () => {
      await using origin = await behind(options);
      const said = await send(origin.world, body, sending);
      assert.deepEqual([said.status, said.accepts], [status, status === 415 ? 'gzip, deflate, zstd' : undefined]);
      assert.deepEqual(origin.seen, []);
    });
  }
});

test('what is highly regular, but small, is no bomb', async () => {
  await using origin = await behind({ ratio: 10 });
  const body = Buffer.alloc(60_000, 'a');
  assert.equal((await send(origin.world, gzipSync(body), { coding: 'gzip' })).status, 200);
  assert.ok(origin.seen[0]!.body.equals(body));
});
