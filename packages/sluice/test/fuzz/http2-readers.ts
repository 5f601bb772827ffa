/** What two implementations make of the same HTTP/2 bytes: our session, and Node's (nghttp2). */
import { constants, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { Bench, FLAGS, frame, PREFACE, settings, TYPES } from '../support/http2.ts';

export const GREETING: Buffer = Buffer.concat([PREFACE, settings(), frame(TYPES.SETTINGS, FLAGS.ACK, 0)]);
const STREAMS = 4;

/** What must hold of a session whatever comes. @returns What does not; null when all does. */
export function brokenRule(bytes: Buffer, cuts: readonly number[], isServer: boolean): string | null {
  const whole = run(bytes, [], isServer);
  if (whole.broken !== null) return whole.broken;
  const pieces = run(bytes, cuts, isServer);
  if (pieces.broken !== null) return `in pieces: ${pieces.broken}`;
  if (whole.events.join('\n') !== pieces.events.join('\n'))
    return `the events differ by the pieces: ${whole.events.join(' / ')} <> ${pieces.events.join(' / ')}`;
  return null;
}

interface Run {
  readonly events: readonly string[];
  readonly broken: string | null;
}

function run(bytes: Buffer, cuts: readonly number[], isServer: boolean): Run {
  try {
    const bench = isServer ? Bench.server({ headerBytesMax: 4096 }) : Bench.client();
    if (!isServer)
      for (let count = 0; count < STREAMS; count++)
        bench.session.open('POST / HTTP/1.1\r\nHost: a\r\n\r\n', { owner: '', isEnd: count % 2 === 0, protocol: '' });
    bench.output();
    bench.feedSplit(bytes, cuts);
    const events = bench.events.take();
    return { events, broken: brokenNow(bench, bytes.length) };
  } catch (error) {
    return { events: [], broken: `threw ${String(error)}` };
  }
}

function brokenNow(bench: Bench, size: number): string | null {
  const { session } = bench;
  const sent = session.output.size;
  if (sent > size * 64 + 1024) return `${sent} bytes of output for ${size} of input`;
  bench.output();
  if (session.output.size > 0) return 'output that drained is not empty';
  for (const stream of bench.events.streams.values()) session.release(stream);
  const connection = session['connection'];
  const isBetweenFrames = session['receiver']['reader']['state'] === 0; // a frame takes from the window when it begins
  if (!session.isClosed && isBetweenFrames) {
    const window = connection.receiveWindow as unknown as { readonly available: number; readonly given: number; readonly bytesMax: number };
    if (window.available + window.given !== window.bytesMax)
      return `the connection's window has ${window.available + window.given} of ${window.bytesMax}`;
    if (connection.activeCount !== session.streamCount) return `${connection.activeCount} active, ${session.streamCount} open`;
  }
  session.transportClosed();
  if (session.streamCount !== 0 || connection.activeCount !== 0)
    return `${session.streamCount} streams, ${connection.activeCount} active at the end`;
  return null;
}

export interface Request {
  /** Pseudo-headers and content, where it is whole; null content while it is not. */
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  content: string;
  isWhole: boolean;
}

/** By stream. */
export type Reading = Map<number, Request>;

export function readWithSluice(bytes: Buffer): Reading {
  const reading: Reading = new Map();
  const bench = Bench.server();
  bench.feed(bytes);
  for (const line of bench.events.take()) {
    const [, event, id, rest = ''] = /^(\w+) (\d+) ?([^]*)$/.exec(line) ?? [];
    if (event === 'request') {
      const isWhole = rest.startsWith('end ');
      const [first = '', ...fields] = (isWhole ? rest.slice(4) : rest).split('|');
      const [method = '', path = ''] = first.split(' ');
      const authority = fields.find((field) => field.startsWith('host: '))?.slice(6) ?? '';
      reading.set(Number(id), { method, path, authority, content: '', isWhole });
    }
    const request = reading.get(Number(id));
    if (request === undefined) continue;
    if (event === 'data') request.content += rest;
    if (event === 'end') request.isWhole = true;
  }
  return reading;
}

/** A transport in memory. */
class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** What Node's server makes of it. */
export async function readWithNode(bytes: Buffer): Promise<Reading> {
  const reading: Reading = new Map();
  const wire = new Wire();
  const session = performServerHandshake(wire);
  session.on('error', () => {});
  session.on('stream', (stream: ServerHttp2Stream, fields, flags) => {
    const request: Request = {
      method: String(fields[':method'] ?? ''),
      path: String(fields[':path'] ?? ''),
      authority: String(fields[':authority'] ?? fields['host'] ?? ''),
      content: '',
      isWhole: (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0,
    };
    reading.set(stream.id!, request);
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => (request.content += chunk.toString('latin1')));
    stream.on('end', () => (request.isWhole ||= !stream.aborted && stream.rstCode === 0));
  });
  wire.push(Buffer.concat([GREETING, bytes]));
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
  wire.destroy();
  return reading;
}

/** A request that both took for whole must be the same one. @returns Where they differ. */
export function disagreement(own: Reading, node: Reading): string | null {
  for (const [id, request] of own) {
    const other = node.get(id);
    if (other === undefined || !request.isWhole || !other.isWhole || request.method === 'CONNECT') continue;
    for (const key of ['method', 'path', 'authority', 'content'] as const) {
      if (request[key] !== other[key]) return `request ${id}: ${key} ${JSON.stringify(request[key])} <> ${JSON.stringify(other[key])}`;
    }
  }
  return null;
}
