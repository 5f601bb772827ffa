/**
 * An HTTP/2 connection (RFC 9113) without its socket: bytes and commands in, events (`SessionSink`) and bytes (`output`) out. Both roles. Knows no timers:
 * `deadline` says when `onDeadline` is due (`gateway/sweeper.ts` fits).
 */
import { type Instant, after } from '../../base/time.ts';
import { Connection, ANNOUNCED, STAYING } from './connection.ts';
import { GOODBYE_PING, OWNERS_PING } from './control-receiver.ts';
import { CANCEL, ENHANCE_YOUR_CALM, NO_ERROR, SETTINGS_TIMEOUT } from './error-code.ts';
import { FIRST_WINDOW_BYTES, INT31_MAX, PREFACE } from './frame.ts';
import { FrameReceiver } from './frame-receiver.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type OpenOptions, Sender } from './sender.ts';
import type { FatalCause, SessionOptions, SessionSink } from './session-sink.ts';
import * as settings from './settings.ts';
import type { Stream } from './stream.ts';
import type { Workspace } from './workspace.ts';

export type { OpenOptions } from './sender.ts';

/** How long a peer may still open streams after the first GOAWAY, when it does not answer the PING. */
const GOODBYE_MS = 1_000;
/** `output` above which a peer that does not read is not read from. */
const INPUT_STOP_BYTES = 256 * 1024;

export class Http2Session<Owner> {
  /** What waits to be written. */
  readonly output: FrameWriter;
  /** When `onDeadline` is due; Infinity = never, in the past = at the next sweep. Any command may bring it forward: read it at each sweep. */
  deadline = Infinity;
  private readonly connection: Connection<Owner>;
  private readonly sender: Sender<Owner>;
  private readonly receiver: FrameReceiver<Owner>;
  private settingsDeadline = Infinity;
  private blockDeadline = Infinity;
  /** -1: to be stamped at the next look. */
  private goodbyeDeadline = Infinity;
  private stallDeadline = Infinity;

  /** @param workspace One per worker. */
  constructor(options: SessionOptions, workspace: Workspace, sink: SessionSink<Owner>) {
    this.connection = new Connection(options, workspace, sink);
    this.output = this.connection.output;
    this.sender = new Sender(this.connection);
    this.receiver = new FrameReceiver(this.connection, this.sender);
    this.sender.onWait = () => this.lookSoon();
  }

  /** Queues the preface and SETTINGS. Once, before anything else. */
  start(now: Instant): void {
    const { connection } = this;
    connection.now = now;
    connection.budget.start(now);
    this.settingsDeadline = this.deadline = after(now, connection.options.settingsTimeoutMs);
    this.greet();
  }

  /** Failed, or its transport has gone: commands do nothing. */
  get isClosed(): boolean {
    return this.connection.isClosed;
  }

  /** Streams that are open. */
  get streamCount(): number {
    return this.connection.streams.size;
  }

  /** Client: how many more streams may be opened now; 0 after a GOAWAY of either side. Before the peer's SETTINGS `streamsMax` is assumed to be right. */
  get capacity(): number {
    return this.connection.capacity;
  }

  /** Client: how many streams may be open at a time, by what we want and the peer allows; `streamsMax` while its SETTINGS have not come. */
  get streamsMax(): number {
    return Math.min(this.connection.options.streamsMax, this.connection.peer.streamsMax);
  }

  /** The peer's first SETTINGS have come. */
  get isReady(): boolean {
    return this.receiver.control.hasSettings;
  }

  /** The peer's SETTINGS allow extended CONNECT (RFC 8441 §3). */
  get peerAllowsExtendedConnect(): boolean {
    return this.connection.peer.allowsExtendedConnect;
  }

  /** False: stop reading the socket until it has taken output; the peer asks for more than it reads. */
  get takesInput(): boolean {
    return this.sender.hasRoom || this.output.size < INPUT_STOP_BYTES;
  }

  /** Server: requests that were malformed and ended with RST_STREAM without an event. */
  get malformedCount(): number {
    return this.connection.malformedCount;
  }

  /** Takes what was read. Nothing of `bytes` is kept after the call. */
  receive(bytes: Uint8Array, start: number, end: number, now: Instant): void {
    const { connection } = this;
    if (connection.isClosed) return;
    connection.now = now;
    this.receiver.receive(bytes, start, end);
    this.watchInput();
  }

  /**
   * Client: sends a request's head.
   * @param head As `gateway` writes it for HTTP/1.1: request line, Host, lines, empty line; latin1. Connection-specific fields are dropped.
   * @returns Null when `capacity` is 0: use another connection.
   */
  open(head: string, options: OpenOptions<Owner>): Stream<Owner> | null {
    return this.sender.open(head, options);
  }

  /** Server: sends an interim (1xx) or the final head, as `gateway` writes it for HTTP/1.1. For `stream.protocol` a 101 becomes 200 (RFC 8441 §5). @param isEnd Nothing follows. */
  sendHead(stream: Stream<Owner>, head: string, isEnd: boolean): void {
    this.sender.sendHead(stream, head, isEnd);
  }

  /**
   * Sends content. What fits neither windows nor room is copied and queued; `bytes` are free after the call.
   * @returns False: some was queued; no more please, until `onWritable`. (More is taken all the same: the queue's bound is the caller's stopping.)
   */
  sendData(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): boolean {
    return this.sender.sendData(stream, bytes, start, end);
  }

  /** Our side is complete. @param trailers Field lines with CRLF, latin1; '' = none. Costs no frame when the last one of the stream is still in `output`. */
  sendEnd(stream: Stream<Owner>, trailers: string): void {
    this.sender.sendEnd(stream, trailers);
  }

  /** Ends a stream with RST_STREAM. What is queued is dropped. No `onReset` follows. */
  reset(stream: Stream<Owner>, code: number): void {
    if (!stream.isClosed) this.connection.reset(stream, code);
  }

  /**
   * Server, reply complete, request not: what still comes is dropped, and once the reply has gone out, queued content included, RST_STREAM with NO_ERROR says that
   * nothing more is wanted (RFC 9113 §8.1).
   */
  discard(stream: Stream<Owner>): void {
    if (stream.isClosed) return;
    stream.isDiscarding = true;
    stream.isUnwanted = true;
    this.connection.closeIfDone(stream);
  }

  /** Content has gone on: its room is given back to the peer, for stream and connection. What is unconsumed when a stream closes is given back by itself. */
  consumed(stream: Stream<Owner>, bytes: number): void {
    if (!stream.isClosed) this.connection.consume(stream, bytes);
  }

  /** Server: the work for this stream (its upstream exchange) has ended; once for each stream of `onRequest` and `onRefused`. Until then it counts against `streamsMax`, closed or not. */
  release(stream: Stream<Owner>): void {
    this.connection.release(stream);
  }

  /**
   * After `output.drain`.
   * @param hasRoom The socket takes more. False stops content until `flushed(true)` (on the socket's `drain`); do not drain `output` before that, so that what
   * an unread peer is owed stays where it is bounded (`takesInput`). After `true`, `output` may hold more.
   */
  flushed(hasRoom: boolean): void {
    this.sender.hasRoom = hasRoom;
    if (hasRoom && !this.connection.isClosed) this.sender.pump();
  }

  /** Sends a PING; `onPong` answers. */
  ping(): void {
    const { connection } = this;
    if (connection.isClosed) return;
    this.output.ping(OWNERS_PING, connection.pingsOpen++);
  }

  /**
   * No new streams (RFC 9113 §6.8). Server: GOAWAY with 2^31-1 first; with the last identifier once the peer has seen it or a second has passed. Then `onDrained`
   * when the last stream has ended; for a client perhaps before this returns.
   */
  shutdown(): void {
    const { connection } = this;
    if (connection.isClosed || connection.leaving !== STAYING) return;
    if (!connection.isServer) return connection.sayGoodbye();
    connection.leaving = ANNOUNCED;
    this.output.goaway(INT31_MAX, NO_ERROR, '');
    this.output.ping(GOODBYE_PING, 0);
    this.goodbyeDeadline = -1;
    this.lookSoon();
  }

  /** Ends the session with a GOAWAY: streams get `onReset`, then `onFatal`. */
  fail(code: number, cause: FatalCause): void {
    this.connection.fail(code, cause);
  }

  /** The socket has closed: streams get `onReset`. No `onFatal`. */
  transportClosed(): void {
    if (!this.connection.isClosed) this.connection.endAll(CANCEL);
    this.deadline = Infinity;
  }

  onDeadline(now: Instant): void {
    const { connection } = this;
    this.deadline = Infinity;
    if (connection.isClosed) return;
    connection.now = now;
    this.watchInput();
    if (now >= this.settingsDeadline) return this.fail(SETTINGS_TIMEOUT, 'settings-timeout');
    if (now >= this.blockDeadline) return this.fail(ENHANCE_YOUR_CALM, 'header-timeout');
    if (this.goodbyeDeadline === -1) this.goodbyeDeadline = after(now, GOODBYE_MS);
    if (now >= this.goodbyeDeadline) {
      this.goodbyeDeadline = Infinity;
      if (connection.leaving === ANNOUNCED) connection.sayGoodbye();
    }
    this.stallDeadline = this.resetStalled(now);
    this.deadline = Math.min(this.settingsDeadline, this.blockDeadline, this.goodbyeDeadline, this.stallDeadline);
  }

  /** Preface, SETTINGS and the connection's window (RFC 9113 §3.4). */
  private greet(): void {
    const { options } = this.connection;
    const { output } = this;
    const list = options.headerBytesMax + options.requestLineBytesMax;
    const common = [settings.INITIAL_WINDOW_SIZE, options.streamWindowBytes, settings.MAX_HEADER_LIST_SIZE, list];
    if (options.role === 'client') {
      output.text(PREFACE);
      output.settings([settings.ENABLE_PUSH, 0, ...common]);
    } else {
      const connect = options.allowsExtendedConnect ? [settings.ENABLE_CONNECT_PROTOCOL, 1] : [];
      output.settings([settings.MAX_CONCURRENT_STREAMS, options.streamsMax, ...common, ...connect]);
    }
    const more = options.connectionWindowBytes - FIRST_WINDOW_BYTES;
    if (more > 0) output.windowUpdate(0, more);
  }

  /** Deadlines that what came in has met or begun. */
  private watchInput(): void {
    const { connection, receiver } = this;
    if (this.settingsDeadline !== Infinity && connection.isAcknowledged && receiver.control.hasSettings) this.settingsDeadline = Infinity;
    if (receiver.heads.pendingId === 0) this.blockDeadline = Infinity;
    else if (this.blockDeadline === Infinity) {
      this.blockDeadline = after(connection.now, connection.options.settingsTimeoutMs);
      if (this.blockDeadline < this.deadline) this.deadline = this.blockDeadline;
    }
  }

  private lookSoon(): void {
    this.deadline = -1;
  }

  /** Streams whose content has not moved (zero windows): memory that the peer holds. @returns When to look again. */
  private resetStalled(now: Instant): number {
    const { connection, sender } = this;
    const patience = connection.options.stallTimeoutMs;
    let next = Infinity;
    for (const stream of connection.streams.values()) {
      if (stream.queue === null) continue;
      if (stream.waitsSince < 0 || !sender.hasRoom) stream.waitsSince = now; // a full socket is the owner's to watch
      if (now - stream.waitsSince >= patience) connection.fault(stream, CANCEL);
      else next = Math.min(next, stream.waitsSince + patience);
      if (connection.isClosed) return Infinity;
    }
    return next;
  }
}
