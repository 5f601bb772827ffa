import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { SpanJson } from '../../core/tracing/span-json.ts';
import { collectorAgent } from './collector-agent.ts';
import { SpanRequest } from './span-request.ts';

test('a kept connection that is closed as the request leaves: it goes once more, over another', async (t) => {
  const sockets: Socket[] = [];
  const request = await stage(t, ({ socket }, response) => {
    sockets.push(socket);
    if (sockets.length === 2) socket.destroy();
    else response.end('{}');
  });
  assert.equal((await request.send([batch()])).end, 'taken');
  assert.equal((await request.send([batch()])).end, 'taken');
  assert.deepEqual([sockets.length, sockets[0] === sockets[1], sockets[1] === sockets[2]], [3, true, false]);
});

test('a new connection that is closed without an answer is for later', async (t) => {
  let asked = 0;
  const request = await stage(t, ({ socket }) => {
    asked++;
    socket.destroy();
  });
  assert.equal((await request.send([batch()])).end, 'away');
  assert.equal(asked, 1);
});

test('once it is ended, what is under way is given back and not sent again', async (t) => {
  let asked = 0;
  let hung: (() => void) | null = null;
  const request = await stage(t, (_request, response) => {
    if (++asked === 1) response.end('{}');
    else hung?.();
  });
  await request.send([batch()]);
  const sending = new Promise<void>((resolve) => (hung = resolve));
  const delivery = request.send([batch()]);
  await sending;
  request[Symbol.dispose]();
  assert.equal((await delivery).end, 'away');
  assert.equal(asked, 2);
});

function batch(): ReturnType<SpanJson['take']> {
  const json = new SpanJson();
  json.begin('0af7651916cd43dd8448eb211c80319c', '00f067aa0ba902b7', '', false, '');
  json.describe('GET', 2, 1, 2);
  json.end('');
  return json.take();
}

async function stage(t: TestContext, answer: RequestListener): Promise<SpanRequest> {
  const server = createServer((request, response) => void request.resume().once('end', () => answer(request, response)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = new SpanRequest({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    headers: {},
    agent: collectorAgent('http:', null),
    isCompressed: true,
    timeoutMs: 5_000,
    version: '1',
    resource: {},
    wall: () => 0,
  });
  t.after(() => {
    request[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
  });
  return request;
}
