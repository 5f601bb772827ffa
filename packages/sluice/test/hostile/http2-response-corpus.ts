/**
 * HTTP/2 origins that break the rules, frame by frame. `refused`: the client gets 502. `cut`: the reply has begun and must be cut; what the client has must not look whole.
 * `passed`: the reply is whole, whatever comes after it.
 */
import { block, data, FLAGS, frame, headers, settings, TYPES, uint32 } from '../support/http2.ts';
import { type Http2Wire, SETTINGS_ACK } from '../support/http2-wire.ts';
import type { Fields } from './http2-request-corpus.ts';

export interface HostileHttp2Response {
  readonly attack: string;
  readonly name: string;
  readonly outcome: 'refused' | 'cut' | 'refused or cut' | 'passed';
  /** In place of the usual greeting. */
  readonly greeting?: Buffer;
  /** Answers the request on a stream. */
  readonly answer: (wire: Http2Wire, stream: number) => void;
}

type Frames = (stream: number) => readonly Buffer[];

const OK: Fields = [[':status', '200']];
const GREETING = Buffer.concat([settings(), SETTINGS_ACK]);

function rows(attack: string, outcome: HostileHttp2Response['outcome'], entries: Readonly<Record<string, Frames>>): HostileHttp2Response[] {
  return Object.entries(entries).map(([name, frames]) => ({
    attack,
    name,
    outcome,
    answer: (wire, stream) => wire.send(...frames(stream)),
  }));
}

/** A head with these fields, then content. */
function reply(fields: Fields): Frames {
  return (id) => [headers(id, fields, false), data(id, 'POISONED', true)];
}

/** A good head and some content, then these frames. */
function later(...frames: readonly ((id: number) => Buffer)[]): Frames {
  return (id) => [headers(id, OK, false), data(id, 'some'), ...frames.map((make) => make(id))];
}

const reset = (code: number) => (id: number) => frame(TYPES.RST_STREAM, 0, id, uint32(code));
const goaway =
  (lastId: number, code = 0) =>
  () =>
    frame(TYPES.GOAWAY, 0, 0, Buffer.concat([uint32(lastId), uint32(code)]));

const heads = rows('malformed head', 'refused', {
  'no status': reply([['a', 'b']]),
  'status 20': reply([[':status', '20']]),
  'status 2000': reply([[':status', '2000']]),
  'status 000': reply([[':status', '000']]),
  'status 099': reply([[':status', '099']]),
  'status 600': reply([[':status', '600']]),
  'status abc': reply([[':status', 'abc']]),
  'status with a sign': reply([[':status', '+20']]),
  'status and a reason': reply([[':status', '200 OK']]),
  'status with CR LF': reply([[':status', '200\r\nset-cookie: evil=1']]),
  'two statuses': reply([...OK, [':status', '200']]),
  'status behind a field': reply([['a', 'b'], ...OK]),
  'a pseudo-header of requests': reply([...OK, [':path', '/']]),
  'upper case': reply([...OK, ['Set-Cookie', 'evil=1']]),
  'an empty name': reply([...OK, ['', 'b']]),
  'a name with a colon': reply([...OK, ['a: b', 'c']]),
  'a name with CR LF': reply([...OK, ['a\r\nset-cookie', 'evil=1']]),
  'a value with CR LF': reply([...OK, ['a', 'b\r\nset-cookie: evil=1']]),
  'a value with LF': reply([...OK, ['a', 'b\nset-cookie: evil=1']]),
  'a value with CR': reply([...OK, ['a', 'b\rset-cookie: evil=1']]),
  'a value with NUL': reply([...OK, ['a', 'b\0c']]),
  'a location with CR LF': reply([
    [':status', '302'],
    ['location', '/x\r\nset-cookie: evil=1'],
  ]),
  connection: reply([...OK, ['connection', 'close']]),
  'transfer-encoding': reply([...OK, ['transfer-encoding', 'chunked']]),
  'keep-alive': reply([...OK, ['keep-alive', 'timeout=5']]),
  upgrade: reply([...OK, ['upgrade', 'h2c']]),
  'content-length that differs': reply([...OK, ['content-length', '8'], ['content-length', '9']]),
  'content-length with a sign': reply([...OK, ['content-length', '+8']]),
  'content-length, a list': reply([...OK, ['content-length', '8, 8']]),
  'content-length, and no content': (id) => [headers(id, [...OK, ['content-length', '8']])],
  'status 101': reply([[':status', '101']]),
  'status 101 and then 200': (id) => [headers(id, [[':status', '101']], false), headers(id, OK, false), data(id, 'POISONED', true)],
  'an interim reply that is the end': (id) => [headers(id, [[':status', '103']])],
  'content before a head': (id) => [data(id, 'POISONED', true)],
  'content after an interim head': (id) => [headers(id, [[':status', '103']], false), data(id, 'POISONED', true)],
  'forty interim replies': (id) => [
    ...Array.from({ length: 40 }, () => headers(id, [[':status', '103']], false)),
    headers(id, OK, false),
    data(id, 'POISONED', true),
  ],
  'more than 100 fields': reply([...OK, ...Array.from({ length: 120 }, () => ['a', 'b'] as const)]),
  'more than 32 KiB': (id) => [
    frame(TYPES.HEADERS, 0, id, block(OK)),
    ...Array.from({ length: 4 }, (_, index) =>
      frame(TYPES.CONTINUATION, index === 3 ? FLAGS.END_HEADERS : 0, id, block([['a', 'b'.repeat(12_000)]])),
    ),
  ],
});

const streams = rows('the stream ends before a head', 'refused', {
  'RST_STREAM INTERNAL_ERROR': (id) => [reset(2)(id)],
  'RST_STREAM NO_ERROR': (id) => [reset(0)(id)],
  'RST_STREAM with a code nobody knows': (id) => [reset(0xffff_ffff)(id)],
  'RST_STREAM after an interim head': (id) => [headers(id, [[':status', '103']], false), reset(7)(id)],
  'GOAWAY with an error': () => [goaway(0x7fff_ffff, 2)(), frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0))],
});

const connections = rows('the connection breaks a rule before a head', 'refused', {
  'a window update of 0': () => [frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0))],
  'window overflow': () => [frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff))],
  'window overflow of the stream': (id) => [frame(TYPES.WINDOW_UPDATE, 0, id, uint32(0x7fff_ffff))],
  PUSH_PROMISE: (id) => [frame(TYPES.PUSH_PROMISE, FLAGS.END_HEADERS, id, Buffer.concat([uint32(2), block(OK)]))],
  'a head on a stream of its own': () => [headers(2, OK)],
  'a head on a stream that is not open': () => [headers(99, OK)],
  'content on a stream that is not open': () => [data(99, 'POISONED')],
  'a frame that is too long': (id) => [frame(TYPES.DATA, 0, id, Buffer.alloc(16_385))],
  'a block that cannot be decoded': (id) => [frame(TYPES.HEADERS, FLAGS.END_HEADERS, id, [0xff, 0xff, 0xff, 0xff, 0xff])],
  'CONTINUATION without end': (id) => [
    frame(TYPES.HEADERS, 0, id, block(OK)),
    ...Array.from({ length: 40 }, () => frame(TYPES.CONTINUATION, 0, id, block([['a', 'b']]))),
  ],
  'a frame between HEADERS and CONTINUATION': (id) => [frame(TYPES.HEADERS, 0, id, block(OK)), frame(TYPES.PING, 0, 0, '12345678')],
  'SETTINGS that enable push': () => [settings(2, 1)],
  'SETTINGS with a window too large': () => [settings(4, 0x8000_0000)],
  'SETTINGS with a frame size too small': () => [settings(5, 100)],
  'SETTINGS acknowledgement with content': () => [frame(TYPES.SETTINGS, FLAGS.ACK, 0, [0, 0, 0, 0, 0, 0])],
  'SETTINGS without end': () => Array.from({ length: 200 }, () => settings()),
  'PING without end': () => Array.from({ length: 400 }, () => frame(TYPES.PING, 0, 0, '12345678')),
  'not HTTP/2': () => [Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED')],
});

const cuts = rows('after the head', 'cut', {
  'less than content-length': (id) => [headers(id, [...OK, ['content-length', '8']], false), data(id, 'some', true)],
  'more than content-length': (id) => [headers(id, [...OK, ['content-length', '4']], false), data(id, 'so'), data(id, 'mePOISONED', true)],
  'RST_STREAM INTERNAL_ERROR': later(reset(2)),
  'RST_STREAM NO_ERROR': later(reset(0)),
  'RST_STREAM CANCEL': later(reset(8)),
  'RST_STREAM REFUSED_STREAM': later(reset(7)),
  'GOAWAY that leaves the stream out': later(goaway(0)),
  'a second head': later((id) => headers(id, OK, false)),
  'trailers that are no end': later((id) => headers(id, [['a', 'b']], false)),
  'trailers with a pseudo-header': later((id) => headers(id, [[':status', '200']])),
  'trailers with content-length': later((id) => headers(id, [['content-length', '4']])),
  'trailers with CR LF': later((id) => headers(id, [['a', 'b\r\nc: d']])),
  'trailers in upper case': later((id) => headers(id, [['A', 'b']])),
  'padding longer than the frame': later((id) => frame(TYPES.DATA, FLAGS.PADDED, id, [200, 1])),
  PUSH_PROMISE: later((id) => frame(TYPES.PUSH_PROMISE, FLAGS.END_HEADERS, id, Buffer.concat([uint32(2), block(OK)]))),
  'a window update of 0 for the connection': later(() => frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0))),
  'content for a stream that is not open': later(() => data(99, 'x')),
  'empty DATA without end': (id) => [headers(id, OK, false), data(id, 'some'), ...Array.from({ length: 400 }, () => data(id, ''))],
  'SETTINGS without end': (id) => [headers(id, OK, false), data(id, 'some'), ...Array.from({ length: 200 }, () => settings())],
});

const endings: HostileHttp2Response[] = [
  {
    attack: 'the connection closes',
    name: 'without a byte',
    outcome: 'refused',
    greeting: Buffer.alloc(0),
    answer: (wire) => wire.socket.end(),
  },
  { attack: 'the connection closes', name: 'before a head', outcome: 'refused', answer: (wire) => wire.socket.end() },
  {
    attack: 'the connection closes',
    name: 'with a reset before a head',
    outcome: 'refused',
    answer: (wire) => wire.socket.resetAndDestroy(),
  },
  ...(['end', 'resetAndDestroy'] as const).map((how): HostileHttp2Response => ({
    attack: 'the connection closes',
    name: `${how} in the middle of content`,
    outcome: 'cut',
    answer: (wire, id) => {
      wire.send(...later()(id));
      setTimeout(() => wire.socket[how](), 50);
    },
  })),
  {
    attack: 'the connection closes',
    name: 'in the middle of a frame',
    outcome: 'cut',
    answer: (wire, id) => {
      wire.send(...later()(id), data(id, 'POISONED', true).subarray(0, 12));
      setTimeout(() => wire.socket.end(), 50);
    },
  },
  {
    attack: 'the connection closes',
    name: 'after GOAWAY that names the stream, without its end',
    outcome: 'cut',
    answer: (wire, id) => {
      wire.send(...later(goaway(id))(id));
      setTimeout(() => wire.socket.end(), 50);
    },
  },
  {
    attack: 'windows',
    name: 'more than the window',
    outcome: 'cut',
    answer: (wire, id) => {
      wire.send(headers(id, OK, false));
      // The client's reading gives room back; this is quicker.
      wire.send(...Array.from({ length: 2_000 }, () => data(id, Buffer.alloc(16_384))));
    },
  },
  { attack: 'silence', name: 'no head', outcome: 'refused', answer: () => {} },
  { attack: 'silence', name: 'no end', outcome: 'cut', answer: (wire, id) => wire.send(...later()(id)) },
  { attack: 'silence', name: 'no SETTINGS', outcome: 'refused', greeting: Buffer.alloc(0), answer: () => {} },
];

const fine = rows('a whole reply', 'passed', {
  plain: (id) => [headers(id, OK, false), data(id, 'fine', true)],
  'then RST_STREAM': (id) => [headers(id, OK, false), data(id, 'fine', true), reset(0)(id)],
  'then more content': (id) => [headers(id, OK, false), data(id, 'fine', true), data(id, 'POISONED', true)],
  'then a broken rule': (id) => [headers(id, OK, false), data(id, 'fine', true), frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0))],
  'then GOAWAY': (id) => [headers(id, OK, false), data(id, 'fine', true), goaway(id)()],
  'after SETTINGS that change windows': (id) => [settings(4, 0), settings(4, 65_535), headers(id, OK, false), data(id, 'fine', true)],
  'after a GOAWAY that names it': (id) => [goaway(id)(), headers(id, OK, false), data(id, 'fine', true)],
  'with trailers': (id) => [headers(id, OK, false), data(id, 'fine'), headers(id, [['a', 'b']])],
  'with an interim head': (id) => [
    headers(
      id,
      [
        [':status', '103'],
        ['link', '</x>'],
      ],
      false,
    ),
    headers(id, OK, false),
    data(id, 'fine', true),
  ],
  'with frames nobody knows': (id) => [frame(0xbe, 0, id, 'x'), headers(id, OK, false), frame(0xbe, 0xff, 0, 'x'), data(id, 'fine', true)],
  padded: (id) => [headers(id, OK, false), frame(TYPES.DATA, FLAGS.PADDED | FLAGS.END_STREAM, id, [3, ...Buffer.from('fine'), 0, 0, 0])],
});

/** Every row, in groups. */
export const hostileHttp2Responses: readonly HostileHttp2Response[] = [
  ...heads,
  ...streams,
  ...connections,
  ...cuts,
  ...endings,
  ...fine,
].map((row) => ({
  greeting: GREETING,
  ...row,
}));
