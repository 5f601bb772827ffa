/**
 * A client's HTTP/2 connection: the session of `core/http2` on a socket. Its requests are `Http2Request`s, each an exchange of its own. What the session wants to
 * send is written once, at the end of the event loop's turn: the replies of one turn are one system call.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import { CANCEL, NO_ERROR } from '../../core/http2/error-code.ts';
import { Http2Session } from '../../core/http2/session.ts';
import type { FatalCause, ResetBy, SessionSink } from '../../core/http2/session-sink.ts';
import type { Stream } from '../../core/http2/stream.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { PeerIdentity } from '../exchange/forwarding.ts';
import { downstreamOptions } from '../http2-options.ts';
import type { Arrival, ClientConnection, ConnectionOwner } from '../listeners/arrival.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { SocketTarget } from '../socket-target.ts';
import { type Http2Client, Http2Request } from './http2-request.ts';

/** After the last frame, what the client still sends is read away for this long, so that no reset overtakes it. */
const LINGER_MS = 1_000;

export class Http2Connection implements ClientConnection, Http2Client, SessionSink<Http2Request> {
  readonly listener: ListenerContext;
  readonly session: Http2Session<Http2Request>;
  sweepIndex = -1;
  private readonly arrival: Arrival;
  private readonly socket: Socket;
  private readonly target: SocketTarget;
  private readonly owner: ConnectionOwner;
  private who: PeerIdentity;
  /** Requests under way. */
  private active = 0;
  /** When silence without a stream is too long. */
  private idleDeadline: number;
  /** When a client that takes nothing has had its time. */
  private writeDeadline = Infinity;
  /** Requests that hold content back until the event is over. */
  private readonly touched: Http2Request[] = [];
  private isScheduled = false;
  /** Nothing more is said once what waits has left. */
  private isEnding = false;
  private isGone = false;
  private isLingering = false;
  private lingerDeadline = Infinity;
  private isPaused = false;
  private isCut = false;
  /** As of the last write. */
  private hadStreams = false;
  /** Malformed requests that have been counted. */
  private malformedSeen = 0;
  private closeReason: CloseReason = 'normal';

  /** @param first What was read before the protocol was known. */
  constructor(listener: ListenerContext, arrival: Arrival, owner: ConnectionOwner, first: Buffer | null = null) {
    const { socket } = arrival;
    const now = listener.worker.clock.now();
    this.listener = listener;
    this.arrival = arrival;
    this.socket = socket;
    this.owner = owner;
    this.target = new SocketTarget(socket, listener.worker.http2.blocks);
    this.who = new PeerIdentity(listener.forwarding, arrival, true);
    this.session = new Http2Session<Http2Request>(downstreamOptions(listener.plan, arrival.tls !== null), listener.worker.http2, this);
    this.idleDeadline = now + listener.plan.timeouts.headerMs;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onSocketEnd());
    socket.on('error', () => this.leave('error'));
    socket.on('close', () => this.leave('normal'));
    this.session.start(now);
    if (first !== null) this.receive(first);
  }

  // ---- what the listener and the sweeper do to it

  get deadline(): number {
    if (this.isLingering) return this.lingerDeadline;
    return Math.min(this.session.deadline, this.writeDeadline, this.isBusy ? Infinity : this.idleDeadline);
  }

  announceClose(): void {
    this.closeReason = 'drain';
    this.session.shutdown();
  }

  get isIdle(): boolean {
    return !this.isBusy && this.session.output.size === 0 && this.socket.writableLength === 0;
  }

  cut(reason: CloseReason): void {
    this.closeReason = reason;
    this.isCut = true;
    this.session.fail(NO_ERROR, 'closing');
    this.flush();
    this.socket.destroySoon();
    if (this.socket.writableLength > 0) setTimeout(() => this.socket.destroy(), LINGER_MS).unref(); // nobody watches it any more
    this.leave(reason);
  }

  onDeadline(now: Instant): void {
    if (this.isLingering || now >= this.writeDeadline) {
      if (!this.isLingering) this.closeReason = 'timeout';
      return void this.socket.destroy();
    }
    if (now >= this.session.deadline) this.session.onDeadline(now);
    if (!this.isBusy && now >= this.idleDeadline && !this.session.isClosed) {
      this.closeReason = 'timeout';
      this.idleDeadline = now + LINGER_MS;
      this.session.fail(NO_ERROR, 'closing');
    }
  }

  /** A request is under way, or a reply has not left. */
  private get isBusy(): boolean {
    return this.active > 0 || this.session.streamCount > 0;
  }

  // ---- what its requests need

  get identity(): PeerIdentity {
    const { forwarding } = this.listener; // a reload may have changed whom we trust
    if (this.who.rules !== forwarding) this.who = new PeerIdentity(forwarding, this.arrival, true);
    return this.who;
  }

  holdsContent(request: Http2Request): void {
    this.touched.push(request);
  }

  requestEnded(stream: Stream<Http2Request>): void {
    this.active--;
    this.session.release(stream);
    this.moveIdle();
  }

  private moveIdle(): void {
    this.idleDeadline = this.listener.worker.coarseNow + this.listener.plan.timeouts.keepAliveMs;
  }

  // ---- what the session tells

  onRequest(stream: Stream<Http2Request>, bytes: Uint8Array, end: number): void {
    this.begin(stream).begin(bytes as Buffer, end);
  }

  onRefused(stream: Stream<Http2Request>, status: 400 | 431): void {
    this.begin(stream).refuse(status);
  }

  /** A server's session has no replies to hear of. */
  onResponse(): void {}
  onInterim(): void {}

  onData(stream: Stream<Http2Request>, bytes: Uint8Array, start: number, end: number): void {
    stream.owner?.onData(bytes as Buffer, start, end);
  }

  onEnd(stream: Stream<Http2Request>, trailers: string): void {
    stream.owner?.onEnd(trailers);
  }

  onReset(stream: Stream<Http2Request>, code: number, by: ResetBy): void {
    const isOurs = by === 'session' || (by === 'connection' && code !== NO_ERROR && code !== CANCEL); // CANCEL: the transport has gone
    stream.owner?.onReset(this.isCut ? 'drain' : isOurs ? 'client-error' : 'client-gone');
  }

  onWritable(stream: Stream<Http2Request>): void {
    stream.owner?.onWritable();
  }

  onSettings(): void {}
  onGoaway(): void {}
  onPong(): void {}

  onDrained(): void {
    this.finish();
  }

  onFatal(_code: number, cause: FatalCause): void {
    if (cause !== 'closing') {
      this.closeReason = cause === 'settings-timeout' || cause === 'header-timeout' ? 'timeout' : 'error';
      this.listener.worker.metrics.http2Failed(this.listener.slot, cause);
    }
    this.finish();
  }

  onPending(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.listener.worker.later(() => this.flush());
  }

  // ---- the socket

  private begin(stream: Stream<Http2Request>): Http2Request {
    const request = new Http2Request(this, stream);
    stream.owner = request;
    this.active++;
    return request;
  }

  private receive(chunk: Buffer): void {
    if (this.isLingering) return;
    const { worker } = this.listener;
    this.session.receive(chunk, 0, chunk.length, worker.clock.now());
    const { touched, session } = this;
    for (let index = 0; index < touched.length; index++) touched[index]!.passContent();
    touched.length = 0;
    if (session.malformedCount > this.malformedSeen) {
      worker.metrics.http2Malformed(this.listener.slot, session.malformedCount - this.malformedSeen);
      this.malformedSeen = session.malformedCount;
    }
    if (!session.takesInput) this.pause(); // it asks for more than it reads
  }

  private flush(): void {
    this.isScheduled = false;
    const { session, socket } = this;
    if (this.isGone || socket.writableNeedDrain) return; // what an unread peer is owed stays where it is bounded
    const sends = session.output.size > 0;
    session.output.drain(this.target);
    session.flushed(!socket.writableNeedDrain);
    if (!sends) return;
    const hasStreams = session.streamCount > 0;
    if (this.hadStreams || hasStreams) this.moveIdle(); // replies leave: nobody is idle
    this.hadStreams = hasStreams;
    if (socket.writableNeedDrain) this.writeDeadline = this.listener.worker.coarseNow + this.listener.plan.timeouts.bodyIdleMs;
  }

  private onDrain(): void {
    this.writeDeadline = Infinity;
    this.session.flushed(true);
    this.flush();
    if (this.isEnding) return this.finish();
    if (this.isPaused && this.session.takesInput) this.unpause();
  }

  private pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  private unpause(): void {
    this.isPaused = false;
    this.socket.resume();
  }

  /** Nothing more is said: what waits leaves, then our side closes. */
  private finish(): void {
    if (this.isLingering || this.isGone) return;
    this.isEnding = true;
    if (this.isPaused) this.unpause();
    this.listener.worker.later(() => this.endSocket());
  }

  private endSocket(): void {
    if (this.isLingering || this.isGone) return;
    this.flush();
    if (this.session.output.size > 0) return; // the socket takes nothing now: `onDrain` comes back here
    this.isLingering = true;
    const { worker, plan } = this.listener;
    this.lingerDeadline = worker.clock.now() + plan.timeouts.bodyIdleMs;
    this.socket.end(() => (this.lingerDeadline = worker.clock.now() + LINGER_MS));
  }

  /** Half-closed: the client has gone, unless it only reads the last replies. */
  private onSocketEnd(): void {
    if (this.isLingering) return;
    this.leave('normal');
    this.socket.destroySoon();
  }

  private leave(reason: CloseReason): void {
    if (this.isGone) return;
    this.isGone = true;
    this.session.transportClosed();
    this.owner.onClosed(this, this.closeReason === 'normal' ? reason : this.closeReason);
  }
}
