/** Makes HTTP/2 inputs: sequences of frames that are mostly right, sometimes wrong, then mutated bytewise. Everything comes from the random source, so a seed replays a run. */
import { randomInteger, type Random } from '../../src/base/random.ts';
import { HpackEncoder } from '../../src/core/http2/hpack/encoder.ts';
import { block, data, FLAGS, frame, settings, TYPES, uint32 } from '../support/http2.ts';
import { encodePairs } from '../support/hpack.ts';

type Fields = readonly (readonly [string, string])[];

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'CONNECT', 'get', '', 'G T'];
const PATHS = ['/', '/a?b=c', '/%2e%2e/', '*', '', 'a', '/a b', '/\r\n', 'http://b/', '/\x80'];
const AUTHORITIES = ['a', 'a.example:80', '', 'u@a', 'a\0', 'a, b'];
const SCHEMES = ['http', 'https', 'ftp', '', 'h:'];
const MORE: Fields = [
  ['accept', '*/*'],
  ['cookie', 'a=b'],
  ['cookie', 'c=d'],
  ['content-length', '5'],
  ['content-length', '0'],
  ['content-length', '+5'],
  ['host', 'a'],
  ['host', 'b'],
  ['te', 'trailers'],
  ['te', 'gzip'],
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['X-Upper', '1'],
  ['x', 'a\r\nb'],
  ['x', ' a'],
  ['x', 'a\0'],
  ['x y', 'a'],
  ['', 'a'],
  [':path', '/again'],
  [':status', '200'],
  ['x-long', 'x'.repeat(300)],
  ['expect', '100-continue'],
];
const RESPONSES: readonly Fields[] = [
  [[':status', '200']],
  [
    [':status', '200'],
    ['content-length', '5'],
  ],
  [[':status', '103']],
  [[':status', '304']],
  [[':status', '101']],
  [[':status', '2']],
  [['a', 'b']],
];

/** What is chosen so far. */
class Source {
  readonly random: Random;
  private readonly encoder = new HpackEncoder();
  private next = 1;
  readonly isServer: boolean;

  constructor(random: Random, isServer: boolean) {
    this.random = random;
    this.isServer = isServer;
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  below(count: number): number {
    return randomInteger(this.random, count);
  }

  /** Mostly the first. */
  pick<Value>(list: readonly Value[]): Value {
    return list[this.chance(0.85) ? 0 : this.below(list.length)]!;
  }

  /** Mostly a stream that is in use. */
  id(): number {
    if (this.chance(0.05)) return this.below(6);
    return Math.max(1, this.next - 2 * (1 + this.below(Math.min(4, (this.next + 1) / 2))));
  }

  newId(): number {
    if (this.chance(0.1)) return this.id();
    const id = this.next;
    this.next += this.chance(0.05) ? 4 : 2;
    return id;
  }

  fields(): Fields {
    if (!this.isServer) return this.pick(RESPONSES);
    const fields: (readonly [string, string])[] = [
      [':method', this.chance(0.4) ? 'POST' : this.pick(METHODS)],
      [':scheme', this.pick(SCHEMES)],
      [':authority', this.pick(AUTHORITIES)],
      [':path', this.pick(PATHS)],
    ];
    if (this.chance(0.03)) fields.splice(this.below(fields.length), 1);
    for (let count = this.below(4); count > 0; count--) fields.push(MORE[this.chance(0.8) ? this.below(3) : this.below(MORE.length)]!);
    if (this.chance(0.03)) fields.reverse();
    return fields;
  }

  block(fields: Fields): Uint8Array {
    return this.chance(0.5) ? encodePairs(this.encoder, fields) : block(fields);
  }
}

function headersOf(source: Source): Buffer {
  const isTrailers = source.chance(0.15);
  const id = isTrailers || !source.isServer ? source.id() : source.newId();
  const payload = source.block(isTrailers ? [['x-trailer', 'y']] : source.fields());
  const end = source.chance(0.5) ? FLAGS.END_STREAM : 0;
  if (source.chance(0.1))
    return frame(TYPES.HEADERS, end | FLAGS.END_HEADERS | FLAGS.PADDED, id, Buffer.concat([Buffer.from([2]), payload, Buffer.alloc(2)]));
  if (source.chance(0.1))
    return frame(TYPES.HEADERS, end | FLAGS.END_HEADERS | FLAGS.PRIORITY, id, Buffer.concat([uint32(0), Buffer.from([7]), payload]));
  if (source.chance(0.85)) return frame(TYPES.HEADERS, end | FLAGS.END_HEADERS, id, payload);
  const cut = source.below(payload.length);
  return Buffer.concat([
    frame(TYPES.HEADERS, end, id, payload.subarray(0, cut)),
    frame(TYPES.CONTINUATION, FLAGS.END_HEADERS, id, payload.subarray(cut)),
  ]);
}

function dataOf(source: Source): Buffer {
  const id = source.id();
  const content = 'hello world'.slice(0, source.chance(0.6) ? 5 : source.below(12));
  const isEnd = source.chance(0.4);
  if (source.chance(0.8)) return data(id, content, isEnd);
  const padding = source.below(9);
  return frame(
    TYPES.DATA,
    FLAGS.PADDED | (isEnd ? FLAGS.END_STREAM : 0),
    id,
    Buffer.concat([Buffer.from([padding]), Buffer.from(content), Buffer.alloc(source.chance(0.9) ? padding : 1)]),
  );
}

function controlOf(source: Source): Buffer {
  const wild = (): number => [0, 1, 100, 16_384, 65_535, 0x7fff_ffff, 0xffff_ffff][source.below(7)]!;
  switch (source.below(8)) {
    case 0:
      return frame(TYPES.RST_STREAM, 0, source.id(), uint32(source.below(14)));
    case 1:
      return frame(
        TYPES.WINDOW_UPDATE,
        0,
        source.chance(0.3) ? 0 : source.id(),
        uint32(source.chance(0.9) ? 1 + source.below(1000) : wild()),
      );
    case 2:
      return settings(1 + source.below(8), source.chance(0.5) ? 1000 : wild());
    case 3:
      return frame(TYPES.SETTINGS, FLAGS.ACK, 0);
    case 4:
      return frame(TYPES.PING, source.below(2), 0, '12345678');
    case 5:
      return frame(TYPES.PRIORITY, 0, source.id(), Buffer.concat([uint32(source.id()), Buffer.from([1])]));
    case 6:
      return frame(source.below(16), source.below(256), source.id(), Buffer.alloc(source.below(12), source.below(256)));
    default:
      return source.chance(0.2) ? frame(TYPES.GOAWAY, 0, 0, Buffer.concat([uint32(source.id()), uint32(0)])) : frame(0xbe, 0, 0, 'x');
  }
}

/** Frames behind the greeting, as one Buffer. */
export function generateFrames(random: Random, isServer: boolean): Buffer {
  const source = new Source(random, isServer);
  const frames: Buffer[] = [];
  for (let count = 1 + source.below(12); count > 0; count--) {
    const kind = random();
    frames.push(kind < 0.45 ? headersOf(source) : kind < 0.8 ? dataOf(source) : controlOf(source));
  }
  const bytes = Buffer.concat(frames);
  if (source.chance(0.25)) for (let count = 1 + source.below(3); count > 0; count--) bytes[source.below(bytes.length)] = source.below(256);
  return source.chance(0.05) ? bytes.subarray(0, source.below(bytes.length)) : bytes;
}
