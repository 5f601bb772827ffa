/** The client's side of a session: requests, replies, capacity, GOAWAY, extended CONNECT (RFC 9113 §6.8, §8.1, §8.3.2; RFC 8441). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, TYPES, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';

const REQUEST = 'GET /x HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n';
const asked = { owner: '', isEnd: true, protocol: '' };
const goaway = (lastId: number, code = 0): Buffer => frame(TYPES.GOAWAY, 0, 0, Buffer.concat([uint32(lastId), uint32(code)]));
const reset = (id: number, code = 8): Buffer => frame(TYPES.RST_STREAM, 0, id, uint32(code));

test('a request and its reply', () => {
  const bench = Bench.client();
  const stream = bench.session.open(REQUEST, asked)!;
  assert.deepEqual(bench.output(), ['HEADERS 1 END_STREAM :method=GET :scheme=https :authority=a.example :path=/x accept=*/*']);
  bench.feed(
    headers(1, [[':status', '103']], false),
    headers(
      1,
      [
        [':status', '200'],
        ['content-length', '2'],
      ],
      false,
    ),
    data(1, 'ok', true),
  );
  assert.deepEqual(bench.events.take(), [
    'interim 1 HTTP/1.1 103 Early Hints||',
    'response 1 HTTP/1.1 200 OK|content-length: 2||',
    'data 1 ok',
    'end 1',
  ]);
  assert.equal(stream.isClosed, true);
});

test('replies that are malformed end their stream', () => {
  const head = [':status', '200'] as const;
  for (const frames of [
    [headers(1, [[':status', '101']], false)],
    [headers(1, [[':status', '100']], true)],
    [headers(1, [['a', 'b']], false)],
    [headers(1, [head, [':path', '/']], false)],
    [headers(1, [head, ['transfer-encoding', 'chunked']], false)],
    [headers(1, [head, ['content-length', '5']], true)],
    [headers(1, [head, ['content-length', '5']], false), data(1, 'abcdef')],
    [data(1, 'early')],
  ]) {
    const bench = Bench.client();
    bench.session.open(REQUEST, asked);
    bench.output();
    bench.feed(...frames);
    assert.deepEqual(bench.output(), ['RST_STREAM 1 PROTOCOL_ERROR']);
    assert.equal(bench.events.take().at(-1), 'reset 1 PROTOCOL_ERROR session');
  }
});

test('a reply to HEAD may name a length that it does not carry, and may carry nothing', () => {
  const bench = Bench.client();
  for (let index = 0; index < 2; index++) bench.session.open(REQUEST.replace('GET', 'HEAD'), asked);
  bench.output();
  bench.feed(
    headers(1, [
      [':status', '200'],
      ['content-length', '5'],
    ]),
    headers(
      3,
      [
        [':status', '200'],
        ['content-length', '5'],
      ],
      false,
    ),
    data(3, 'x'),
  );
  assert.deepEqual(bench.output(), ['RST_STREAM 3 PROTOCOL_ERROR']);
  assert.equal(bench.events.take()[0], 'response 1 end HTTP/1.1 200 OK|content-length: 5||');
});

test('a server opens no streams', () => {
  for (const frames of [headers(2, [[':status', '200']]), headers(1, [[':status', '200']]), frame(TYPES.PUSH_PROMISE, 4, 1, uint32(2))]) {
    const bench = Bench.client().feed(frames);
    assert.deepEqual(bench.events.take(), ['fatal PROTOCOL_ERROR protocol']);
  }
});

test('a server may not enable push (§6.5.2)', () => {
  assert.deepEqual(Bench.client().feed(settings(2, 1)).events.take(), ['fatal PROTOCOL_ERROR protocol']);
  assert.deepEqual(Bench.client().feed(settings(2, 0)).events.take(), ['settings']);
});

test('capacity follows SETTINGS_MAX_CONCURRENT_STREAMS and our own bound', () => {
  const bench = Bench.client({ streamsMax: 5 });
  assert.equal(bench.session.capacity, 5);
  bench.feed(settings(3, 2));
  bench.session.open(REQUEST, asked);
  bench.session.open(REQUEST, asked);
  assert.equal(bench.session.capacity, 0);
  assert.equal(bench.session.open(REQUEST, asked), null);
  bench.feed(reset(1, 7));
  assert.deepEqual(bench.events.take(), ['settings', 'reset 1 REFUSED_STREAM peer']);
  assert.equal(bench.session.capacity, 1);
});

test('GOAWAY: what the server left out may be sent again elsewhere, the rest goes on, then it is over (§6.8)', () => {
  const bench = Bench.client();
  for (let index = 0; index < 3; index++) bench.session.open(REQUEST, asked);
  bench.feed(goaway(2 ** 31 - 1));
  assert.deepEqual([bench.events.take(), bench.session.capacity], [['goaway 2147483647 NO_ERROR'], 0]);
  bench.feed(goaway(1));
  assert.deepEqual(bench.events.take(), ['goaway 1 NO_ERROR', 'reset 3 REFUSED_STREAM goaway', 'reset 5 REFUSED_STREAM goaway']);
  bench.feed(headers(1, [[':status', '200']]));
  assert.deepEqual(bench.events.take(), ['response 1 end HTTP/1.1 200 OK|content-length: 0||', 'drained']);
});

test('a client that shuts down says so and is over with its last stream', () => {
  const bench = Bench.client();
  bench.session.open(REQUEST, asked);
  bench.output();
  bench.session.shutdown();
  bench.session.shutdown();
  assert.deepEqual(bench.output(), ['GOAWAY 0 NO_ERROR ']);
  assert.equal(bench.session.capacity, 0);
  bench.feed(headers(1, [[':status', '204']]));
  assert.equal(bench.events.take().at(-1), 'drained');
});

test('the last stream is told before the session says that it is over', () => {
  const bench = Bench.client();
  bench.session.open(REQUEST, asked);
  bench.feed(goaway(1), reset(1));
  assert.deepEqual(bench.events.take(), ['goaway 1 NO_ERROR', 'reset 1 CANCEL peer', 'drained']);
  const other = Bench.client();
  other.session.open(REQUEST, asked);
  other.feed(goaway(0));
  assert.deepEqual(other.events.take(), ['goaway 0 NO_ERROR', 'reset 1 REFUSED_STREAM goaway', 'drained']);
});

test('an upgrade is an extended CONNECT on the wire, and its 200 opens the tunnel (RFC 8441)', () => {
  const client = Bench.client();
  const server = Bench.server({ allowsExtendedConnect: true });
  client.feed(settings(8, 1));
  assert.equal(client.session.peerAllowsExtendedConnect, true);
  const head = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n';
  client.output();
  const stream = client.session.open(head, { owner: '', isEnd: false, protocol: 'websocket' })!;
  server.feed(client.bytes());
  assert.deepEqual(server.events.take(), [
    'request 1 GET /chat HTTP/1.1|host: a|sec-websocket-version: 13|connection: upgrade|upgrade: websocket||websocket',
  ]);
  server.session.sendHead(server.stream(1), 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', false);
  server.session.sendData(server.stream(1), Buffer.from('hello'), 0, 5);
  client.feed(server.bytes());
  client.session.sendData(stream, Buffer.from('hi'), 0, 2);
  server.feed(client.bytes());
  assert.deepEqual(
    [server.events.take(), client.events.take().slice(1)],
    [['data 1 hi'], ['response 1 HTTP/1.1 200 OK|transfer-encoding: chunked||', 'data 1 hello']],
  );
  server.feed(headers(1, [['a', 'b']]));
  assert.deepEqual(server.output(), ['RST_STREAM 1 PROTOCOL_ERROR'], '§8.5: nothing but DATA in a tunnel');
});
