/** Flow control and the order of what is sent (RFC 9113 §5.2, §6.9), and what streams that do not move cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, GET, POST, TYPES, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';

const HEAD = 'HTTP/1.1 200 OK\r\n\r\n';
const window = (id: number, increment: number): Buffer => frame(TYPES.WINDOW_UPDATE, 0, id, uint32(increment));

/** Sends so many bytes on a stream. */
function send(bench: Bench, id: number, size: number, byte = 'x'): boolean {
  return bench.session.sendData(bench.stream(id), Buffer.alloc(size, byte), 0, size);
}

/** Content sent since the last call, per stream. */
function sizes(lines: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of lines) {
    const [type, id, ...rest] = line.split(' ');
    if (type !== 'DATA') continue;
    const content = rest.at(-1)!;
    sums[id!] = (sums[id!] ?? 0) + (content.startsWith('"') ? content.length - 2 : Number(content));
  }
  return sums;
}

test('a reply to a small request is two frames, the last of which ends it', () => {
  const bench = Bench.server().feed(headers(1, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  assert.equal(send(bench, 1, 5), true);
  bench.session.sendEnd(bench.stream(1), '');
  assert.deepEqual(bench.output(), ['HEADERS 1 :status=200', 'DATA 1 END_STREAM "xxxxx"']);
});

test('an end that comes later, or without content, or with trailers', () => {
  const bench = Bench.server().feed(headers(1, GET), headers(3, GET), headers(5, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  assert.deepEqual(bench.output(), ['HEADERS 1 :status=200']);
  bench.session.sendEnd(bench.stream(1), '');
  assert.deepEqual(bench.output(), ['DATA 1 END_STREAM ""']);
  bench.session.sendHead(bench.stream(3), HEAD, false);
  bench.session.sendEnd(bench.stream(3), '');
  assert.deepEqual(bench.output(), ['HEADERS 3 END_STREAM :status=200']);
  bench.session.sendHead(bench.stream(5), HEAD, false);
  send(bench, 5, 1);
  bench.session.sendEnd(bench.stream(5), 'Grpc-Status: 0\r\n');
  assert.deepEqual(bench.output(), ['HEADERS 5 :status=200', 'DATA 5 "x"', 'HEADERS 5 END_STREAM grpc-status=0']);
});

test('an end joins the last frame of its own stream only', () => {
  const bench = Bench.server().feed(headers(1, GET), headers(3, GET));
  for (const id of [1, 3]) bench.session.sendHead(bench.stream(id), HEAD, false);
  bench.session.sendEnd(bench.stream(1), '');
  bench.session.sendEnd(bench.stream(3), '');
  assert.deepEqual(bench.output(), ['HEADERS 1 :status=200', 'HEADERS 3 END_STREAM :status=200', 'DATA 1 END_STREAM ""']);
});

test("content stops at the stream's window, waits, and goes on with it", () => {
  const bench = Bench.server().feed(settings(4, 10), headers(1, GET), window(0, 1_000_000));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  assert.equal(send(bench, 1, 25), false);
  assert.deepEqual(sizes(bench.output()), { 1: 10 });
  assert.equal(bench.stream(1).queuedBytes, 15);
  bench.session.sendEnd(bench.stream(1), '');
  bench.events.take();
  bench.feed(window(1, 10));
  assert.deepEqual(bench.output(), ['DATA 1 "xxxxxxxxxx"']);
  bench.feed(window(1, 10));
  assert.deepEqual(bench.output(), ['DATA 1 END_STREAM "xxxxx"']);
  assert.deepEqual(bench.events.take(), ['writable 1']);
});

test('onWritable also says that content and end have left', () => {
  const bench = Bench.server().feed(settings(4, 1), headers(1, POST, false));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  send(bench, 1, 2);
  bench.session.sendEnd(bench.stream(1), '');
  bench.events.take();
  bench.feed(window(1, 1));
  assert.deepEqual(bench.events.take(), ['writable 1']);
  assert.equal(bench.stream(1).isEndSent, true);
});

test('small pieces that wait share memory, stay in order, and leave in few frames', () => {
  const bench = Bench.server().feed(settings(4, 0), headers(1, GET), window(0, 1_000_000));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  let text = '';
  for (let index = 0; index < 9_000; index++) {
    const byte = String.fromCharCode(0x61 + (index % 26));
    text += byte;
    send(bench, 1, 1, byte);
  }
  assert.ok(bench.stream(1).queue!.length <= 4);
  const client = Bench.client();
  client.session.open('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { owner: '', isEnd: true, protocol: '' });
  for (const increment of [1, 5_000, 10_000]) {
    bench.feed(window(1, increment));
    client.feed(bench.bytes());
  }
  assert.deepEqual(client.events.take().slice(1), [`data 1 ${text}`]);
  assert.deepEqual([bench.stream(1).queue, bench.stream(1).queuedBytes], [null, 0]);
});

test('trailers wait for the content before them', () => {
  const bench = Bench.server().feed(settings(4, 1), headers(1, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  send(bench, 1, 2);
  bench.session.sendEnd(bench.stream(1), 'a: b\r\n');
  bench.output();
  bench.feed(window(1, 1));
  assert.deepEqual(bench.output(), ['DATA 1 "x"', 'HEADERS 1 END_STREAM a=b']);
});

test('onWritable follows when the queue is empty, and more can be sent from within it', () => {
  const bench = Bench.server().feed(settings(4, 1), headers(1, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  send(bench, 1, 3);
  bench.output();
  bench.events.take();
  bench.events.react = (event) => {
    if (event === 'writable') send(bench, 1, 2, 'y');
  };
  bench.feed(window(1, 1));
  assert.deepEqual([bench.output(), bench.events.take()], [['DATA 1 "x"'], []]);
  bench.feed(window(1, 2));
  assert.deepEqual([bench.output(), bench.events.take()], [['DATA 1 "x"', 'DATA 1 "y"'], ['writable 1']]);
});

test('a shrunk initial window leaves a window below zero, which has to be filled up first (§6.9.2)', () => {
  const bench = Bench.server().feed(settings(4, 100), headers(1, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  send(bench, 1, 100);
  bench.feed(settings(4, 40));
  send(bench, 1, 10);
  bench.output();
  bench.feed(window(1, 60));
  assert.deepEqual(sizes(bench.output()), {});
  bench.feed(window(1, 3));
  assert.deepEqual(sizes(bench.output()), { 1: 3 });
  bench.feed(settings(4, 47));
  assert.deepEqual(sizes(bench.output()), { 1: 7 });
});

test('streams that wait for the connection share it frame by frame', () => {
  const bench = Bench.server().feed(settings(4, 1_000_000), headers(1, GET), headers(3, GET), headers(5, GET));
  for (const id of [1, 3, 5]) bench.session.sendHead(bench.stream(id), HEAD, false);
  for (const id of [1, 3, 5]) send(bench, id, 100_000);
  assert.deepEqual(sizes(bench.output()), { 1: 65_535 });
  bench.feed(window(0, 6 * 16_384));
  assert.deepEqual(sizes(bench.output()), { 1: 32_768, 3: 32_768, 5: 32_768 });
});

test('a stream that comes later does not overtake those that wait', () => {
  const bench = Bench.server().feed(settings(4, 1_000_000), headers(1, GET), headers(3, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  bench.session.sendHead(bench.stream(3), HEAD, false);
  send(bench, 1, 70_000);
  bench.session.flushed(false);
  bench.feed(window(0, 100_000));
  assert.equal(send(bench, 3, 10), false);
  bench.session.flushed(true);
  assert.deepEqual(
    bench.output().filter((line) => line.startsWith('DATA')),
    ['DATA 1 16384', 'DATA 1 16384', 'DATA 1 16384', 'DATA 1 16383', 'DATA 1 4465', 'DATA 3 "xxxxxxxxxx"'],
  );
});

test('a stream that goes on from within onWritable queues up behind the others', () => {
  const bench = Bench.server().feed(settings(4, 1_000_000), headers(1, GET), headers(3, GET));
  for (const id of [1, 3]) bench.session.sendHead(bench.stream(id), HEAD, false);
  for (const id of [1, 3]) send(bench, id, id === 1 ? 65_536 : 20_000);
  bench.events.react = (event, stream) => {
    if (event === 'writable' && stream!.id === 1) send(bench, 1, 100_000);
  };
  bench.output();
  bench.feed(window(0, 1 + 16_384));
  assert.deepEqual(sizes(bench.output()), { 1: 1, 3: 16_384 });
});

test('while the socket is full no content goes to the output; heads and answers do', () => {
  const bench = Bench.server().feed(headers(1, GET));
  bench.session.flushed(false);
  bench.session.sendHead(bench.stream(1), HEAD, false);
  assert.equal(send(bench, 1, 10), false);
  assert.deepEqual(bench.session.output.size < 20, true);
  assert.deepEqual(sizes(bench.output()), {});
  assert.deepEqual(sizes(bench.output()), { 1: 10 }); // `output` said that there is room again
});

test('a turn sends 128 KiB of content and a frame at most, whatever the windows are', () => {
  const bench = Bench.server().feed(settings(4, 10_000_000), window(0, 10_000_000), headers(1, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  assert.equal(send(bench, 1, 1_000_000), false);
  assert.ok(bench.session.output.size < 150_000);
  let sum = 0;
  for (let turn = 0; turn < 10; turn++) sum += sizes(bench.output())['1'] ?? 0;
  assert.equal(sum, 1_000_000);
});

test('room is given back in halves of the window, for the stream and for the connection', () => {
  const bench = Bench.server({ streamWindowBytes: 65_536, connectionWindowBytes: 131_072 });
  bench.events.consumes = null;
  const full = Buffer.alloc(16_384);
  bench.feed(headers(1, POST, false), data(1, full), data(1, full));
  const stream = bench.stream(1);
  bench.session.consumed(stream, 30_000);
  assert.deepEqual(bench.output(), []);
  bench.session.consumed(stream, 2_768);
  assert.deepEqual(bench.output(), ['WINDOW_UPDATE 1 32768']);
  bench.feed(data(1, full), data(1, full, true));
  bench.session.consumed(stream, 32_768);
  assert.deepEqual(bench.output(), ['WINDOW_UPDATE 0 65536'], 'a stream that gets no more needs no window');
});

test('padding counts, and is given back by itself', () => {
  const bench = Bench.server({ streamWindowBytes: 1_000, connectionWindowBytes: 65_535 });
  bench.events.consumes = null;
  const padded = frame(TYPES.DATA, 8, 1, [255, 0x61, ...Buffer.alloc(255)]);
  bench.feed(headers(1, POST, false), padded, padded);
  assert.deepEqual(bench.output(), ['WINDOW_UPDATE 1 512']);
  assert.equal(bench.stream(1).unconsumed, 2);
});

test('what a stream that was reset had not given back returns to the connection', () => {
  const bench = Bench.server({ connectionWindowBytes: 65_536 });
  bench.events.consumes = null;
  const full = Buffer.alloc(16_384);
  bench.feed(headers(1, POST, false), data(1, full), data(1, full));
  bench.session.reset(bench.stream(1), 8);
  assert.deepEqual(bench.output(), ['RST_STREAM 1 CANCEL', 'WINDOW_UPDATE 0 32768']);
  bench.session.consumed(bench.stream(1), 32_768);
  bench.feed(data(1, full), data(1, full));
  assert.deepEqual(bench.output(), ['WINDOW_UPDATE 0 32768'], 'what comes late is dropped and given back');
});

test('the content of a refused request is dropped and given back', () => {
  const bench = Bench.server({ streamWindowBytes: 16_384, headerBytesMax: 200, requestLineBytesMax: 200 });
  bench.feed(headers(1, [...POST, ['a', 'x'.repeat(400)]], false), data(1, Buffer.alloc(16_384)), data(1, 'x', true));
  assert.deepEqual(bench.events.take(), ['refused 1 431']);
  assert.deepEqual(bench.output(), ['WINDOW_UPDATE 1 16384']);
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 431 X\r\n\r\n', true);
  assert.equal(bench.stream(1).isClosed, true);
});

test('a queue that does not move by a KiB in its time is reset; one that does is not', () => {
  const bench = Bench.server({ stallTimeoutMs: 30_000 });
  bench.feed(settings(4, 0), headers(1, GET), headers(3, GET));
  for (const id of [1, 3]) bench.session.sendHead(bench.stream(id), HEAD, false);
  for (const id of [1, 3]) send(bench, id, 10_000);
  bench.output();
  bench.pass(250);
  for (let second = 0; second < 29; second++) {
    bench.feed(window(1, 1), window(3, 40));
    bench.pass(1_000);
  }
  assert.equal(bench.session.streamCount, 2);
  bench.output();
  bench.events.take();
  bench.pass(1_000);
  assert.deepEqual([bench.output(), bench.events.take()], [['RST_STREAM 1 CANCEL'], ['reset 1 CANCEL session']]);
  bench.pass(31_000);
  assert.deepEqual(bench.events.take(), ['reset 3 CANCEL session']);
  assert.equal(bench.session.deadline, Infinity);
});

test('a full socket is not the stream’s fault', () => {
  const bench = Bench.server();
  bench.feed(headers(1, GET));
  bench.session.sendHead(bench.stream(1), HEAD, false);
  bench.session.flushed(false);
  send(bench, 1, 10_000);
  for (let minute = 0; minute < 10; minute++) bench.pass(60_000);
  assert.equal(bench.session.streamCount, 1);
});
