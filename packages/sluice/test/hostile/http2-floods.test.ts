/**
 * HTTP/2 floods against the real program: each ends with GOAWAY ENHANCE_YOUR_CALM, counted by its cause; meanwhile another client's requests are answered, the origin sees no
 * more than the stream limit at once, and memory grows by less than 20 MB for each attacking connection.
 */
import assert from 'node:assert/strict';
import { type Server as HttpServer, createServer } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { block, data, FLAGS, frame, headers, PREFACE, settings, TYPES, uint32 } from '../support/http2.ts';
import { Http2Wire } from '../support/http2-wire.ts';
import { residentBytes } from '../support/memory.ts';
import { eventually, within } from '../support/waiting.ts';

const STREAM_LIMIT = 100;
const MIB = 1024 * 1024;
const GROWTH_MAX = 20 * MIB;
const ATTACKERS = 4;
const INITIAL_WINDOW_SIZE = 4;

type Fields = readonly (readonly [string, string])[];

function request(method: string, path: string, ...more: Fields): Fields {
  return [[':method', method], [':scheme', 'http'], [':authority', 'a'], [':path', path], ...more];
}

const SLOW = request('GET', '/slow');
const POST_SLOW = request('POST', '/slow');

let origin: CountingOrigin;
let gateway: Gateway;

interface CountingOrigin {
  readonly server: HttpServer;
  /** Requests that it works on, and the most there were at a time. */
  active: number;
  most: number;
}

/** `/slow` is answered after 10 s, `/big` with 1 MiB, everything else at once. */
async function countingOrigin(): Promise<CountingOrigin> {
  const big = Buffer.alloc(MIB, 'x');
  const server = createServer((incoming, outgoing) => {
    counting.active++;
    counting.most = Math.max(counting.most, counting.active);
    const timer = setTimeout(() => outgoing.end('slow'), incoming.url === '/slow' ? 10_000 : 0);
    outgoing.on('close', () => {
      clearTimeout(timer);
      counting.active--;
    });
    if (incoming.url === '/slow') return;
    clearTimeout(timer);
    outgoing.end(incoming.url === '/big' ? big : 'ok');
  });
  const counting: CountingOrigin = { server, active: 0, most: 0 };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return counting;
}

before(async () => {
  origin = await countingOrigin();
  gateway = await startGateway({
    services: { origin: { endpoints: [`127.0.0.1:${(origin.server.address() as AddressInfo).port}`], outlier: false, retry: false } },
    routes: [{ path: '/*', to: 'origin' }],
    listener: { timeouts: { header: '2s', bodyIdle: '2s', keepAlive: '5s' } },
    workers: 1,
  });
  const client = new GoodClient(gateway.port);
  for (let count = 0; count < 200; count++) await client.ask();
  client.close();
});

after(async () => {
  await gateway?.[Symbol.asyncDispose]();
  origin?.server.closeAllConnections();
  origin?.server.close();
});

/** A client that keeps the rules. */
class GoodClient {
  answered = 0;
  slowestMs = 0;
  private readonly session: ClientHttp2Session;
  private isOver = false;

  constructor(port: number) {
    this.session = connect(`http://127.0.0.1:${port}`);
  }

  async ask(): Promise<void> {
    const started = performance.now();
    const stream = this.session.request({ ':path': '/' });
    const status = await within(
      5_000,
      'a good client is answered',
      new Promise<number>((resolve, reject) => {
        let seen = 0;
        stream.on('response', (fields) => (seen = Number(fields[':status'])));
        stream.on('error', reject);
        stream.on('close', () => resolve(seen));
        stream.resume();
      }),
    );
    assert.equal(status, 200);
    this.answered++;
    this.slowestMs = Math.max(this.slowestMs, performance.now() - started);
  }

  /** Asks on and on until `stop`. */
  async run(): Promise<void> {
    while (!this.isOver) {
      await this.ask();
      await sleep(5);
    }
  }

  stop(): void {
    this.isOver = true;
  }

  close(): void {
    this.session.destroy();
  }
}

/** Counters of the listener by cause. */
async function failures(cause: string): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  const match = new RegExp(`^sluice_http2_connections_failed_total\\{[^}]*cause="${cause}"[^}]*\\} (\\d+)`, 'm').exec(text);
  return Number(match?.[1] ?? 0);
}

/** The highest resident size while `work` runs, above the one before it. */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const first = residentBytes(gateway.pid);
  let most = first;
  const timer = setInterval(() => (most = Math.max(most, residentBytes(gateway.pid))), 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, residentBytes(gateway.pid)) - first;
}

/** Runs the attack on several connections beside a good client. */
async function besideGoodClient(attack: () => Promise<void>): Promise<void> {
  origin.most = origin.active;
  const good = new GoodClient(gateway.port);
  const running = good.run();
  const growth = await growthOf(async () => {
    await Promise.all(Array.from({ length: ATTACKERS }, attack));
    await sleep(50);
  });
  good.stop();
  await running;
  good.close();
  assert.ok(good.answered > 0, 'the good client had answers');
  assert.ok(good.slowestMs < 2_000, `the good client waited ${Math.round(good.slowestMs)} ms`);
  assert.ok(growth < ATTACKERS * GROWTH_MAX, `grew by ${(growth / MIB).toFixed(1)} MiB for ${ATTACKERS} connections`);
  assert.ok(origin.most <= ATTACKERS * STREAM_LIMIT + 1, `the origin saw ${origin.most} at once`);
  if (process.env['SLUICE_TEST_FIGURES'] !== undefined)
    console.log(
      `    grew ${(growth / MIB).toFixed(1)} MiB, origin ${origin.most} at once, good client ${good.answered} answers, slowest ${Math.round(good.slowestMs)} ms`,
    );
}

/** Sends batches until the connection is ended, or `batches` of them are sent. @returns The GOAWAY. */
async function flood(batch: (stream: number) => readonly Buffer[], batches: number, first: readonly Buffer[] = []): Promise<string> {
  using wire = await Http2Wire.open(gateway.port);
  wire.send(...first);
  for (let sent = 0; sent < batches && wire.ending === 'open'; sent++) {
    wire.send(...batch(sent * 2 + 1));
    if (sent % 16 === 15) await new Promise((resolve) => setImmediate(resolve));
  }
  return await wire.line('GOAWAY');
}

interface Flood {
  readonly cause: string;
  readonly batches: number;
  /** Sent before. */
  readonly first?: readonly Buffer[];
  readonly batch: (stream: number) => readonly Buffer[];
}

const EMPTY: readonly number[] = [];
const OPEN_POST = [headers(1, POST_SLOW, false)];
const repeat = (times: number, make: (index: number) => Buffer): Buffer[] => Array.from({ length: times }, (_, index) => make(index));

const floods: Readonly<Record<string, Flood>> = {
  'rapid reset (CVE-2023-44487)': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), frame(TYPES.RST_STREAM, 0, stream, uint32(8))],
  },
  'MadeYouReset (CVE-2025-8671): window update of 0': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), frame(TYPES.WINDOW_UPDATE, 0, stream, uint32(0))],
  },
  'MadeYouReset: window overflow': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), frame(TYPES.WINDOW_UPDATE, 0, stream, uint32(0x7fff_ffff))],
  },
  'MadeYouReset: DATA on a half-closed stream': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), data(stream, 'x')],
  },
  'MadeYouReset: HEADERS on a half-closed stream': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), headers(stream, SLOW)],
  },
  'MadeYouReset: a stream that depends on itself': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), frame(TYPES.PRIORITY, 0, stream, Buffer.concat([uint32(stream), Buffer.from([1])]))],
  },
  'MadeYouReset: PRIORITY of the wrong length': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, SLOW), frame(TYPES.PRIORITY, 0, stream, [1, 2, 3, 4])],
  },
  'MadeYouReset: more content than Content-Length': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, [...POST_SLOW, ['content-length', '1']], false), data(stream, 'xx')],
  },
  'MadeYouReset: trailers that are no end': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [headers(stream, POST_SLOW, false), headers(stream, [['a', 'b']], false)],
  },
  'malformed requests': { cause: 'resets', batches: 5_000, batch: (stream) => [headers(stream, [...SLOW, ['UPPER', 'x']])] },
  'empty HEADERS': {
    cause: 'resets',
    batches: 5_000,
    batch: (stream) => [frame(TYPES.HEADERS, FLAGS.END_HEADERS | FLAGS.END_STREAM, stream)],
  },
  'more streams than allowed': { cause: 'resets', batches: 5_000, batch: (stream) => [headers(stream, SLOW)] },
  'CONTINUATION (CVE-2024-27983)': {
    cause: 'continuation',
    batches: 2_000,
    first: [frame(TYPES.HEADERS, FLAGS.END_STREAM, 1, block(SLOW))],
    batch: () => [frame(TYPES.CONTINUATION, 0, 1, block([['a', 'x'.repeat(100)]]))],
  },
  'empty CONTINUATION': {
    cause: 'continuation',
    batches: 2_000,
    first: [frame(TYPES.HEADERS, FLAGS.END_STREAM, 1, block(SLOW))],
    batch: () => repeat(16, () => frame(TYPES.CONTINUATION, 0, 1)),
  },
  'long CONTINUATION': {
    cause: 'continuation',
    batches: 2_000,
    first: [frame(TYPES.HEADERS, FLAGS.END_STREAM, 1, block(SLOW))],
    batch: () => [frame(TYPES.CONTINUATION, 0, 1, Buffer.alloc(16_384))],
  },
  SETTINGS: { cause: 'settings', batches: 2_000, batch: () => repeat(8, () => settings(INITIAL_WINDOW_SIZE, 65_535)) },
  'empty SETTINGS': { cause: 'settings', batches: 2_000, batch: () => repeat(8, () => settings()) },
  'SETTINGS acknowledgements': { cause: 'settings', batches: 2_000, batch: () => repeat(8, () => frame(TYPES.SETTINGS, FLAGS.ACK, 0)) },
  'SETTINGS that move all windows': {
    cause: 'settings',
    batches: 2_000,
    first: repeat(90, (index) => headers(index * 2 + 1, POST_SLOW, false)),
    batch: (turn) => [settings(INITIAL_WINDOW_SIZE, turn % 4 === 1 ? 0 : 0x7fff_ffff)],
  },
  PING: { cause: 'pings', batches: 5_000, batch: () => repeat(8, () => frame(TYPES.PING, 0, 0, '12345678')) },
  'PING answers': { cause: 'pings', batches: 5_000, batch: () => repeat(8, () => frame(TYPES.PING, FLAGS.ACK, 0, '12345678')) },
  'empty DATA': { cause: 'empty-frames', batches: 5_000, first: OPEN_POST, batch: () => repeat(8, () => data(1, '')) },
  'DATA of padding only': {
    cause: 'empty-frames',
    batches: 5_000,
    first: OPEN_POST,
    batch: () => repeat(8, () => frame(TYPES.DATA, FLAGS.PADDED, 1, Buffer.concat([Buffer.from([100]), Buffer.alloc(100)]))),
  },
  PRIORITY: {
    cause: 'priority',
    batches: 5_000,
    batch: (stream) => repeat(8, () => frame(TYPES.PRIORITY, 0, stream, Buffer.concat([uint32(0), Buffer.from([1])]))),
  },
  'WINDOW_UPDATE of 1': {
    cause: 'window-updates',
    batches: 5_000,
    batch: () => repeat(16, () => frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(1))),
  },
  'unknown frames': { cause: 'unknown-frames', batches: 5_000, batch: () => repeat(8, () => frame(0xbe, 0, 0, EMPTY)) },
  'frames on a closed stream': {
    cause: 'closed-stream-frames',
    batches: 5_000,
    first: [headers(1, POST_SLOW, false), frame(TYPES.WINDOW_UPDATE, 0, 1, uint32(0))],
    batch: () => repeat(32, () => data(1, 'x')),
  },
};

describe('floods end with ENHANCE_YOUR_CALM', () => {
  for (const [name, { cause, batches, batch, first }] of Object.entries(floods)) {
    test(`${name} counts as ${cause}`, { timeout: 30_000 }, async () => {
      const before = await failures(cause);
      await besideGoodClient(async () => {
        const goaway = await flood(batch, batches, first);
        assert.match(goaway, new RegExp(`ENHANCE_YOUR_CALM ${cause}$`));
      });
      assert.equal((await failures(cause)) - before, ATTACKERS);
      await eventually(3_000, 'the origin is let go', () => origin.active === 0);
    });
  }
});

describe('what holds memory is bounded, and let go', () => {
  test('an HPACK bomb: one entry of the table, named thousands of times', { timeout: 30_000 }, async () => {
    // An entry of 3,900 bytes, then a block of references to it (index 62): 16 KiB would decode to 64 MiB.
    const long = Buffer.from('x'.repeat(3_900));
    const entry = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from('a'), Buffer.from([127, ...varint(long.length - 127)]), long]);
    const bomb = Buffer.concat([block(SLOW), entry, Buffer.alloc(12_000, 0x80 | 62)]);
    await besideGoodClient(async () => {
      using wire = await Http2Wire.open(gateway.port);
      for (let stream = 1; stream < 100; stream += 2) {
        const flags = FLAGS.END_HEADERS | FLAGS.END_STREAM;
        wire.send(frame(TYPES.HEADERS, flags, stream, stream === 1 ? bomb : Buffer.concat([block(SLOW), Buffer.alloc(12_000, 0x80 | 62)])));
      }
      await wire.line('HEADERS 99 END_STREAM :status=431').catch(() => wire.line('HEADERS 99 :status=431'));
    });
  });

  test('cookie crumbs by the thousand are 431', { timeout: 30_000 }, async () => {
    await besideGoodClient(async () => {
      using wire = await Http2Wire.open(gateway.port);
      wire.send(headers(1, [...SLOW, ...Array.from({ length: 400 }, (_, index) => ['cookie', `a${index}=b`] as const)]));
      await wire.until('431', (lines) => lines.some((line) => /^HEADERS 1 .*:status=431/.test(line)));
    });
  });

  for (const [what, window] of [
    ['no window', 0],
    ['a window of one byte', 1],
  ] as const) {
    test(`a hundred replies to a client with ${what}`, { timeout: 30_000 }, async () => {
      await besideGoodClient(async () => {
        using wire = await Http2Wire.open(gateway.port, INITIAL_WINDOW_SIZE, window);
        for (let stream = 1; stream < 200; stream += 2) wire.send(headers(stream, request('GET', '/big')));
        const isReset = (lines: readonly string[]): boolean => lines.filter((line) => line.startsWith('RST_STREAM')).length === 100;
        await within(
          8_000,
          'all are reset',
          poll(() => isReset(wire.lines)),
        );
      });
    });
  }

  test('a hundred replies to a client that reads nothing', { timeout: 30_000 }, async () => {
    await besideGoodClient(async () => {
      using wire = await Http2Wire.open(gateway.port, INITIAL_WINDOW_SIZE, 0x7fff_ffff);
      wire.send(frame(TYPES.WINDOW_UPDATE, 0, 0, uint32(0x7fff_0000 - 65_535)));
      await wire.line('SETTINGS ACK');
      wire.socket.pause();
      for (let stream = 1; stream < 200; stream += 2) wire.send(headers(stream, request('GET', '/big')));
      await sleep(4_500);
      wire.socket.resume();
      await wire.ended();
    });
  });

  test('a hundred uploads that nobody finishes are 408', { timeout: 30_000 }, async () => {
    await besideGoodClient(async () => {
      using wire = await Http2Wire.open(gateway.port);
      for (let stream = 1; stream < 200; stream += 2) wire.send(headers(stream, POST_SLOW, false), data(stream, 'x'));
      await within(
        8_000,
        'all are ended',
        poll(() => wire.lines.filter((line) => line.includes(':status=408')).length === 100),
      );
    });
  });

  test('a byte of content per frame, padded and unpadded, to an origin that does not answer', { timeout: 30_000 }, async () => {
    const padded = (stream: number): Buffer =>
      frame(TYPES.DATA, FLAGS.PADDED, stream, Buffer.concat([Buffer.from([200]), Buffer.from('x'), Buffer.alloc(200)]));
    await besideGoodClient(async () => {
      using wire = await Http2Wire.open(gateway.port);
      for (let stream = 1; stream < 40; stream += 2) wire.send(headers(stream, POST_SLOW, false));
      for (let turn = 0; turn < 3_000 && wire.ending === 'open'; turn++) {
        for (let stream = 1; stream < 40; stream += 2) wire.send(turn % 2 === 0 ? padded(stream) : data(stream, 'x'));
        if (turn % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
      }
      await sleep(300);
    });
  });

  test(
    'rapid reset at a pace at which each request reaches the origin: never more than the stream limit at once',
    { timeout: 30_000 },
    async () => {
      origin.most = origin.active;
      using wire = await Http2Wire.open(gateway.port);
      let next = 1;
      for (let turn = 0; turn < 20 && wire.ending === 'open'; turn++) {
        const wave = Array.from({ length: STREAM_LIMIT }, (_, index) => next + index * 2);
        next += STREAM_LIMIT * 2;
        wire.send(...wave.map((stream) => headers(stream, SLOW)));
        await eventually(3_000, 'they are there', () => origin.active >= STREAM_LIMIT || wire.ending !== 'open');
        wire.send(...wave.map((stream) => frame(TYPES.RST_STREAM, 0, stream, uint32(8))));
      }
      assert.match(await wire.line('GOAWAY'), /ENHANCE_YOUR_CALM resets$/);
      assert.ok(origin.most === STREAM_LIMIT, `the origin saw ${origin.most} at once`);
      await eventually(3_000, 'the origin is let go', () => origin.active === 0);
    },
  );
});

describe('silence', { concurrency: true }, () => {
  for (const [name, opening] of Object.entries({
    'half a preface': [PREFACE.subarray(0, 12)],
    'a preface and no SETTINGS': [PREFACE],
    'no acknowledgement of our SETTINGS': [PREFACE, settings()],
    'half a header block': [PREFACE, settings(), frame(TYPES.SETTINGS, FLAGS.ACK, 0), frame(TYPES.HEADERS, 0, 1, [0x82])],
    'half a frame': [PREFACE, settings(), frame(TYPES.SETTINGS, FLAGS.ACK, 0), headers(1, SLOW).subarray(0, 20)],
  })) {
    test(`${name}, and then silence, is ended in time`, { timeout: 30_000 }, async () => {
      using wire = await Http2Wire.silent(gateway.port);
      const started = performance.now();
      wire.send(...opening);
      await within(
        8_000,
        'it is ended',
        poll(() => wire.ending !== 'open'),
      );
      const tookMs = performance.now() - started;
      assert.ok(tookMs < 2_000 + 700, `took ${Math.round(tookMs)} ms`);
    });
  }
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

async function poll(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}
