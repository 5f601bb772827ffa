/** A server's session from its greeting to its end: requests and replies, SETTINGS, GOAWAY, deadlines (RFC 9113 §3.4, §5.4, §6.5, §6.8, §8.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, FLAGS, GET, POST, PREFACE, TYPES, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';

const asked = { owner: '', isEnd: true, protocol: '' };
const reset = (id: number, code = 8): Buffer => frame(TYPES.RST_STREAM, 0, id, uint32(code));

test('a server greets with SETTINGS and the window of the connection', () => {
  const bytes = new Bench({ allowsExtendedConnect: true }).bytes();
  assert.deepEqual(
    bytes,
    Buffer.concat([settings(3, 100, 4, 262_144, 6, 40 * 1024, 8, 1), frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(1024 * 1024 - 65_535))]),
  );
});

test('a client greets with the preface and wants no pushes', () => {
  const bytes = new Bench({ role: 'client', connectionWindowBytes: 65_535 }).bytes();
  assert.deepEqual(bytes, Buffer.concat([PREFACE, settings(2, 0, 4, 262_144, 6, 40 * 1024)]));
});

test('content and end pass on as they come', () => {
  const bench = Bench.server().feed(headers(1, POST, false), data(1, 'ab'), data(1, ''), data(1, 'c', true));
  assert.deepEqual(bench.events.take(), ['request 1 POST / HTTP/1.1|host: a.example|transfer-encoding: chunked||', 'data 1 abc', 'end 1']);
});

test('interim heads precede the final one', () => {
  const bench = Bench.server().feed(headers(1, GET));
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', false);
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nX: y\r\n\r\n', true);
  assert.deepEqual(bench.output(), ['HEADERS 1 :status=103 link=</a>', 'HEADERS 1 END_STREAM :status=200 x=y']);
  assert.equal(bench.stream(1).isClosed, true);
});

test('a head longer than a frame goes out in CONTINUATIONs', () => {
  const client = Bench.client();
  const server = Bench.server({ headerBytesMax: 60_000 });
  const long = Array.from({ length: 50 }, (_, index) => `X-${index}: ${String.fromCharCode(0xe0 + (index % 20)).repeat(1000)}\r\n`).join(
    '',
  );
  client.session.open(`GET / HTTP/1.1\r\nHost: a\r\n${long}\r\n`, asked);
  const bytes = client.bytes();
  assert.ok(bytes.length > 3 * 16_384);
  server.feed(bytes);
  assert.deepEqual(server.events.take(), [`request 1 end GET / HTTP/1.1|host: a|${long.toLowerCase().replaceAll('\r\n', '|')}|`]);
});

test('a reply may end before its request; the rest is still read', () => {
  const bench = Bench.server().feed(headers(1, POST, false));
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 413 X\r\n\r\n', true);
  bench.events.take();
  bench.feed(data(1, 'x'));
  assert.deepEqual(bench.events.take(), ['data 1 x']);
  bench.session.reset(bench.stream(1), 0);
  assert.deepEqual(bench.output(), ['HEADERS 1 END_STREAM :status=413', 'RST_STREAM 1 NO_ERROR']);
});

test('a request that is not wanted any more is dropped, and refused once its reply has gone out (§8.1)', () => {
  const bench = Bench.server().feed(settings(4, 2), headers(1, POST, false));
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 413 X\r\n\r\n', false);
  bench.session.sendData(bench.stream(1), Buffer.from('abc'), 0, 3);
  bench.session.sendEnd(bench.stream(1), '');
  bench.session.discard(bench.stream(1));
  bench.output();
  bench.events.take();
  bench.feed(data(1, 'x'), frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1)));
  assert.deepEqual(bench.output(), ['DATA 1 END_STREAM "c"', 'RST_STREAM 1 NO_ERROR']);
  assert.deepEqual(bench.events.take(), ['writable 1']);
  const whole = Bench.server().feed(headers(1, POST, false));
  whole.session.discard(whole.stream(1));
  whole.feed(data(1, 'x', true));
  whole.session.sendHead(whole.stream(1), 'HTTP/1.1 413 X\r\n\r\n', true);
  assert.deepEqual(whole.output(), ['HEADERS 1 END_STREAM :status=413'], 'it had come to its end meanwhile');
});

test('a stream that is discarded in the middle of a frame hands on no more of it, and gives its room back', () => {
  const bench = Bench.server({ connectionWindowBytes: 65_536 });
  bench.events.consumes = null;
  bench.events.react = (event, stream) => {
    if (event === 'data') bench.session.discard(stream!);
  };
  bench.feed(headers(1, POST, false));
  const content = data(1, Buffer.alloc(16_000, 'x'), true);
  bench.feedSplit(Buffer.concat([data(1, 'y'), content]), [100, 8_000, 16_000]);
  assert.deepEqual(bench.events.take().slice(1), ['data 1 y']);
  assert.equal(bench.stream(1).unconsumed, 1);
  const half = Bench.server();
  half.events.react = (event, stream) => {
    if (event === 'data') half.session.discard(stream!);
  };
  half.feed(headers(1, POST, false));
  half.feedSplit(content, [100, 8_000]);
  assert.deepEqual(half.events.take().slice(1), [`data 1 ${'x'.repeat(91)}`]);
  assert.equal(half.stream(1).unconsumed, 0);
});

test('commands for a stream that is over, and for a session that is over, do nothing', () => {
  const bench = Bench.server().feed(headers(1, POST, false), headers(3, POST, false), reset(1));
  const stream = bench.stream(1);
  const other = bench.stream(3);
  for (const one of [stream, other]) {
    bench.session.sendHead(one, 'HTTP/1.1 200 OK\r\n\r\n', false);
    bench.session.sendData(one, Buffer.from('x'), 0, 1);
    if (one === stream) assert.deepEqual(bench.output(), []);
    bench.session.transportClosed();
    bench.output();
    bench.session.sendData(one, Buffer.from('x'), 0, 1);
    bench.session.sendEnd(one, '');
    bench.session.reset(one, 8);
    bench.session.consumed(one, 1);
    bench.session.ping();
    bench.session.shutdown();
    assert.deepEqual(bench.output(), []);
  }
});

test('the peer’s reset is told once, and what waited is forgotten', () => {
  const bench = Bench.server().feed(settings(4, 0), headers(1, GET));
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 200 OK\r\n\r\n', false);
  bench.session.sendData(bench.stream(1), Buffer.from('x'), 0, 1);
  bench.events.take();
  bench.feed(reset(1), reset(1));
  assert.deepEqual(bench.events.take(), ['reset 1 CANCEL peer']);
  assert.equal(bench.stream(1).queuedBytes, 0);
});

test('a stream that was reset counts against the limit until its work has ended', () => {
  const bench = Bench.server({ streamsMax: 1 });
  bench.feed(headers(1, GET), reset(1), headers(3, GET));
  assert.deepEqual(bench.output(), ['RST_STREAM 3 REFUSED_STREAM']);
  bench.session.release(bench.stream(1));
  bench.session.release(bench.stream(1));
  bench.feed(headers(5, GET), headers(7, GET));
  assert.deepEqual(bench.output(), ['RST_STREAM 7 REFUSED_STREAM']);
});

test('an owner may answer, reset or fail from within an event', () => {
  const bench = Bench.server();
  bench.events.react = (event, stream) => {
    if (event !== 'request') return;
    if (stream!.id === 1) bench.session.sendHead(stream!, 'HTTP/1.1 204 X\r\n\r\n', true);
    if (stream!.id === 3) bench.session.reset(stream!, 8);
    if (stream!.id === 5) bench.session.fail(2, 'closing');
  };
  bench.feed(headers(1, GET), headers(3, POST, false), data(3, 'x', true), headers(5, GET), headers(7, GET));
  assert.deepEqual(bench.output(), ['HEADERS 1 END_STREAM :status=204', 'RST_STREAM 3 CANCEL', 'GOAWAY 5 INTERNAL_ERROR closing']);
  assert.deepEqual(
    bench.events.take().map((line) => line.slice(0, 9)),
    ['request 1', 'request 3', 'request 5', 'reset 5 I', 'fatal INT'],
  );
});

test('a table that the peer shrinks and grows in one SETTINGS is announced as both (RFC 7541 §4.2)', () => {
  const bench = Bench.server().feed(settings(1, 0, 1, 100), headers(1, GET));
  bench.bytes();
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 204 X\r\n\r\n', true);
  assert.deepEqual([...bench.bytes().subarray(9)], [0x20, 0x3f, 100 - 31, 0x89]);
});

// ---- going away, and time

test('a server that shuts down takes what is on its way, then names the last stream (§6.8)', () => {
  const bench = Bench.server().feed(headers(1, GET));
  bench.session.shutdown();
  assert.deepEqual(bench.output(), ['GOAWAY 2147483647 NO_ERROR ', 'PING 6279652100000000']);
  bench.feed(headers(3, GET), frame(TYPES.PING, FLAGS.ACK, 0, Buffer.from('6279652100000000', 'hex')));
  assert.deepEqual(bench.output(), ['GOAWAY 3 NO_ERROR ']);
  bench.feed(headers(5, POST, false), data(5, 'x'), headers(7, GET));
  assert.deepEqual(bench.output(), [], 'later streams are ignored');
  for (const id of [1, 3]) bench.session.sendHead(bench.stream(id), 'HTTP/1.1 204 X\r\n\r\n', true);
  assert.deepEqual(bench.events.take().slice(1), ['request 3 end GET / HTTP/1.1|host: a.example||', 'drained']);
  bench.session.fail(0, 'closing');
  assert.equal(bench.output().at(-1), 'GOAWAY 3 NO_ERROR closing', 'the last identifier never grows');
});

test('without an answer to the PING the last stream is named after a second', () => {
  const bench = Bench.server();
  bench.session.shutdown();
  bench.pass(250);
  bench.output();
  bench.pass(900);
  assert.deepEqual(bench.output(), []);
  bench.pass(200);
  assert.deepEqual([bench.output(), bench.events.take()], [['GOAWAY 0 NO_ERROR '], ['drained']]);
});

test('a failure ends every stream and says why', () => {
  const bench = Bench.server().feed(headers(1, GET), headers(3, POST, false));
  bench.events.take();
  bench.feed(frame(TYPES.PING, 0, 3, Buffer.alloc(8)));
  assert.deepEqual(bench.events.take(), [
    'reset 1 PROTOCOL_ERROR connection',
    'reset 3 PROTOCOL_ERROR connection',
    'fatal PROTOCOL_ERROR protocol',
  ]);
});

test('a transport that closes ends every stream, silently', () => {
  const bench = Bench.server().feed(headers(1, GET));
  bench.events.take();
  bench.session.transportClosed();
  assert.deepEqual([bench.events.take(), bench.output()], [['reset 1 CANCEL connection'], []]);
});

test('the peer has ten seconds for its SETTINGS and for acknowledging ours', () => {
  const silent = new Bench();
  silent.pass(9_999);
  assert.equal(silent.session.isClosed, false);
  silent.pass(1);
  assert.deepEqual(silent.events.take(), ['fatal SETTINGS_TIMEOUT settings-timeout']);
  const unacknowledged = new Bench().feed(PREFACE, settings());
  unacknowledged.pass(10_000);
  assert.deepEqual(unacknowledged.events.take(), ['settings', 'fatal SETTINGS_TIMEOUT settings-timeout']);
  const good = Bench.server();
  good.pass(20_000);
  assert.deepEqual([good.session.isClosed, good.session.deadline], [false, Infinity]);
});

test('a header block that was begun has ten seconds to end', () => {
  const bench = Bench.server();
  bench.feed(frame(TYPES.HEADERS, 0, 1, []));
  assert.equal(bench.session.deadline, bench.now + 10_000);
  bench.pass(10_000);
  assert.deepEqual(bench.events.take(), ['fatal ENHANCE_YOUR_CALM header-timeout']);
});

test('answers to PINGs that were never sent mean nothing', () => {
  const bench = Bench.server();
  for (const payload of ['6279652100000000', '736c756900000000']) bench.feed(frame(TYPES.PING, FLAGS.ACK, 0, Buffer.from(payload, 'hex')));
  assert.deepEqual([bench.output(), bench.events.take()], [[], []]);
});

test('a ping is answered', () => {
  const bench = Bench.server();
  bench.session.ping();
  const [sent] = bench.output();
  bench.feed(
    frame(TYPES.PING, FLAGS.ACK, 0, Buffer.from(sent!.slice(5), 'hex')),
    frame(TYPES.PING, FLAGS.ACK, 0, Buffer.from(sent!.slice(5), 'hex')),
  );
  assert.deepEqual(bench.events.take(), ['pong']);
});

test('a head that is not served here, or too large, is the owner’s to answer', () => {
  const bench = Bench.server({ headerBytesMax: 500, requestLineBytesMax: 100 });
  bench.feed(
    headers(1, [...GET, ['a', 'x'.repeat(1000)]]),
    headers(3, [GET[0]!, [':scheme', 'ftp'], ...GET.slice(2)]),
    headers(
      5,
      GET.filter(([name]) => name !== ':authority'),
    ),
  );
  assert.deepEqual(bench.events.take(), ['refused 1 431', 'refused 3 400', 'refused 5 400']);
});
