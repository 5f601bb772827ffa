/** `cache` outside of `compress`: what is kept is what was sent, in each coding by itself. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { planeTo, startPlane } from '../../../test/support/data-plane.ts';

const PAGE = 'hello world '.repeat(400);

test('each coding is made once, kept, and found again by its weak tag', async () => {
  let asked = 0;
  const headers = { 'Content-Type': 'text/html', 'Cache-Control': 'max-age=60', ETag: '"one"', 'Content-Length': PAGE.length };
  const server = createServer((_request, reply) => {
    asked++;
    reply.writeHead(200, headers).end(PAGE);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const world = await startPlane(planeTo(port, { routes: [{ path: '/*', to: 'origin', filters: ['cache', 'compress'] }] }));
  const get = async (fields: Record<string, string>): Promise<{ reply: IncomingMessage; body: Buffer }> => {
    const sent = request({ port: world.port, host: '127.0.0.1', headers: fields, agent: false }).end();
    const [reply] = (await once(sent, 'response')) as [IncomingMessage];
    return { reply, body: Buffer.concat(await reply.toArray()) };
  };
  const forms = [
    [{ 'Accept-Encoding': 'gzip' }, gunzipSync],
    [{ 'Accept-Encoding': 'br' }, brotliDecompressSync],
    [{}, (body: Buffer) => body],
  ] as const;
  for (const [index, [fields, decode]] of forms.entries()) {
    for (const age of [undefined, '0']) {
      const { reply, body } = await get(fields);
      assert.deepEqual(
        [decode(body).toString() === PAGE, reply.headers.vary, reply.headers.age, asked],
        [true, 'Accept-Encoding', age, index + 1],
      );
    }
  }
  const { reply } = await get({ 'Accept-Encoding': 'gzip', 'If-None-Match': 'W/"one"' });
  assert.deepEqual([reply.statusCode, reply.headers.etag, asked], [304, 'W/"one"', 3]);
  await world[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});
