import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { ConfigInput } from '../../config/schema/config.ts';
import { planeTo, startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { RawClient } from '../../../test/support/raw-client.ts';

interface World extends AsyncDisposable {
  readonly world: TestPlane;
  /** Whole requests that reached the origin, as lengths of their content. */
  readonly seen: number[];
}

async function behind(filters: NonNullable<ConfigInput['filters']>): Promise<World> {
  const seen: number[] = [];
  const server = createServer((asked, reply) => {
    let bytes = 0;
    asked.on('data', (piece: Buffer) => (bytes += piece.length));
    asked.on('error', () => {});
    asked.on('end', () => {
      seen.push(bytes);
      reply.end('ok');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
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

const LIMIT = [{ bodyLimit: { max: '10B' } }] as const;
const isWhole = (text: string): boolean => /\r\n\r\n.+/s.test(text);

describe('content', () => {
  test('up to the bound passes, with a length and in chunks', async () => {
    await using origin = await behind([...LIMIT]);
    using client = await RawClient.open(origin.world.port);
    assert.match(await client.ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789', isWhole), /^HTTP\/1.1 200/);
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n';
    assert.match(await client.ask(chunked, isWhole), /^HTTP\/1.1 200/);
    assert.deepEqual(origin.seen, [10, 10]);
  });

  test('whose length says more is refused at once, before a 100, and nothing of it reaches the origin', async () => {
    await using origin = await behind([...LIMIT]);
    using client = await RawClient.open(origin.world.port);
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n';
    assert.match(await client.ask(head, isWhole), /^HTTP\/1.1 413 .*\r\nConnection: close\r\n/s);
    assert.deepEqual(origin.seen, []);
  });

  test('a little too long is read away, and the connection stays; far too long ends it', async () => {
    await using origin = await behind([...LIMIT]);
    using client = await RawClient.open(origin.world.port);
    const first = await client.ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789x', isWhole);
    assert.match(first, /^HTTP\/1.1 413 /);
    assert.doesNotMatch(first, /Connection: close/);
    assert.match(await client.ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n', isWhole), /^HTTP\/1.1 200/);
    assert.match(await client.ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', isWhole), /413 .*Connection: close/s);
    assert.equal(await client.ended(), 'fin');
  });

  test('in chunks is refused where it passes the bound', async () => {
    await using origin = await behind([...LIMIT]);
    using client = await RawClient.open(origin.world.port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n');
    client.write('6\r\n56789x\r\n');
    assert.match(await client.until('a 413', isWhole), /^HTTP\/1.1 413 /);
    assert.deepEqual(origin.seen, []);
  });

  test('over HTTP/2 is refused with and without a length', async () => {
    await using origin = await behind([...LIMIT]);
    const client = connectHttp2(`http://127.0.0.1:${origin.world.port}`);
    for (const headers of [{ 'content-length': '11' }, {}]) {
      const stream = client.request({ ':method': 'POST', ...headers });
      stream.on('error', () => {});
      stream.end('0123456789x');
      const [said] = (await once(stream, 'response')) as [{ ':status': number }];
      assert.equal(said[':status'], 413);
    }
    client.close();
    assert.deepEqual(origin.seen, []);
  });

  test('under two bounds is held to the smaller one', async () => {
    await using origin = await behind([{ bodyLimit: '100B' }, { bodyLimit: '3B' }]);
    using client = await RawClient.open(origin.world.port);
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n';
    assert.match(await client.ask(chunked, isWhole), /^HTTP\/1.1 413 /);
  });
});

test('a bound that is passed after the reply has begun cuts both', async () => {
  const server = createServer((asked, reply) => {
    reply.writeHead(200, { 'Transfer-Encoding': 'chunked' }).write('early');
    asked.on('error', () => {});
    asked.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const world = await startPlane(planeTo(port, { routes: [{ path: '/*', to: 'origin', filters: [...LIMIT] }] }));
  using client = await RawClient.open(world.port);
  await client.ask('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n', (text) => text.includes('early'));
  client.write('6\r\n56789x\r\n');
  await client.ended();
  assert.ok(!client.text.endsWith('0\r\n\r\n'));
  await world[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});
