/**
 * One request over a fresh HTTP/2 connection, for probes: the session of `core/http2` on a socket, preface, request and all in the first write (RFC 9113 §3.4: nobody
 * has to wait for SETTINGS). The reply is bounded by what is taken of its content.
 */
import { instant } from '../base/time.ts';
import type { OutputTarget } from '../core/http2/frame-writer.ts';
import { Http2Session } from '../core/http2/session.ts';
import { SESSION_DEFAULTS, type SessionSink } from '../core/http2/session-sink.ts';
import type { Stream } from '../core/http2/stream.ts';
import { Workspace } from '../core/http2/workspace.ts';
import { foreignReply } from './upstream-words.ts';
import { holdShortTalk, type TalkTarget } from './short-talk.ts';

export interface Http2Question {
  readonly target: TalkTarget;
  /** As for HTTP/1.1: request line, Host, lines, empty line. */
  readonly head: string;
  /** Null: no content. */
  readonly body: Uint8Array | null;
  /** What is taken of the reply's content, 0..65,535: then it is answer enough, trailers or not. */
  readonly bodyBytesMax: number;
  readonly signal: AbortSignal;
}

export interface Http2Answer {
  readonly status: number;
  /** As HTTP/1.1 text; names in lower case. */
  readonly head: string;
  /** Field lines. */
  readonly trailers: string;
  readonly body: Buffer;
}

/** Shared by all talks: each use of it is over within one call. */
let workspace: Workspace | null = null;

/** Asks. Rejects when there is no whole reply. */
export async function askHttp2(question: Http2Question): Promise<Http2Answer> {
  const talk = new Http2Talk(question);
  return holdShortTalk<Http2Answer>({
    ...question.target,
    protocol: 'h2',
    send: talk.output(),
    signal: question.signal,
    received(bytes, write) {
      const answer = talk.receive(bytes);
      const more = talk.output();
      if (more.length > 0) write(more);
      return answer;
    },
  });
}

class Http2Talk implements SessionSink<true> {
  private readonly question: Http2Question;
  private readonly session: Http2Session<true>;
  private readonly parts: Buffer[] = [];
  private isFirst = true;
  private bytes = 0;
  private head = '';
  private failure = '';
  private answer: Http2Answer | null = null;

  constructor(question: Http2Question) {
    const { target, head, body } = question;
    this.question = question;
    workspace ??= new Workspace((size) => Buffer.allocUnsafeSlow(size));
    const options = {
      ...SESSION_DEFAULTS,
      role: 'client',
      scheme: target.tls === null ? 'http' : 'https',
      streamWindowBytes: 65_535,
    } as const;
    this.session = new Http2Session<true>(options, workspace, this);
    this.session.start(instant(performance.now()));
    const stream = this.session.open(head, { owner: true, isEnd: body === null, protocol: '' })!;
    if (body === null) return;
    this.session.sendData(stream, body, 0, body.length);
    this.session.sendEnd(stream, '');
  }

  /** What is to be sent. */
  output(): Buffer {
    const pieces: Buffer[] = [];
    const target: OutputTarget = {
      write: (bytes, start, end) => void pieces.push(Buffer.from(bytes.subarray(start, end))),
      finish: () => false,
    };
    this.session.output.drain(target);
    return Buffer.concat(pieces);
  }

  receive(bytes: Buffer): Http2Answer | null {
    const foreign = this.isFirst ? foreignReply(bytes, 'http2') : null;
    if (foreign !== null) throw new Error(foreign);
    this.isFirst = false;
    this.session.receive(bytes, 0, bytes.length, instant(performance.now()));
    if (this.answer === null && this.failure !== '') throw new Error(this.failure);
    return this.answer;
  }

  onResponse(stream: Stream<true>, bytes: Uint8Array, end: number): void {
    this.head = Buffer.from(bytes.subarray(0, end)).toString('latin1');
    if (stream.isRemoteDone || this.question.bodyBytesMax === 0) this.conclude('');
  }

  onData(_stream: Stream<true>, bytes: Uint8Array, start: number, end: number): void {
    const rest = this.question.bodyBytesMax - this.bytes;
    this.parts.push(Buffer.from(bytes.subarray(start, Math.min(end, start + rest))));
    this.bytes += Math.min(end - start, rest);
    if (end - start >= rest) this.conclude('');
  }

  onEnd(_stream: Stream<true>, trailers: string): void {
    this.conclude(trailers);
  }

  onReset(): void {
    this.failure = 'the stream was reset before the reply was whole';
  }

  onFatal(_code: number, cause: string): void {
    this.failure = `no HTTP/2 that can be read (${cause})`;
  }

  onRequest(): void {}
  onRefused(): void {}
  onInterim(): void {}
  onWritable(): void {}
  onSettings(): void {}
  onGoaway(): void {}
  onPong(): void {}
  onDrained(): void {}
  onPending(): void {}

  private conclude(trailers: string): void {
    const status = Number(this.head.slice(9, 12));
    this.answer ??= { status, head: this.head, trailers, body: Buffer.concat(this.parts) };
  }
}
