/** The frames of the Autobahn suite, sent raw: what one side says is what the other side hears, byte for byte, whatever it is. Both sides send at once. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { Duplex } from 'node:stream';
import type { ClientHttp2Session } from 'node:http2';
import { FRAME_CASES, type FrameCase } from '../support/autobahn-frames.ts';
import { planeTo, startPlane, type TestPlane } from '../support/data-plane.ts';
import { extendedConnect, openHttp2 } from '../support/extended-connect.ts';
import { within } from '../support/waiting.ts';
import { frame } from '../support/websocket-frames.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** One end, and what it has heard. */
interface Side {
  readonly stream: Duplex;
  readonly heard: Buffer[];
  size: number;
}

const sides: Side[] = [];
let origin: Server;
let plane: TestPlane;
let session: ClientHttp2Session;

function sideOf(stream: Duplex): Side {
  const side: Side = { stream, heard: [], size: 0 };
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    side.heard.push(chunk);
    side.size += chunk.length;
  });
  return side;
}

function accept(socket: Socket): void {
  let head = '';
  const onHead = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    socket.off('data', onHead);
    const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] ?? '';
    const proof = hash('sha1', key + GUID, 'base64');
    socket.write(`HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\n\r\n`);
    sides.push(sideOf(socket));
  };
  socket.setNoDelay(true);
  socket.on('data', onHead);
}

before(async () => {
  origin = createServer(accept);
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  plane = await startPlane(planeTo((origin.address() as AddressInfo).port));
  session = await openHttp2(plane.port);
});

after(async () => {
  session?.destroy();
  await plane?.[Symbol.asyncDispose]();
  for (const { stream } of sides) stream.destroy();
  origin.close();
});

async function overHttp1(): Promise<Side> {
  const socket = connect({ port: plane.port, host: '127.0.0.1', noDelay: true });
  socket.write(
    'GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const [head] = (await within(3_000, 'the reply comes', once(socket, 'data'))) as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 101 [^]*\r\n\r\n$/);
  return sideOf(socket);
}

async function overHttp2(): Promise<Side> {
  const { stream, headers } = await extendedConnect(session);
  assert.equal(headers[':status'], 200);
  return sideOf(stream);
}

async function speak(stream: Duplex, bytes: Buffer, chop: number): Promise<void> {
  if (chop === 0) return void stream.write(bytes);
  for (let at = 0; at < bytes.length; at += chop) {
    stream.write(bytes.subarray(at, at + chop));
    if (at % (chop * 64) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function hears(side: Side, expected: Buffer, what: string): Promise<void> {
  while (side.size < expected.length) await within(10_000, `${what} hears ${expected.length} bytes`, once(side.stream, 'data'));
  assert(Buffer.concat(side.heard).equals(expected), `${what} hears what was said`);
}

async function passes({ name, frames, chop }: FrameCase, open: () => Promise<Side>): Promise<void> {
  const client = await open();
  const server = sides.pop()!; // it agreed before the client could hear of it
  const up = Buffer.concat(frames.map((parts) => frame({ ...parts, mask: MASK })));
  const down = Buffer.concat(frames.map((parts) => frame(parts)));
  await Promise.all([speak(client.stream, up, chop), speak(server.stream, down, chop)]);
  await Promise.all([hears(client, down, `${name}: the client`), hears(server, up, `${name}: the origin`)]);
  server.stream.end();
  client.stream.end(); // not `destroy`: hundreds of resets of HTTP/2's streams at once are an attack
}

for (const [version, open] of [
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
] as const)
  for (const category of [...new Set(FRAME_CASES.map(({ name }) => name.split(/[. ]/)[0]!))])
    test(`over ${version} from the client, category ${category} passes as it is`, async () => {
      for (const each of FRAME_CASES) if (each.name.split(/[. ]/)[0] === category) await passes(each, open);
    });
