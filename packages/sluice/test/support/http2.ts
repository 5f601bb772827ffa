/** HTTP/2 by hand: raw frames, header blocks without compression, a session whose events and output can be read. */
import { instant } from '../../src/base/time.ts';
import type { OutputTarget } from '../../src/core/http2/frame-writer.ts';
import { DecodedFields } from '../../src/core/http2/hpack/decoded-fields.ts';
import { HpackDecoder } from '../../src/core/http2/hpack/decoder.ts';
import { Http2Session } from '../../src/core/http2/session.ts';
import {
  type FatalCause,
  type ResetBy,
  SESSION_DEFAULTS,
  type SessionOptions,
  type SessionSink,
} from '../../src/core/http2/session-sink.ts';
import type { Stream } from '../../src/core/http2/stream.ts';
import { Workspace } from '../../src/core/http2/workspace.ts';
import { errorName } from './error-name.ts';

export const TYPES = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;
export const FLAGS = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 0x20 } as const;

const NAMES = Object.keys(TYPES);
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** A frame as it is on the wire. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array | string | readonly number[] = []): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** SETTINGS from names and values in turn. */
export function settings(...values: readonly number[]): Buffer {
  const body = Buffer.alloc(values.length * 3);
  for (let index = 0; index < values.length; index += 2) {
    body.writeUInt16BE(values[index]!, index * 3);
    body.writeUInt32BE(values[index + 1]!, index * 3 + 2);
  }
  return frame(TYPES.SETTINGS, 0, 0, body);
}

type Fields = readonly (readonly [string, string])[];

/** A header block of literals that enter no table: any bytes at all can be said. */
export function block(fields: Fields): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) parts.push(Buffer.from([0]), literal(name), literal(value));
  return Buffer.concat(parts);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export const GET: Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a.example'],
  [':path', '/'],
];
export const POST: Fields = [[':method', 'POST'], ...GET.slice(1)];

/** HEADERS in one frame. */
export function headers(streamId: number, fields: Fields, isEnd = true): Buffer {
  return frame(TYPES.HEADERS, FLAGS.END_HEADERS | (isEnd ? FLAGS.END_STREAM : 0), streamId, block(fields));
}

export function data(streamId: number, content: string | Uint8Array, isEnd = false): Buffer {
  return frame(TYPES.DATA, isEnd ? FLAGS.END_STREAM : 0, streamId, content);
}

/** Frames as lines: `HEADERS 1 END_STREAM :status=200`. */
export class FrameLog {
  private readonly decoder = new HpackDecoder();
  private readonly fields = new DecodedFields();
  private rest: Buffer = Buffer.alloc(0);

  read(bytes: Uint8Array): string[] {
    let at = 0;
    const all = Buffer.concat([this.rest, bytes]);
    const lines: string[] = [];
    if (all.subarray(0, 24).equals(PREFACE)) at = 24;
    while (at + 9 <= all.length) {
      const end = at + 9 + all.readUIntBE(at, 3);
      if (end > all.length) break;
      lines.push(this.line(all[at + 3]!, all[at + 4]!, all.readUInt32BE(at + 5), all.subarray(at + 9, end)));
      at = end;
    }
    this.rest = all.subarray(at);
    return lines;
  }

  private line(type: number, flags: number, id: number, payload: Buffer): string {
    const name = NAMES[type] ?? `type ${type}`;
    switch (type) {
      case TYPES.DATA:
        return `${name} ${id}${(flags & 1) === 0 ? '' : ' END_STREAM'} ${payload.length > 40 ? payload.length : JSON.stringify(payload.toString('latin1'))}`;
      case TYPES.HEADERS:
        return `${name} ${id}${(flags & 1) === 0 ? '' : ' END_STREAM'}${this.decode(payload)}`;
      case TYPES.RST_STREAM:
        return `${name} ${id} ${errorName(payload.readUInt32BE())}`;
      case TYPES.GOAWAY:
        return `${name} ${payload.readUInt32BE()} ${errorName(payload.readUInt32BE(4))} ${payload.toString('latin1', 8)}`;
      case TYPES.WINDOW_UPDATE:
        return `${name} ${id} ${payload.readUInt32BE()}`;
      case TYPES.SETTINGS:
        return flags === 1 ? `${name} ACK` : name;
      case TYPES.PING:
        return `${name}${flags === 1 ? ' ACK' : ''} ${payload.toString('hex')}`;
      default:
        return `${name} ${id}`;
    }
  }

  private decode(payload: Buffer): string {
    this.fields.reset({ sectionBytesMax: 1e6, fieldsMax: 1000 });
    if (!this.decoder.decode(payload, 0, payload.length, this.fields)) return ' undecodable';
    const text = Buffer.from(this.fields.bytes.subarray(0, this.fields.length)).toString('latin1');
    return text
      .split('\r\n')
      .slice(0, -1)
      .map((line) => ` ${line.replace(/^(:?[^:]*): /, '$1=')}`)
      .join('');
  }
}

/** Takes a session's output as one Buffer. */
export class Collector implements OutputTarget {
  readonly parts: Buffer[] = [];
  write(bytes: Uint8Array, start: number, end: number): void {
    this.parts.push(Buffer.from(bytes.subarray(start, end)));
  }
  finish(): boolean {
    return false;
  }
  take(): Buffer {
    return Buffer.concat(this.parts.splice(0));
  }
}

/** What the owner hangs on streams here: the stream's name in the event log. */
export type Label = string;

/** Writes events down as lines; content is joined with the content before it. */
export class EventLog implements SessionSink<Label> {
  readonly lines: string[] = [];
  readonly streams: Map<number, Stream<Label>> = new Map();
  /** Called after an event was written down. */
  react: ((event: string, stream: Stream<Label> | null) => void) | null = null;
  /** Content is given back as soon as it comes. */
  consumes: ((stream: Stream<Label>, bytes: number) => void) | null = null;

  onRequest(stream: Stream<Label>, bytes: Uint8Array, end: number): void {
    this.note('request', stream, `${stream.isRemoteDone ? 'end ' : ''}${text(bytes, end)}${stream.protocol}`);
  }
  onRefused(stream: Stream<Label>, status: number): void {
    this.note('refused', stream, String(status));
  }
  onResponse(stream: Stream<Label>, bytes: Uint8Array, end: number): void {
    this.note('response', stream, `${stream.isRemoteDone ? 'end ' : ''}${text(bytes, end)}`);
  }
  onInterim(stream: Stream<Label>, bytes: Uint8Array, end: number): void {
    this.note('interim', stream, text(bytes, end));
  }
  onData(stream: Stream<Label>, bytes: Uint8Array, start: number, end: number): void {
    const content = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    const last = this.lines.at(-1);
    const lead = `data ${stream.id} `;
    if (last?.startsWith(lead) === true) this.lines[this.lines.length - 1] = last + content;
    else this.lines.push(lead + content);
    this.consumes?.(stream, end - start);
    this.react?.('data', stream);
  }
  onEnd(stream: Stream<Label>, trailers: string): void {
    this.note('end', stream, trailers.replaceAll('\r\n', '|'));
  }
  onReset(stream: Stream<Label>, code: number, by: ResetBy): void {
    this.note('reset', stream, `${errorName(code)} ${by}`);
  }
  onWritable(stream: Stream<Label>): void {
    this.note('writable', stream, '');
  }
  onSettings(): void {
    this.lines.push('settings');
    this.react?.('settings', null);
  }
  onGoaway(lastId: number, code: number): void {
    this.lines.push(`goaway ${lastId} ${errorName(code)}`);
  }
  onPong(): void {
    this.lines.push('pong');
  }
  onDrained(): void {
    this.lines.push('drained');
  }
  onFatal(code: number, cause: FatalCause): void {
    this.lines.push(`fatal ${errorName(code)} ${cause}`);
  }
  onPending(): void {}

  /** Events since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  private note(event: string, stream: Stream<Label>, rest: string): void {
    this.streams.set(stream.id, stream);
    this.lines.push(`${event} ${stream.id}${rest === '' ? '' : ` ${rest}`}`);
    this.react?.(event, stream);
  }
}

function text(bytes: Uint8Array, end: number): string {
  return Buffer.from(bytes.subarray(0, end)).toString('latin1').replaceAll('\r\n', '|');
}

export const WORKSPACE: Workspace = new Workspace(Buffer.allocUnsafeSlow);

/** A session with its log, fed by hand. */
export class Bench {
  readonly events: EventLog = new EventLog();
  readonly session: Http2Session<Label>;
  now = 1_000;
  private readonly frames = new FrameLog();
  private readonly collector = new Collector();

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new Http2Session<Label>({ ...SESSION_DEFAULTS, ...options }, WORKSPACE, this.events);
    this.events.consumes = (stream, bytes) => this.session.consumed(stream, bytes);
    this.session.start(instant(this.now));
  }

  /** A server that has its client's preface and SETTINGS, and whose greeting has been read. */
  static server(options: Partial<SessionOptions> = {}): Bench {
    const bench = new Bench(options);
    bench.feed(PREFACE, settings(), frame(TYPES.SETTINGS, FLAGS.ACK, 0));
    bench.output();
    bench.events.take();
    return bench;
  }

  /** A client that has its server's SETTINGS. */
  static client(options: Partial<SessionOptions> = {}): Bench {
    const bench = new Bench({ ...options, role: 'client' });
    bench.feed(settings(), frame(TYPES.SETTINGS, FLAGS.ACK, 0));
    bench.output();
    bench.events.take();
    return bench;
  }

  feed(...frames: readonly Buffer[]): this {
    const bytes = Buffer.concat(frames);
    this.session.receive(bytes, 0, bytes.length, instant(this.now));
    return this;
  }

  /** The same bytes in pieces. */
  feedSplit(bytes: Buffer, cuts: readonly number[]): void {
    let start = 0;
    for (const cut of [...cuts, bytes.length]) {
      const piece = Buffer.from(bytes.subarray(start, cut)); // memory of its own, spoilt afterwards
      this.session.receive(piece, 0, piece.length, instant(this.now));
      piece.fill(0xee);
      start = cut;
    }
  }

  bytes(): Buffer {
    this.session.output.drain(this.collector);
    this.session.flushed(true);
    return this.collector.take();
  }

  /** Frames that were sent since the last call. */
  output(): string[] {
    return this.frames.read(this.bytes());
  }

  stream(id: number): Stream<Label> {
    return this.events.streams.get(id)!;
  }

  pass(ms: number): void {
    this.now += ms;
    if (this.session.deadline <= this.now) this.session.onDeadline(instant(this.now));
  }
}
