/** The error cases of RFC 9113 §3 to §8 and §10, as raw frames: what a server answers to each, frame by frame. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, FLAGS, GET, POST, PREFACE, TYPES, block, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';

const { END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY } = FLAGS;

/** Name, frames after the handshake, what is sent, what the owner hears (not looked at where left out). */
type Case = readonly [name: string, frames: readonly Buffer[], sent: readonly string[], events?: readonly string[]];

const gone = (code: string, cause: string, lastId = 0): readonly string[] => [`GOAWAY ${lastId} ${code} ${cause}`];
const protocol = (lastId = 0): readonly string[] => gone('PROTOCOL_ERROR', 'protocol', lastId);
const size = (lastId = 0): readonly string[] => gone('FRAME_SIZE_ERROR', 'frame-size', lastId);
const calm = (cause: string, lastId = 0): readonly string[] => gone('ENHANCE_YOUR_CALM', cause, lastId);
const reset = (code: string, id = 1): readonly string[] => [`RST_STREAM ${id} ${code}`];

const open = headers(1, POST, false);
const whole = headers(1, GET);
const malformed = reset('PROTOCOL_ERROR');
const NOTHING: readonly string[] = [];

const FRAMES: readonly Case[] = [
  ['§4.2: a frame above 16,384 bytes is FRAME_SIZE_ERROR', [open, frame(TYPES.DATA, 0, 1, Buffer.alloc(16_385))], size(1)],
  ['§4.2: also when nobody knows its type', [frame(0xef, 0, 0, Buffer.alloc(16_385))], size()],
  [
    '§4.3: a header block that does not decode is COMPRESSION_ERROR',
    [frame(TYPES.HEADERS, END_HEADERS, 1, [0x80])],
    gone('COMPRESSION_ERROR', 'compression'),
  ],
  [
    '§4.3: nothing stands between HEADERS and CONTINUATION: another type',
    [frame(TYPES.HEADERS, 0, 1, block(GET)), frame(TYPES.PING, 0, 0, Buffer.alloc(8))],
    protocol(),
  ],
  ['§4.3: … or another stream', [frame(TYPES.HEADERS, 0, 1, block(GET)), frame(TYPES.CONTINUATION, END_HEADERS, 3, [])], protocol()],
  ['§4.3: … or an unknown type', [frame(TYPES.HEADERS, 0, 1, block(GET)), frame(0xef, 0, 1, [])], protocol()],
  ['§5.1: DATA on an idle stream', [data(1, 'x')], protocol()],
  ['§5.1: RST_STREAM on an idle stream', [frame(TYPES.RST_STREAM, 0, 1, uint32(8))], protocol()],
  ['§5.1: WINDOW_UPDATE on an idle stream', [frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1))], protocol()],
  ['§5.1: CONTINUATION on an idle stream', [frame(TYPES.CONTINUATION, END_HEADERS, 1, [])], protocol()],
  ['§5.1: DATA after END_STREAM is STREAM_CLOSED', [whole, data(1, 'x')], reset('STREAM_CLOSED')],
  ['§5.1: HEADERS after END_STREAM is STREAM_CLOSED', [whole, headers(1, GET)], reset('STREAM_CLOSED')],
  ['§5.1: CONTINUATION after END_STREAM', [whole, frame(TYPES.CONTINUATION, END_HEADERS, 1, [])], protocol(1)],
  [
    '§5.1: WINDOW_UPDATE, PRIORITY and RST_STREAM may follow END_STREAM',
    [whole, frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1)), frame(TYPES.PRIORITY, 0, 1, [0, 0, 0, 0, 1])],
    NOTHING,
  ],
  ['§5.1: DATA after RST_STREAM', [open, frame(TYPES.RST_STREAM, 0, 1, uint32(8)), data(1, 'x')], gone('STREAM_CLOSED', 'protocol', 1)],
  [
    '§5.1: HEADERS after RST_STREAM',
    [open, frame(TYPES.RST_STREAM, 0, 1, uint32(8)), headers(1, GET)],
    gone('STREAM_CLOSED', 'protocol', 1),
  ],
  [
    '§5.1: CONTINUATION after RST_STREAM',
    [open, frame(TYPES.RST_STREAM, 0, 1, uint32(8)), frame(TYPES.CONTINUATION, END_HEADERS, 1, [])],
    protocol(1),
  ],
  [
    '§5.1: what was on its way when we reset the stream is ignored',
    [headers(1, GET.slice(1), false), data(1, 'x'), headers(1, [['a', 'b']]), frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1))],
    malformed,
    [],
  ],
  ['§5.1.1: even identifiers are not for clients', [headers(2, GET)], protocol()],
  ['§5.1.1: identifiers only grow', [headers(5, GET), headers(3, GET)], protocol(5)],
  ['§5.1.1: DATA on an identifier that was skipped', [headers(5, GET), data(3, 'x')], protocol(5)],
  [
    '§5.3 (RFC 7540 §5.3.1): HEADERS that depend on themselves',
    [frame(TYPES.HEADERS, END_HEADERS | END_STREAM | PRIORITY, 1, Buffer.concat([uint32(1), Buffer.from([0]), block(GET)]))],
    malformed,
    [],
  ],
  [
    '§5.3 (RFC 7540 §5.3.1): an open stream that comes to depend on itself',
    [open, frame(TYPES.PRIORITY, 0, 1, [0, 0, 0, 1, 0])],
    malformed,
  ],
  ['§5.3 (RFC 7540 §5.3.1): an idle one', [frame(TYPES.PRIORITY, 0, 1, [0, 0, 0, 1, 0])], protocol()],
  [
    '§5.3.2: PRIORITY on an idle stream opens nothing',
    [frame(TYPES.PRIORITY, 0, 7, [0, 0, 0, 1, 0]), frame(TYPES.PRIORITY, 0, 2, [0, 0, 0, 1, 0])],
    NOTHING,
    [],
  ],
  ['§5.5: unknown types are ignored', [frame(0xef, 0xff, 0, 'hello'), frame(0xef, 0xff, 99, '')], NOTHING, []],
  ['§6.1: DATA belongs to a stream', [data(0, 'x')], protocol()],
  ['§6.1: padding as long as the payload', [open, frame(TYPES.DATA, PADDED, 1, [2, 0x61])], protocol(1)],
  [
    '§6.1: padding that fills the payload behind its length leaves no content',
    [open, frame(TYPES.DATA, PADDED | END_STREAM, 1, [1, 0])],
    NOTHING,
  ],
  ['§6.1: no room for the length of padding', [open, frame(TYPES.DATA, PADDED, 1, [])], size(1)],
  ['§6.2: HEADERS belong to a stream', [headers(0, GET)], protocol()],
  ['§6.2: more padding than payload', [frame(TYPES.HEADERS, END_HEADERS | PADDED, 1, [9, ...block(GET).subarray(0, 8)])], protocol()],
  ['§6.2: no room for the priority', [frame(TYPES.HEADERS, END_HEADERS | PRIORITY, 1, [0, 0, 0, 0])], size()],
  ['§6.3: PRIORITY belongs to a stream', [frame(TYPES.PRIORITY, 0, 0, [0, 0, 0, 1, 0])], protocol()],
  ['§6.3: PRIORITY has five bytes', [open, frame(TYPES.PRIORITY, 0, 1, [0, 0, 0, 3])], reset('FRAME_SIZE_ERROR')],
  ['§6.3: … also on an idle stream', [frame(TYPES.PRIORITY, 0, 1, [0, 0, 0, 3])], size()],
  ['§6.4: RST_STREAM belongs to a stream', [frame(TYPES.RST_STREAM, 0, 0, uint32(8))], protocol()],
  ['§6.4: RST_STREAM has four bytes', [open, frame(TYPES.RST_STREAM, 0, 1, [0, 0, 8])], size(1)],
  ['§6.5: an acknowledgement is empty', [frame(TYPES.SETTINGS, ACK, 0, Buffer.alloc(6))], size()],
  ['§6.5: SETTINGS belong to no stream', [frame(TYPES.SETTINGS, 0, 1, [])], protocol()],
  ['§6.5: parameters have six bytes', [frame(TYPES.SETTINGS, 0, 0, [0, 3, 0])], size()],
  ['§6.5.2: ENABLE_PUSH is 0 or 1', [settings(2, 2)], protocol()],
  ['§6.5.2: INITIAL_WINDOW_SIZE above 2^31-1', [settings(4, 2 ** 31)], gone('FLOW_CONTROL_ERROR', 'flow-control')],
  ['§6.5.2: MAX_FRAME_SIZE below 16,384', [settings(5, 16_383)], protocol()],
  ['§6.5.2: MAX_FRAME_SIZE above 2^24-1', [settings(5, 2 ** 24)], protocol()],
  ['§6.5.2: unknown settings are ignored', [settings(0xabcd, 7)], ['SETTINGS ACK']],
  ['RFC 8441 §3: ENABLE_CONNECT_PROTOCOL is 0 or 1', [settings(8, 2)], protocol()],
  ['RFC 8441 §3: … and is not taken back', [settings(8, 1), settings(8, 0)], ['SETTINGS ACK', ...protocol()]],
  ['§6.5.3: every SETTINGS is acknowledged', [settings(4, 100), settings()], ['SETTINGS ACK', 'SETTINGS ACK']],
  [
    '§6.6, §8.4: a client pushes nothing',
    [open, frame(TYPES.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), block(GET)]))],
    protocol(1),
  ],
  ['§6.7: PING belongs to no stream', [frame(TYPES.PING, 0, 1, Buffer.alloc(8))], protocol()],
  ['§6.7: PING has eight bytes', [frame(TYPES.PING, 0, 0, Buffer.alloc(6))], size()],
  [
    '§6.7: PING is answered with its own bytes, an acknowledgement is not',
    [frame(TYPES.PING, 0, 0, 'abcdefgh'), frame(TYPES.PING, ACK, 0, 'abcdefgh')],
    ['PING ACK 6162636465666768'],
  ],
  ['§6.8: GOAWAY belongs to no stream', [frame(TYPES.GOAWAY, 0, 1, Buffer.alloc(8))], protocol()],
  ['§6.8: GOAWAY has eight bytes at least', [frame(TYPES.GOAWAY, 0, 0, Buffer.alloc(7))], size()],
  ['§6.9: an increment of nothing, on the connection', [frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0))], protocol()],
  ['§6.9: … and on a stream', [open, frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(0))], malformed],
  ['§6.9: WINDOW_UPDATE has four bytes', [frame(TYPES.WINDOW_UPDATE, 0, 0, [0, 0, 1])], size()],
  [
    '§6.9.1: the connection window passes 2^31-1',
    [frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))],
    gone('FLOW_CONTROL_ERROR', 'flow-control'),
  ],
  ['§6.9.1: a stream window passes 2^31-1', [open, frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1))], reset('FLOW_CONTROL_ERROR')],
  [
    '§6.9.2: SETTINGS move a stream window past 2^31-1',
    [open, frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1 - 65_535)), settings(4, 65_536)],
    gone('FLOW_CONTROL_ERROR', 'flow-control', 1),
  ],
  ['§6.10: CONTINUATION belongs to a stream', [frame(TYPES.CONTINUATION, END_HEADERS, 0, [])], protocol()],
  ['§6.10: … and to a block that is open', [open, frame(TYPES.CONTINUATION, END_HEADERS, 1, [])], protocol(1)],
  [
    '§6.10: a block may go on in CONTINUATIONs',
    [
      frame(TYPES.HEADERS, END_STREAM, 1, block(GET.slice(0, 2))),
      frame(TYPES.CONTINUATION, 0, 1, []),
      frame(TYPES.CONTINUATION, END_HEADERS, 1, block(GET.slice(2))),
    ],
    NOTHING,
    ['request 1 end GET / HTTP/1.1|host: a.example||'],
  ],
  [
    '§10.5: nine CONTINUATIONs are a flood',
    [frame(TYPES.HEADERS, 0, 1, []), ...Array.from({ length: 9 }, () => frame(TYPES.CONTINUATION, 0, 1, []))],
    calm('continuation'),
  ],
  [
    '§10.5: so is a block of more than 64 KiB',
    [
      frame(TYPES.HEADERS, 0, 1, Buffer.alloc(16_384)),
      ...Array.from({ length: 4 }, () => frame(TYPES.CONTINUATION, 0, 1, Buffer.alloc(16_384))),
    ],
    calm('continuation'),
  ],
];

const MESSAGES: readonly Case[] = [
  [
    '§8.1: trailers that do not end the stream',
    [open, headers(1, [['a', 'b']], false)],
    malformed,
    ['request 1 POST / HTTP/1.1|host: a.example|transfer-encoding: chunked||', 'reset 1 PROTOCOL_ERROR session'],
  ],
  ['§8.1: trailers with a pseudo-header', [open, headers(1, [[':path', '/']])], malformed],
  ['§8.1: trailers that frame (RFC 9110 §6.5.1)', [open, headers(1, [['content-length', '0']])], malformed],
  [
    '§8.1: trailers end a request',
    [
      open,
      data(1, 'x'),
      headers(1, [
        ['a', 'b'],
        ['c', ''],
      ]),
    ],
    NOTHING,
    ['request 1 POST / HTTP/1.1|host: a.example|transfer-encoding: chunked||', 'data 1 x', 'end 1 a: b|c: |'],
  ],
  [
    '§8.1.1: less content than content-length says',
    [headers(1, [...POST, ['content-length', '3']], false), data(1, 'xy', true)],
    malformed,
  ],
  ['§8.1.1: … in two frames', [headers(1, [...POST, ['content-length', '3']], false), data(1, 'x'), data(1, 'y', true)], malformed],
  [
    '§8.1.1: more content than content-length says; not a byte of the frame passes on',
    [headers(1, [...POST, ['content-length', '3']], false), data(1, 'xyzu')],
    malformed,
    ['request 1 POST / HTTP/1.1|host: a.example|content-length: 3||', 'reset 1 PROTOCOL_ERROR session'],
  ],
  [
    '§8.1.1: trailers before the content is complete',
    [headers(1, [...POST, ['content-length', '3']], false), data(1, 'xy'), headers(1, [['a', 'b']])],
    malformed,
  ],
  ['§8.1.1: content-length without content', [headers(1, [...POST, ['content-length', '3']])], malformed, []],
  [
    '§8.1.1: content-length fits',
    [headers(1, [...POST, ['content-length', '3']], false), data(1, 'xyz'), data(1, '', true)],
    NOTHING,
    ['request 1 POST / HTTP/1.1|host: a.example|content-length: 3||', 'data 1 xyz', 'end 1'],
  ],
];

function run([name, frames, sent, events]: Case): void {
  test(name, () => {
    const bench = Bench.server();
    bench.feed(...frames);
    assert.deepEqual(bench.output(), sent);
    if (events !== undefined) assert.deepEqual(bench.events.take(), events);
    if (sent.at(-1)?.startsWith('GOAWAY') !== true) return assert.equal(bench.session.isClosed, false);
    assert.equal(bench.session.isClosed, true);
    bench.feed(headers(9, GET));
    assert.deepEqual(bench.output(), [], 'after its GOAWAY a failed session says nothing more');
    return undefined;
  });
}

for (const entry of FRAMES) run(entry);
for (const entry of MESSAGES) run(entry);

test('§3.4: a connection begins with the preface', () => {
  for (const start of ['GET / HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\rx']) {
    const bench = new Bench();
    bench.feed(Buffer.from(start, 'latin1'));
    assert.deepEqual(bench.output().slice(-1), protocol());
    assert.deepEqual(bench.events.take(), ['fatal PROTOCOL_ERROR protocol']);
  }
});

test('§3.4: SETTINGS follow the preface', () => {
  for (const first of [frame(TYPES.PING, 0, 0, Buffer.alloc(8)), frame(TYPES.SETTINGS, ACK, 0), headers(1, GET)]) {
    const bench = new Bench();
    bench.feed(PREFACE, first);
    assert.deepEqual(bench.output().slice(-1), protocol());
  }
});

test('§5.1: frames after both sides have ended', () => {
  for (const [late, sent] of [
    [data(1, 'x'), gone('STREAM_CLOSED', 'protocol', 1)],
    [headers(1, GET), gone('STREAM_CLOSED', 'protocol', 1)],
    [frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(1)), []],
    [frame(TYPES.RST_STREAM, 0, 1, uint32(8)), []],
    [frame(TYPES.PRIORITY, 0, 1, [0, 0, 0, 3, 0]), []],
  ] as const) {
    const bench = Bench.server();
    bench.feed(whole);
    bench.session.sendHead(bench.stream(1), 'HTTP/1.1 204 No Content\r\n\r\n', true);
    bench.output();
    bench.feed(late);
    assert.deepEqual(bench.output(), sent);
  }
});

test('§5.1.2: streams above the limit are refused, and the next one after an end is not', () => {
  const bench = Bench.server({ streamsMax: 2 });
  bench.feed(headers(1, GET), headers(3, GET), headers(5, GET));
  assert.deepEqual(bench.output(), reset('REFUSED_STREAM', 5));
  bench.session.sendHead(bench.stream(1), 'HTTP/1.1 204 No Content\r\n\r\n', true);
  bench.session.release(bench.stream(1));
  bench.output();
  bench.feed(headers(7, GET));
  assert.deepEqual(bench.output(), []);
});

test('§6.9.1: DATA beyond the window of its stream, and beyond that of the connection', () => {
  const full = Buffer.alloc(16_384);
  const stream = Bench.server({ streamWindowBytes: 20_000 });
  stream.events.consumes = null;
  stream.feed(open, data(1, full), data(1, full));
  assert.deepEqual(stream.output(), reset('FLOW_CONTROL_ERROR'));
  const connection = Bench.server({ connectionWindowBytes: 65_535 });
  connection.events.consumes = null;
  connection.feed(open, data(1, full), data(1, full), data(1, full), data(1, full));
  assert.deepEqual(connection.output(), gone('FLOW_CONTROL_ERROR', 'flow-control', 1));
});

test('§8.3.1: a request may be malformed in many ways, and each ends its stream alone', () => {
  const bench = Bench.server();
  bench.feed(headers(1, [...GET, ['X', 'y']]), headers(3, [...GET, ['connection', 'close']]), headers(5, GET.slice(1)), headers(7, GET));
  assert.deepEqual(
    bench.output(),
    [1, 3, 5].flatMap((id) => reset('PROTOCOL_ERROR', id)),
  );
  assert.deepEqual(bench.events.take(), ['request 7 end GET / HTTP/1.1|host: a.example||']);
  assert.equal(bench.session.malformedCount, 3);
});
