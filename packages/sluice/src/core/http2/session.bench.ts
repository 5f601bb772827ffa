/**
 * What a small request costs a server's session: frame, decoding, HTTP/1.1 head, state, reply of two frames. `node session.bench.ts`. Sixteen streams per read and per
 * write, twelve request fields as a browser sends them, the same each time.
 */
import { instant } from '../../base/time.ts';
import { RequestParser } from '../http1/request-parser.ts';
import type { OutputTarget } from './frame-writer.ts';
import { HeadEncoder } from './head-encoder.ts';
import { FrameWriter } from './frame-writer.ts';
import { SESSION_DEFAULTS, type SessionSink } from './session-sink.ts';
import { Http2Session } from './session.ts';
import type { Stream } from './stream.ts';
import { Workspace } from './workspace.ts';

const STREAMS = 16;
const ROUNDS = 2_000;

const REQUEST = `GET /api/items/42?full=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nReferer: https://www.example.com/start\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nPriority: u=0, i\r\n\r\n`;
const REPLY = `HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-cache\r\nDate: Fri, 20 Nov 2026 11:00:00 GMT\r\nVia: 1.1 sluice\r\nContent-Length: 64\r\n\r\n`;
const BODY = Buffer.alloc(64, 'x');

class Nowhere implements OutputTarget {
  bytes = 0;
  write(_bytes: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
  }
  finish(): boolean {
    return false;
  }
}

const workspace = new Workspace(Buffer.allocUnsafeSlow);

class Answering implements SessionSink<null> {
  session!: Http2Session<null>;
  private readonly parser = new RequestParser(SESSION_DEFAULTS);
  readonly parses: boolean;
  constructor(parses: boolean) {
    this.parses = parses;
  }
  onRequest(stream: Stream<null>, bytes: Uint8Array, end: number): void {
    if (this.parses) {
      this.parser.begin(SESSION_DEFAULTS);
      this.parser.parse(bytes, 0, end);
    }
    this.session.sendHead(stream, REPLY, false);
    this.session.sendData(stream, BODY, 0, 64);
    this.session.sendEnd(stream, '');
    this.session.release(stream);
  }
  onRefused(): void {}
  onResponse(): void {}
  onInterim(): void {}
  onData(): void {}
  onEnd(): void {}
  onReset(): void {}
  onWritable(): void {}
  onSettings(): void {}
  onGoaway(): void {}
  onPong(): void {}
  onDrained(): void {}
  onFatal(): void {}
  onPending(): void {}
}

/** Requests of one client, by rounds: the preface and SETTINGS first. */
function requests(): Buffer[] {
  const writer = new FrameWriter(workspace.blocks, { onPending: () => {} });
  const heads = new HeadEncoder(workspace);
  const parts: Buffer[] = [];
  const take = (): void => {
    const all: Buffer[] = [];
    writer.drain({ write: (bytes, start, end) => all.push(Buffer.from(bytes.subarray(start, end))), finish: () => false });
    parts.push(Buffer.concat(all));
  };
  writer.text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  writer.settings([4, 1_000_000_000]);
  writer.windowUpdate(0, 1_000_000_000);
  writer.settingsAck();
  take();
  let id = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < STREAMS; index++, id += 2) {
      writer.beginHeaders(id, true);
      heads.request(REQUEST, { scheme: 'https', protocol: '' }, writer);
      writer.endHeaders(id);
    }
    take();
  }
  return parts;
}

function run(rounds: readonly Buffer[], parses: boolean): number {
  const sink = new Answering(parses);
  const session = new Http2Session<null>(SESSION_DEFAULTS, workspace, sink);
  const target = new Nowhere();
  sink.session = session;
  session.start(instant(0));
  const start = process.hrtime.bigint();
  for (const bytes of rounds) {
    session.receive(bytes, 0, bytes.length, instant(1));
    session.output.drain(target);
    session.flushed(true);
  }
  const spent = Number(process.hrtime.bigint() - start);
  if (session.isClosed) throw new Error('the session has failed');
  return spent / (ROUNDS * STREAMS);
}

const rounds = requests();
for (const parses of [false, true]) {
  const best = Math.min(...Array.from({ length: 60 }, () => run(rounds, parses)));
  console.log(`${parses ? 'with the HTTP/1.1 parser behind it' : 'request and reply of a session'}: ${(best / 1000).toFixed(2)} µs`);
}
