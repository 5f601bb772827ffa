/** Any split of the bytes gives the same events; any bytes at all give one answer and no exception; two sessions that talk to each other deliver what was sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bench, FLAGS, GET, POST, TYPES, data, frame, headers, settings, uint32 } from '../../../test/support/http2.ts';
import type { SessionOptions } from './session-sink.ts';
import type { Stream } from './stream.ts';

const { END_STREAM, END_HEADERS, PADDED } = FLAGS;

const someId = fc.constantFrom(0, 1, 1, 1, 3, 3, 5, 2);
const someFields = fc.constantFrom(
  GET,
  POST,
  [['a', 'b']] as const,
  [...POST, ['content-length', '5']] as const,
  [...GET, ['X', 'y']] as const,
);
const someFrame = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(someId, someFields, fc.boolean()).map(([id, fields, isEnd]) => headers(id, fields, isEnd)) },
  {
    weight: 4,
    arbitrary: fc.tuple(someId, fc.string({ maxLength: 12 }), fc.boolean()).map(([id, text, isEnd]) => data(id, Buffer.from(text), isEnd)),
  },
  fc
    .tuple(someId, fc.nat(12), fc.nat(8))
    .map(([id, padding, size]) => frame(TYPES.DATA, PADDED, id, Buffer.concat([Buffer.from([padding]), Buffer.alloc(size, 'p')]))),
  fc.tuple(someId, fc.nat(20)).map(([id, increment]) => frame(TYPES.WINDOW_UPDATE, 0, id, uint32(increment))),
  fc.tuple(someId, fc.nat(13)).map(([id, code]) => frame(TYPES.RST_STREAM, 0, id, uint32(code))),
  fc
    .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 99), fc.constantFrom(0, 1, 2, 65_535, 2 ** 31))
    .map(([name, value]) => settings(name, value)),
  fc
    .tuple(fc.nat(12), fc.nat(255), someId, fc.uint8Array({ maxLength: 12 }))
    .map(([type, flags, id, payload]) => frame(type, flags, id, payload)),
  fc.tuple(someId, someFields).map(([id, fields]) => {
    const whole = headers(id, fields).subarray(9);
    return Buffer.concat([
      frame(TYPES.HEADERS, END_STREAM, id, whole.subarray(0, 5)),
      frame(TYPES.CONTINUATION, END_HEADERS, id, whole.subarray(5)),
    ]);
  }),
);

/** Everything that comes out of a session, by the pieces that went in. */
function outcome(bytes: Buffer, cuts: readonly number[]): unknown {
  const bench = Bench.server({ streamWindowBytes: 65_536 });
  bench.feedSplit(bytes, cuts);
  return [bench.events.take(), bench.output(), bench.session.isClosed];
}

test('frames, right and wrong, mean the same whatever the pieces they come in', () => {
  fc.assert(
    fc.property(fc.array(someFrame, { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 12 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames);
      const ascending = cuts.filter((cut) => cut < bytes.length).toSorted((one, other) => one - other);
      const whole = outcome(bytes, []);
      assert.deepEqual(outcome(bytes, ascending), whole);
      assert.deepEqual(
        outcome(
          bytes,
          Array.from({ length: bytes.length }, (_, index) => index),
        ),
        whole,
      );
    }),
    { numRuns: 600 },
  );
});

test('any bytes at all end in an answer, not in an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isServer) => {
      const bench = isServer ? Bench.server() : Bench.client();
      if (!isServer) bench.session.open('GET / HTTP/1.1\r\nHost: a\r\n\r\n', { owner: '', isEnd: false, protocol: '' });
      bench.feed(Buffer.from(bytes));
      bench.output();
    }),
    { numRuns: 2_000 },
  );
});

// ---- two sessions

interface Message {
  readonly content: string;
  readonly trailers: boolean;
  readonly pieces: number;
}

const message: fc.Arbitrary<Message> = fc.record({
  content: fc.nat(60_000).map((size) => 'abcdefghijklmnop'.repeat(Math.ceil(size / 16)).slice(0, size)),
  trailers: fc.boolean(),
  pieces: fc.integer({ min: 1, max: 4 }),
});

/** Sends a message as fast as it is taken. */
class Feeder {
  private at = 0;
  private readonly bench: Bench;
  private readonly message: Message;
  private isOver = false;

  constructor(bench: Bench, sent: Message) {
    this.bench = bench;
    this.message = sent;
  }

  go(stream: Stream<string>): void {
    const { content, trailers, pieces } = this.message;
    const size = Math.ceil(content.length / pieces);
    while (this.at < content.length) {
      const bytes = Buffer.from(content.slice(this.at, this.at + size), 'latin1');
      this.at += size;
      const goesOn = this.bench.session.sendData(stream, bytes, 0, bytes.length);
      bytes.fill(0xee); // the session has no claim on it
      if (!goesOn) return;
    }
    if (this.isOver) return;
    this.isOver = true;
    this.bench.session.sendEnd(stream, trailers ? 'X-Sum: 1\r\n' : '');
  }
}

/** Carries bytes in pieces of the given sizes until nothing moves. */
function carry(from: Bench, to: Bench, sizes: readonly number[]): boolean {
  const bytes = from.bytes();
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const end = Math.min(bytes.length, at + (sizes[turn % sizes.length] ?? 1_000));
    to.feed(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return bytes.length > 0;
}

const someOptions: fc.Arbitrary<Partial<SessionOptions>> = fc.record({
  streamWindowBytes: fc.integer({ min: 1_000, max: 300_000 }),
  connectionWindowBytes: fc.integer({ min: 65_535, max: 300_000 }),
});

test('two sessions deliver what was sent, over any windows and splits', () => {
  const plan = fc.record({
    exchanges: fc.array(fc.tuple(message, message), { minLength: 1, maxLength: 5 }),
    client: someOptions,
    server: someOptions,
    sizes: fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 }),
    isFull: fc.boolean(),
  });
  fc.assert(
    fc.property(plan, ({ exchanges, client: clientOptions, server: serverOptions, sizes, isFull }) => {
      const client = new Bench({ ...clientOptions, role: 'client' });
      const server = new Bench(serverOptions);
      const replies = new Map<number, Feeder>();
      server.events.react = (event, stream) => {
        if (stream === null) return;
        if (event === 'request') {
          server.session.sendHead(stream, 'HTTP/1.1 200 OK\r\nX: y\r\n\r\n', false);
          replies.set(stream.id, new Feeder(server, exchanges[(stream.id - 1) / 2]![1]));
        }
        if (event === 'request' || event === 'writable') replies.get(stream.id)!.go(stream);
      };
      const requests = new Map<number, Feeder>();
      client.events.react = (event, stream) => {
        if (event === 'writable') requests.get(stream!.id)!.go(stream!);
      };
      for (const [request] of exchanges) {
        const stream = client.session.open('POST /x HTTP/1.1\r\nHost: a\r\n\r\n', { owner: '', isEnd: false, protocol: '' })!;
        const feeder = new Feeder(client, request);
        requests.set(stream.id, feeder);
        feeder.go(stream);
      }
      for (let turn = 0; ; turn++) {
        if (isFull) for (const bench of [client, server]) bench.session.flushed(turn % 3 === 0);
        const isMoving = [carry(client, server, sizes), carry(server, client, sizes)];
        if (!isMoving.includes(true)) break;
      }
      assertDelivered(
        server,
        exchanges.map(([request]) => request),
        'request',
      );
      assertDelivered(
        client,
        exchanges.map(([, reply]) => reply),
        'response',
      );
      assert.deepEqual([client.session.streamCount, server.session.streamCount], [0, 0]);
    }),
    { numRuns: 80 },
  );
});

function assertDelivered(bench: Bench, messages: readonly Message[], head: string): void {
  const contents = new Map<string, string>();
  const ends = new Map<string, string>();
  for (const line of bench.events.take()) {
    const [event, id, ...rest] = line.split(' ');
    if (event === 'data') contents.set(id!, (contents.get(id!) ?? '') + rest.join(' '));
    if (event === 'end') ends.set(id!, rest.join(' '));
    if (event === head && rest[0] === 'end') ends.set(id!, '');
    assert.ok(!['reset', 'fatal'].includes(event!), line);
  }
  for (const [index, { content, trailers }] of messages.entries()) {
    const id = String(index * 2 + 1);
    assert.equal(contents.get(id) ?? '', content);
    assert.equal(ends.get(id), trailers ? 'x-sum: 1|' : '');
  }
}
