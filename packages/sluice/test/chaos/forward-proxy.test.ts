/** A forward proxy among clients and origins that leave at any moment, and whose bytes come in any pieces: every request is accounted for, and nothing is left behind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { CONNECTIONS_CLOSED, CONNECTIONS_OPENED, STARTED } from '../../src/observe/metric-layout.ts';
import { startForwardProxy } from '../support/forward-plane.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually } from '../support/waiting.ts';

const SEED = 20_260_102;
const CLIENTS = 400;
const AT_ONCE = 20;

test('whoever leaves, and when: each request ends once, each connection closes, and no origin keeps one', async (context) => {
  const random = seededRandom(SEED);
  const below = (bound: number): number => Math.floor(random() * bound);
  const origins = new Set<Socket>();
  const origin = createServer({ allowHalfOpen: true }, (socket) => {
    origins.add(socket.on('close', () => origins.delete(socket)).on('error', () => {}));
    socket.on('data', () => {
      const choice = below(6);
      if (choice === 0) socket.resetAndDestroy();
      else if (choice === 1) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      else if (choice === 2) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    });
    socket.on('end', () => socket.end());
  }).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  context.after(() => void origin.close());
  const { port } = origin.address() as AddressInfo;
  await using proxy = await startForwardProxy({ allow: [{ hosts: ['a.test', 'gone.test'], ports: [port] }], allowPrivate: ['127.0.0.1'] });
  proxy.names.set('a.test', [['127.0.0.1']]);
  const requests = [
    `CONNECT a.test:${port} HTTP/1.1\r\nHost: a\r\n\r\nearly`,
    `GET http://a.test:${port}/ HTTP/1.1\r\nHost: a\r\n\r\n`,
    `POST http://a.test:${port}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n0123456789`,
    `POST http://a.test:${port}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `CONNECT gone.test:${port} HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET http://10.0.0.1:${port}/ HTTP/1.1\r\nHost: a\r\n\r\n`,
    'GET / HTTP/1.1\r\n\r\n',
  ];
  const one = async (): Promise<void> => {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect').catch(() => {});
    socket.resume();
    const text = Array.from({ length: 1 + below(3) }, () => requests[below(requests.length)]!).join('');
    for (let at = 0; at < text.length && !socket.destroyed;) {
      const next = at + 1 + below(120);
      socket.write(text.slice(at, next), 'latin1');
      at = next;
      await new Promise((resolve) => setImmediate(resolve));
      if (below(12) === 0) break;
    }
    for (let turns = below(30); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    const ending = below(3);
    if (ending === 0) socket.resetAndDestroy();
    else if (ending === 1) socket.destroy();
    else socket.end();
    if (ending === 2) for (let turns = 60; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
  };
  for (let done = 0; done < CLIENTS; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one));
  const row = (): Float64Array => proxy.plane.board.row('listener', 5);
  const sum = (from: number, count: number): number =>
    row()
      .subarray(from, from + count)
      .reduce((total, each) => total + each, 0);
  await eventually(5_000, `all have left (seed ${SEED})`, () => {
    proxy.advance(31_000); // half-closed tunnels and lingering connections are at their end
    return proxy.listener.size === 0;
  });
  assert.equal(row()[CONNECTIONS_OPENED], CLIENTS);
  assert.equal(sum(CONNECTIONS_CLOSED, 4), CLIENTS);
  assert.equal(sum(0, 6), row()[STARTED], 'each request that began has ended, once');
  assert.equal(proxy.records.length, row()[STARTED]);
  assert.ok(proxy.records.length > CLIENTS / 2);
  assert.ok(new Set(proxy.records.map(({ outcome }) => outcome)).size >= 5, 'the storm had many kinds of weather');
  await eventually(5_000, 'no origin keeps a connection', () => origins.size === 0);
});

test('however a request is cut into pieces, the origin sees the same', async (context) => {
  let received = '';
  const origin = createServer((socket) => {
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('\r\n0\r\nX-T: 1\r\n\r\n')) return;
      received = text;
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  }).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  context.after(() => void origin.close());
  const { port } = origin.address() as AddressInfo;
  await using proxy = await startForwardProxy({ allow: [{ hosts: ['a.test'], ports: [port] }], allowPrivate: ['127.0.0.1'] });
  proxy.names.set('a.test', [['127.0.0.1']]);
  const request = `\r\nPOST http://a.test:${port}/x HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n4;e="\\""\r\nwxyz\r\n0\r\nX-T: 1\r\n\r\n`;
  using client = await RawClient.open(proxy.port);
  for (let piece = 1; piece <= 40; piece += 3) {
    client.text = '';
    received = '';
    for (let at = 0; at < request.length; at += piece) {
      client.write(request.slice(at, at + piece));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until(`a reply, in pieces of ${piece}`, (text) => text.endsWith('\r\n\r\nok'));
    assert.match(received, new RegExp(`^POST /x HTTP/1\\.1\\r\\nHost: a\\.test:${port}\\r\\n[^]*\\r\\n\\r\\n`), String(piece));
    assert.equal(
      received
        .slice(received.indexOf('\r\n\r\n') + 4)
        .replace(/\r\n|[0-9a-f]+(?=\r\n)/g, '')
        .replace('X-T: ', ''),
      'wxyz',
    );
  }
});
