/** Against another implementation: what Node's HTTP/2 (nghttp2) encodes is decoded, and the other way round. */
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { type ClientHttp2Session, connect, performServerHandshake } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { type Pair, decodePairs, encodePairs } from '../../../../test/support/hpack.ts';
import { HpackDecoder } from './decoder.ts';
import { HpackEncoder } from './encoder.ts';

const HEADERS = 1;
const SETTINGS = 4;
const END_STREAM_AND_HEADERS = 5;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS_HEADER_TABLE_SIZE = 1;

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function tableSize(bytes: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(SETTINGS_HEADER_TABLE_SIZE, 0);
  payload.writeUInt32BE(bytes, 2);
  return frame(SETTINGS, 0, 0, payload);
}

/** The blocks of HEADERS frames without padding or priority, as they come. */
async function* blocksFrom(socket: Duplex, skip: number): AsyncGenerator<Buffer> {
  let waiting = Buffer.alloc(0);
  let toSkip = skip;
  for await (const [chunk] of on(socket, 'data') as AsyncIterable<[Buffer]>) {
    waiting = Buffer.concat([waiting, chunk]);
    const skipped = Math.min(toSkip, waiting.length);
    waiting = waiting.subarray(skipped);
    toSkip -= skipped;
    while (waiting.length >= 9 && waiting.length >= 9 + waiting.readUIntBE(0, 3)) {
      const end = 9 + waiting.readUIntBE(0, 3);
      if (waiting[3] === HEADERS) assert.equal(waiting[4]! & 0x28, 0, 'neither padding nor priority');
      if (waiting[3] === HEADERS) yield waiting.subarray(9, end);
      waiting = waiting.subarray(end);
    }
  }
}

function ask(session: ClientHttp2Session, pairs: readonly Pair[]): void {
  session.request(Object.fromEntries(pairs), { endStream: true }).on('error', () => {});
}

function requestOf(turn: number): readonly Pair[] {
  return [
    [':method', turn % 3 === 0 ? 'POST' : 'GET'],
    [':authority', 'shop.example.com'],
    [':scheme', 'http'],
    [':path', `/api/${turn % 7}?turn=${turn}`],
    ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64)'],
    ['accept-encoding', turn % 2 === 0 ? 'gzip, deflate' : 'br'],
    ['authorization', `Bearer ${turn}`],
    [`x-name-${turn % 40}`, `value "${turn}" {~\xe9\xff}`.repeat(1 + (turn % 5))],
  ];
}

for (const bytes of [4096, 200, 0]) {
  test(`blocks of Node's client are decoded, table of ${bytes} bytes`, async () => {
    const [near, far] = duplexPair();
    const session = connect('http://shop.example.com', { createConnection: () => near });
    session.on('error', () => {});
    far.write(tableSize(bytes));
    await once(session, 'remoteSettings');
    const decoder = new HpackDecoder();
    decoder.setMaxTableSize(bytes);
    const blocks = blocksFrom(far, PREFACE.length);
    for (let turn = 0; turn < 100; turn++) {
      ask(session, requestOf(turn));
      const { value: block } = (await blocks.next()) as { value: Buffer };
      assert.deepEqual(sorted(decodePairs(decoder, block)), sorted(requestOf(turn)), `turn ${turn}`);
    }
    session.destroy();
    far.destroy();
  });

  test(`our blocks are decoded by Node's server, and its own by us, table of ${bytes} bytes`, async () => {
    const [near, far] = duplexPair();
    const server = performServerHandshake(near, { settings: { headerTableSize: bytes } });
    server.on('error', () => {});
    const encoder = new HpackEncoder();
    encoder.setMaxTableSize(bytes);
    const decoder = new HpackDecoder();
    const blocks = blocksFrom(far, 0);
    far.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0, new Uint8Array(0)), frame(SETTINGS, 1, 0, new Uint8Array(0))]));
    for (let turn = 0; turn < 100; turn++) {
      far.write(frame(HEADERS, END_STREAM_AND_HEADERS, 2 * turn + 1, encodePairs(encoder, requestOf(turn))));
      const [stream, headers] = (await once(server, 'stream')) as [
        { respond: (fields: object, options: object) => void },
        Record<string, string>,
      ];
      assert.deepEqual(sorted(Object.entries(headers)), sorted(requestOf(turn)), `turn ${turn}`);
      const reply = { ':status': 200 + turn, 'content-type': 'text/plain', etag: `"${turn % 9}"`, 'x-turn': String(turn), date: 'today' };
      stream.respond(reply, { endStream: true });
      const { value: block } = (await blocks.next()) as { value: Buffer };
      assert.deepEqual(sorted(decodePairs(decoder, block)), sorted(Object.entries(reply).map(([name, value]) => [name, String(value)])));
    }
    server.destroy();
    far.destroy();
  });
}

function sorted(pairs: readonly Pair[] | null): readonly string[] {
  return (pairs ?? []).map(([name, value]) => `${name}: ${value}`).toSorted();
}
