/** Compressed replies as clients get them: through a worker, from real origins, over both versions of HTTP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type RequestListener } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from 'node:zlib';
import { seededRandom } from '../../base/random.ts';
import type { ConfigInput } from '../../config/schema/config.ts';
import { planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { hostileOrigin } from '../../../test/support/hostile-origin.ts';
import { RawClient } from '../../../test/support/raw-client.ts';

type Filters = NonNullable<ConfigInput['filters']>;

const PAGE = Buffer.from('<p>The quick brown fox jumps over the lazy dog.</p>\n'.repeat(400));
/** So short that it is coded at once. */
const NOTE = PAGE.subarray(0, 4_000);

interface World extends AsyncDisposable {
  readonly world: TestPlane;
  /** Requests that reached the origin. */
  readonly seen: IncomingHttpHeaders[];
}

async function behind(origin: RequestListener, filters: Filters = ['compress']): Promise<World> {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((asked, reply) => {
    seen.push(asked.headers);
    origin(asked, reply);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const world = await startPlane(planeTo(port, { routes: [{ path: '/*', to: 'origin', filters }] }));
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

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function get(port: number, headers: Record<string, string>, method = 'GET'): Promise<Reply> {
  const asked = request({ port, host: '127.0.0.1', method, path: '/', headers, agent: false }).end();
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: reply.statusCode!, headers: reply.headers, body: Buffer.concat(await reply.toArray()) };
}

const page =
  (fields: Record<string, string> = {}, status = 200, body: Buffer = PAGE): RequestListener =>
  (_asked, reply) =>
    void reply.writeHead(status, { 'Content-Type': 'text/html', 'Content-Length': String(body.length), ...fields }).end(body);

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };

describe('a reply', () => {
  for (const coding of ['gzip', 'br', 'zstd'] as const) {
    test(`in ${coding} is what its origin sent`, async () => {
      await using origin = await behind(page());
      const { headers, body } = await get(origin.world.port, { 'Accept-Encoding': coding });
      assert.deepEqual([headers['content-encoding'], headers['vary'], headers['content-length']], [coding, 'Accept-Encoding', undefined]);
      assert.ok(body.length < PAGE.length / 10);
      assert.deepEqual(DECODERS[coding](body), PAGE);
    });

    test(`in ${coding} that is short is what its origin sent, and so is one that comes a byte at a time`, async () => {
      await using origin = await behind((asked, reply) => {
        if (asked.headers['x-slow'] === undefined) return page({}, 200, NOTE)(asked, reply);
        reply.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': '2000' });
        let at = 0;
        const feed = (): void => void (at === 2000 ? reply.end() : reply.write(NOTE.subarray(at, (at += 100)), () => setImmediate(feed)));
        feed();
      });
      const { headers, body } = await get(origin.world.port, { 'Accept-Encoding': coding });
      assert.equal(headers['content-encoding'], coding);
      assert.deepEqual(DECODERS[coding](body), NOTE);
      const slow = await get(origin.world.port, { 'Accept-Encoding': coding, 'X-Slow': 'yes' });
      assert.deepEqual(DECODERS[coding](slow.body), NOTE.subarray(0, 2000));
    });

    test(`in ${coding} of 3 MiB in pieces, without a length, is what its origin sent`, async () => {
      const pieces = Array.from({ length: 300 }, (_, index) => Buffer.from(`${index} `.repeat(10_000 / `${index} `.length)));
      await using origin = await behind((_asked, reply) => {
        reply.writeHead(200, { 'Content-Type': 'application/json' });
        for (const piece of pieces) reply.write(piece);
        reply.end();
      });
      const { headers, body } = await get(origin.world.port, { 'Accept-Encoding': coding });
      assert.equal(headers['content-encoding'], coding);
      assert.ok(DECODERS[coding](body).equals(Buffer.concat(pieces)));
    });
  }

  test('is in the coding that the client likes best', async () => {
    await using origin = await behind(page());
    const { headers } = await get(origin.world.port, { 'Accept-Encoding': 'gzip;q=0.9, br;q=0.2, zstd;q=0' });
    assert.equal(headers['content-encoding'], 'gzip');
  });

  test('to a client that takes no coding is as it was, and says that it varies', async () => {
    await using origin = await behind(page({ ETag: '"one"' }));
    const { headers, body } = await get(origin.world.port, {});
    assert.deepEqual([headers['content-encoding'], headers['vary'], headers['etag']], [undefined, 'Accept-Encoding', '"one"']);
    assert.equal(headers['content-length'], String(PAGE.length));
    assert.deepEqual(body, PAGE);
  });

  test('loses what was true of its bytes only', async () => {
    const fields = {
      ETag: '"one"',
      'Accept-Ranges': 'bytes',
      'Content-MD5': 'x',
      'Content-Digest': 'sha-256=:x:',
      Vary: 'Origin',
      'X-Kept': 'y',
    };
    await using origin = await behind(page(fields));
    const { headers } = await get(origin.world.port, { 'Accept-Encoding': 'gzip' });
    assert.equal(headers['etag'], 'W/"one"');
    assert.equal(headers['vary'], 'Origin, Accept-Encoding');
    assert.equal(headers['x-kept'], 'y');
    for (const name of ['accept-ranges', 'content-md5', 'content-digest', 'content-length']) assert.equal(headers[name], undefined, name);
  });

  test('to HEAD says what GET would', async () => {
    await using origin = await behind(page({ ETag: '"one"' }));
    const asked = { 'Accept-Encoding': 'gzip' };
    const [head, whole] = [await get(origin.world.port, asked, 'HEAD'), await get(origin.world.port, asked)];
    const { date: _d1, connection: _c1, 'transfer-encoding': _t1, ...ofHead } = head.headers;
    const { date: _d2, connection: _c2, 'transfer-encoding': _t2, ...ofWhole } = whole.headers;
    assert.deepEqual([ofHead, head.body.length], [ofWhole, 0]);
  });

  const untouched: readonly (readonly [what: string, origin: RequestListener, status?: number])[] = [
    ['of an image', page({ 'Content-Type': 'image/png' })],
    ['without a type', (_asked, reply) => void reply.writeHead(200, { 'Content-Length': '4000' }).end('x'.repeat(4000))],
    ['that is short', page({}, 200, Buffer.from('short'))],
    ['that is coded already', page({ 'Content-Encoding': 'br' })],
    ['that must not be transformed', page({ 'Cache-Control': 'public, no-transform' })],
    ['that is a part', page({ 'Content-Range': `bytes 0-${PAGE.length - 1}/999999` }, 206)],
    ['of events', (_asked, reply) => void reply.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(PAGE)],
    ['without content', (_asked, reply) => void reply.writeHead(204, { 'Content-Type': 'text/html' }).end()],
  ];
  for (const [what, handler] of untouched) {
    test(`${what} is let alone, and does not vary`, async () => {
      await using origin = await behind(handler);
      await using plain = await behind(handler, []);
      const asked = { 'Accept-Encoding': 'gzip, br, zstd' };
      const [seen, expected] = [await get(origin.world.port, asked), await get(plain.world.port, asked)];
      assert.deepEqual([seen.status, seen.headers, seen.body], [expected.status, expected.headers, expected.body]);
      assert.equal(seen.headers['vary'], undefined);
    });
  }

  test('to HTTP/1.0 is as it was', async () => {
    await using origin = await behind(page());
    using client = await RawClient.open(origin.world.port);
    client.write('GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n');
    await client.ended();
    assert.ok(client.text.endsWith(PAGE.toString()));
    assert.match(client.text, /\r\nVary: Accept-Encoding\r\n/);
  });

  test('that an HTTP/2 client asks for is coded, too', async () => {
    await using origin = await behind(page());
    const client = connectHttp2(`http://127.0.0.1:${origin.world.port}`);
    const stream = client.request({ 'accept-encoding': 'zstd' });
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    const body = Buffer.concat(await stream.toArray());
    client.close();
    assert.equal(headers['content-encoding'], 'zstd');
    assert.deepEqual(zstdDecompressSync(body), PAGE);
  });
});

describe('a tag that was made weak', () => {
  test('is found again: the origin says 304, and it stays weak', async () => {
    await using origin = await behind((asked, reply) => {
      const isKnown = asked.headers['if-none-match']?.replace('W/', '') === '"one"';
      if (isKnown) reply.writeHead(304, { ETag: '"one"' }).end();
      else page({ ETag: '"one"' })(asked, reply);
    });
    const first = await get(origin.world.port, { 'Accept-Encoding': 'gzip' });
    const again = await get(origin.world.port, { 'Accept-Encoding': 'gzip', 'If-None-Match': first.headers['etag']! });
    assert.deepEqual([again.status, again.headers['etag'], again.headers['vary']], [304, 'W/"one"', 'Accept-Encoding']);
    const plain = await get(origin.world.port, { 'If-None-Match': '"one"' });
    assert.deepEqual([plain.status, plain.headers['etag']], [304, '"one"']);
  });
});

describe('a stream', () => {
  for (const coding of ['gzip', 'br', 'zstd'] as const) {
    test(`in ${coding} reaches the client up to where the origin pauses`, async () => {
      let more: (text: string) => void = () => {};
      await using origin = await behind((_asked, reply) => {
        reply.writeHead(200, { 'Content-Type': 'text/plain' });
        more = (text) => void (text === '' ? reply.end() : reply.write(text));
        more('first');
      });
      const asked = request({ port: origin.world.port, host: '127.0.0.1', headers: { 'Accept-Encoding': coding }, agent: false }).end();
      const [reply] = (await once(asked, 'response')) as [IncomingMessage];
      const decoder = coding === 'gzip' ? createGunzip() : coding === 'br' ? createBrotliDecompress() : createZstdDecompress();
      const decoded = reply.pipe(decoder);
      const next = async () => String(((await once(decoded, 'data')) as [Buffer])[0]);
      assert.equal(await next(), 'first');
      for (const text of ['second', 'third']) {
        const came = next();
        more(text);
        assert.equal(await came, text);
      }
      const ended = once(decoded, 'end');
      more('');
      await ended;
    });
  }

  test('of events is coded where it is named, an event at a time', async () => {
    let say: (text: string) => void = () => {};
    await using origin = await behind(
      (_asked, reply) => {
        reply.writeHead(200, { 'Content-Type': 'text/event-stream' });
        reply.flushHeaders();
        say = (text) => void reply.write(text);
      },
      [{ compress: { types: ['text/event-stream'] } }],
    );
    const asked = request({ port: origin.world.port, host: '127.0.0.1', headers: { 'Accept-Encoding': 'gzip' }, agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    assert.equal(reply.headers['content-encoding'], 'gzip');
    const decoded = reply.pipe(createGunzip());
    say('data: 1\n\n');
    assert.equal(String(((await once(decoded, 'data')) as [Buffer])[0]), 'data: 1\n\n');
    asked.destroy();
  });

  test('whose origin is cut off is cut off, and never looks whole', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      await connection.until((received) => received.includes('never'));
    });
    await using world = await startPlane(planeTo(origin.port, { routes: [{ path: '/*', to: 'origin', filters: ['compress'] }] }));
    using client = await RawClient.open(world.port);
    await client.ask('GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n', (text) => (text.split('\r\n\r\n')[1]?.length ?? 0) > 5);
    origin.connections[0]!.reset();
    await client.ended();
    assert.ok(!client.text.endsWith('0\r\n\r\n'), client.text.slice(-20));
  });

  test('whose short, gathered content is cut off becomes an honest 502', async () => {
    await using origin = await hostileOrigin('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2000\r\n\r\nhello');
    await using world = await startPlane(planeTo(origin.port, { routes: [{ path: '/*', to: 'origin', filters: ['compress'] }] }));
    const { status, headers } = await get(world.port, { 'Accept-Encoding': 'gzip' });
    assert.deepEqual([status, headers['content-encoding']], [502, undefined]);
  });

  test('to a client that does not read makes its origin wait, and goes on when it reads', async () => {
    const random = seededRandom(1);
    const noise = Buffer.from(Array.from({ length: 1 << 20 }, () => random() * 256));
    let sent = 0;
    let isStuck = false;
    await using origin = await behind((_asked, reply) => {
      reply.writeHead(200, { 'Content-Type': 'text/plain' });
      const feed = (): void => {
        while (sent < 64) {
          sent++;
          if (!reply.write(noise)) {
            isStuck = true;
            reply.once('drain', () => {
              isStuck = false;
              feed();
            });
            return;
          }
        }
        reply.end();
      };
      feed();
    });
    const asked = request({ port: origin.world.port, host: '127.0.0.1', headers: { 'Accept-Encoding': 'zstd' }, agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    reply.pause();
    await stands(() => sent);
    assert.ok(isStuck && sent < 48, `the origin waits: ${sent} MiB of 64 sent`);
    let bytes = 0;
    for await (const piece of reply.pipe(createZstdDecompress())) bytes += (piece as Buffer).length;
    assert.equal(bytes, 64 << 20);
  });

  test('to an HTTP/2 client that does not read makes its origin wait, and another stream goes on', async () => {
    const random = seededRandom(2);
    const noise = Buffer.from(Array.from({ length: 1 << 20 }, () => random() * 256));
    let sent = 0;
    await using origin = await behind((asked, reply) => {
      if (asked.url === '/short') return page()(asked, reply);
      reply.writeHead(200, { 'Content-Type': 'text/plain' });
      const feed = (): void => {
        while (sent < 32) {
          sent++;
          if (!reply.write(noise)) return void reply.once('drain', feed);
        }
        reply.end();
      };
      feed();
    });
    const client = connectHttp2(`http://127.0.0.1:${origin.world.port}`);
    const slow = client.request({ ':path': '/long', 'accept-encoding': 'gzip' });
    await once(slow, 'response');
    await stands(() => sent);
    assert.ok(sent < 24, `the origin waits: ${sent} MiB of 32 sent`);
    const other = client.request({ ':path': '/short', 'accept-encoding': 'br' });
    assert.deepEqual(brotliDecompressSync(Buffer.concat(await other.toArray())), PAGE);
    let bytes = 0;
    for await (const piece of slow.pipe(createGunzip())) bytes += (piece as Buffer).length;
    assert.equal(bytes, 32 << 20);
    client.close();
  });

  test('over HTTP/2 whose origin is cut off is reset', async () => {
    await using origin = await hostileOrigin(async (connection) => {
      await connection.head();
      connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      await connection.until((received) => received.includes('never'));
    });
    await using world = await startPlane(planeTo(origin.port, { routes: [{ path: '/*', to: 'origin', filters: ['compress'] }] }));
    const client = connectHttp2(`http://127.0.0.1:${world.port}`);
    const stream = client.request({ 'accept-encoding': 'gzip' });
    await once(stream, 'data');
    origin.connections[0]!.reset();
    await assert.rejects(stream.toArray(), { code: 'ERR_HTTP2_STREAM_ERROR' });
    client.close();
  });

  test('whose client leaves lets go of everything', async () => {
    let closed: () => void = () => {};
    const left = new Promise<void>((resolve) => (closed = resolve));
    await using origin = await behind((_asked, reply) => {
      reply.writeHead(200, { 'Content-Type': 'text/plain' }).write('first');
      reply.on('close', closed);
    });
    const asked = request({ port: origin.world.port, host: '127.0.0.1', headers: { 'Accept-Encoding': 'gzip' }, agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    reply.on('error', () => {});
    await once(reply, 'data');
    asked.destroy();
    await left;
  });
});

describe('against BREACH', () => {
  test('lengths vary, and the content does not', async () => {
    await using origin = await behind(page(), [{ compress: { breach: 'pad' } }]);
    const lengths = new Set<number>();
    for (let count = 0; count < 12; count++) {
      const { headers, body } = await get(origin.world.port, { 'Accept-Encoding': 'gzip, br, zstd' });
      assert.equal(headers['content-encoding'], 'gzip');
      assert.deepEqual(gunzipSync(body), PAGE);
      lengths.add(body.length);
    }
    assert.ok(lengths.size > 3, `${lengths.size} lengths of 12`);
  });

  test('requests with credentials from other sites get nothing coded', async () => {
    await using origin = await behind(page(), [{ compress: { breach: 'skip-credentials' } }]);
    const coding = async (headers: Record<string, string>) =>
      (await get(origin.world.port, { 'Accept-Encoding': 'gzip', Host: 'shop.example', ...headers })).headers['content-encoding'];
    assert.equal(await coding({}), 'gzip');
    assert.equal(await coding({ Cookie: 'a=b' }), undefined);
    assert.equal(await coding({ Authorization: 'Basic x', 'Sec-Fetch-Site': 'cross-site' }), undefined);
    assert.equal(await coding({ Cookie: 'a=b', 'Sec-Fetch-Site': 'same-origin' }), 'gzip');
    assert.equal(await coding({ Cookie: 'a=b', Referer: 'https://shop.example/cart' }), 'gzip');
    assert.equal(await coding({ Cookie: 'a=b', Referer: 'https://evil.example/?shop.example' }), undefined);
  });
});

test('with offload the origin is not told what clients take', async () => {
  await using origin = await behind(page(), [{ compress: { offload: true } }]);
  const { headers } = await get(origin.world.port, { 'Accept-Encoding': 'br' });
  assert.deepEqual([headers['content-encoding'], origin.seen[0]!['accept-encoding']], ['br', undefined]);
});

/** Resolves when the figure has not moved for 300 ms. */
async function stands(figure: () => number): Promise<void> {
  for (let before = -1; before !== figure();) {
    before = figure();
    await sleep(300);
  }
}
