/**
 * One HTTP/2 connection to an endpoint: the session of `core/http2` on a socket, shared by many exchanges. What they send in one turn of the event loop is one
 * write; what comes in one read is handed on and flushed once per client.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Instant } from '../../base/time.ts';
import { NO_ERROR } from '../../core/http2/error-code.ts';
import { Http2Session } from '../../core/http2/session.ts';
import type { FatalCause, ResetBy, SessionSink } from '../../core/http2/session-sink.ts';
import type { Stream } from '../../core/http2/stream.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { PoolPlan } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { upstreamOptions } from '../http2-options.ts';
import { SocketTarget } from '../socket-target.ts';
import { type Sweepable, Sweeper } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type DialTarget, dial } from './dial.ts';
import { Http2Attempt, type Http2Carrier } from './http2-attempt.ts';
import { ReadBuffer } from './read-buffer.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';

const HTTP2: readonly string[] = ['h2'];
/** After the last frame, for the endpoint to take it. */
const LINGER_MS = 1_000;

/** Whose connection it is. `http2-pool.ts` is it. */
export interface Http2UpstreamOwner extends DialTarget {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: PoolPlan;
  takeParser(): ResponseParser;
  /** It may still be looked at in this event. */
  giveParser(parser: ResponseParser): void;
  /** Streams that the endpoint allowed last; what is assumed of a connection that has not heard from it yet. */
  peerStreamsMax: number;
  /** It may take another exchange. */
  onRoom(connection: Http2Upstream): void;
  /** It is gone. */
  onDead(connection: Http2Upstream): void;
  attemptDone(attempt: Http2Attempt, exchange: Exchange): void;
  attemptFailed(attempt: Http2Attempt, exchange: Exchange, failure: UpstreamFailure): void;
}

export class Http2Upstream implements Http2Carrier, SessionSink<Http2Attempt>, Sweepable {
  readonly session: Http2Session<Http2Attempt>;
  readonly openedAt: Instant;
  isConnected = false;
  sweepIndex = -1;
  private readonly owner: Http2UpstreamOwner;
  private readonly socket: Socket;
  private readonly target: SocketTarget;
  private readonly memory = new ReadBuffer();
  /** Exchanges under way. */
  private readonly attempts = new Sweeper<Http2Attempt>();
  private readonly touchedAttempts: Http2Attempt[] = [];
  private connectDeadline: number;
  private idleDeadline = Infinity;
  /** When an endpoint that was asked whether it is there has had its time. */
  private pongDeadline = Infinity;
  /** When the socket of a connection that has ended is destroyed. */
  private closeDeadline = Infinity;
  private isScheduled = false;
  private isDead = false;
  private isLeaving = false;

  constructor(owner: Http2UpstreamOwner, now: Instant) {
    this.owner = owner;
    this.openedAt = now;
    this.connectDeadline = now + owner.plan.connectTimeoutMs;
    const onread = {
      buffer: this.memory.next,
      callback: (size: number, memory: Uint8Array) => this.onRead(memory as Buffer, size),
    };
    const { socket, ready } = dial(owner, HTTP2, onread);
    this.socket = socket;
    this.target = new SocketTarget(socket, owner.worker.http2.blocks);
    this.session = new Http2Session<Http2Attempt>(upstreamOptions(owner.plan, owner.tls !== null), owner.worker.http2, this);
    socket.on(ready, () => this.onConnect());
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onGone());
    socket.on('error', () => this.onGone());
    socket.on('close', () => {
      this.onGone();
      this.closed();
    });
    owner.worker.sweeper.add(this.attempts);
    this.session.start(now);
  }

  get worker(): WorkerContext {
    return this.owner.worker;
  }

  get slot(): number {
    return this.owner.slot;
  }

  get plan(): PoolPlan {
    return this.owner.plan;
  }

  get deadline(): number {
    if (this.isDead) return this.closeDeadline;
    if (!this.isConnected) return this.connectDeadline;
    return Math.min(this.session.deadline, this.pongDeadline, this.attempts.size === 0 ? this.idleDeadline : Infinity);
  }

  /** How many more exchanges it takes. */
  get capacity(): number {
    if (this.isDead || this.isLeaving || this.pongDeadline !== Infinity) return 0;
    const most = this.session.isReady ? Infinity : this.owner.peerStreamsMax;
    return Math.min(this.session.capacity, Math.min(most, this.plan.http2.streamsMax) - this.attempts.size);
  }

  get isIdle(): boolean {
    return this.attempts.size === 0;
  }

  /** Sends an exchange. Only while there is capacity. */
  send(exchange: Exchange, now: Instant, isHedge: boolean): void {
    const attempt = new Http2Attempt(this, this.owner.takeParser(), exchange, now, isHedge);
    if (isHedge) exchange.rival = attempt;
    else exchange.current = attempt;
    this.attempts.add(attempt);
    if (!attempt.send(exchange)) attempt.fail(FAILURES.refused, -1);
  }

  /** Takes nothing more; what is under way finishes. */
  leave(): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    this.session.shutdown();
    if (this.attempts.size === 0) this.end();
  }

  onDeadline(now: Instant): void {
    if (this.isDead) return this.closed();
    if (!this.isConnected) return this.dead(FAILURES.connectTimeout);
    if (now >= this.pongDeadline) return this.dead(FAILURES.reset);
    if (now >= this.session.deadline) this.session.onDeadline(now);
    if (this.attempts.size === 0 && now >= this.idleDeadline) this.leave();
  }

  // ---- what attempts tell

  doubt(): void {
    if (this.pongDeadline !== Infinity || this.isDead) return;
    this.pongDeadline = this.worker.coarseNow + this.plan.connectTimeoutMs;
    this.session.ping();
  }

  touched(attempt: Http2Attempt): void {
    if (attempt.isTouched) return;
    attempt.isTouched = true;
    this.touchedAttempts.push(attempt);
  }

  attemptDone(attempt: Http2Attempt, exchange: Exchange): void {
    this.owner.attemptDone(attempt, exchange);
  }

  keepMemory(): void {
    this.memory.keep();
  }

  attemptFailed(attempt: Http2Attempt, exchange: Exchange, failure: UpstreamFailure): void {
    this.owner.attemptFailed(attempt, exchange, failure);
  }

  left(attempt: Http2Attempt): void {
    if (!this.attempts.remove(attempt)) return;
    this.owner.giveParser(attempt.parser);
    if (this.attempts.size === 0) {
      this.idleDeadline = this.worker.coarseNow + this.plan.idleTimeoutMs;
      if (this.isLeaving) return this.end();
    }
    if (!this.isDead) this.owner.onRoom(this);
  }

  // ---- what the session tells

  /** A client's session gets no requests. */
  onRequest(): void {}
  onRefused(): void {}

  onResponse(stream: Stream<Http2Attempt>, bytes: Uint8Array, end: number): void {
    stream.owner?.onResponse(bytes as Buffer, end, stream.isRemoteDone);
  }

  onInterim(stream: Stream<Http2Attempt>, bytes: Uint8Array, end: number): void {
    stream.owner?.onInterim(bytes as Buffer, end);
  }

  onData(stream: Stream<Http2Attempt>, bytes: Uint8Array, start: number, end: number): void {
    stream.owner?.onData(bytes as Buffer, start, end);
  }

  onEnd(stream: Stream<Http2Attempt>, trailers: string): void {
    stream.owner?.onEnd(trailers);
  }

  onReset(stream: Stream<Http2Attempt>, code: number, by: ResetBy): void {
    stream.owner?.onReset(code, by);
  }

  onWritable(stream: Stream<Http2Attempt>): void {
    stream.owner?.onWritable();
  }

  onSettings(): void {
    for (const attempt of this.attempts.all()) attempt.onSettings();
    this.owner.peerStreamsMax = Math.max(1, this.session.streamsMax);
    if (this.capacity > 0) this.owner.onRoom(this);
  }

  onGoaway(): void {
    this.isLeaving = true;
  }

  onPong(): void {
    this.pongDeadline = Infinity;
    if (this.capacity > 0) this.owner.onRoom(this);
  }

  onDrained(): void {
    this.end();
  }

  onFatal(_code: number, _cause: FatalCause): void {
    this.end();
  }

  onPending(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.worker.later(() => this.flush());
  }

  // ---- the socket

  private onConnect(): void {
    if (this.owner.tls !== null && (this.socket as TLSSocket).alpnProtocol !== 'h2') return this.dead(FAILURES.connect);
    this.isConnected = true;
    const connectMs = this.worker.clock.now() - this.openedAt;
    for (const attempt of this.attempts.all()) attempt.connected(connectMs);
  }

  /** @returns True: read on. */
  private onRead(memory: Buffer, size: number): boolean {
    this.memory.filled(size);
    this.session.receive(memory, 0, size, this.worker.clock.now());
    const { touchedAttempts } = this;
    for (let index = 0; index < touchedAttempts.length; index++) if (touchedAttempts[index]!.flush()) this.memory.keep();
    touchedAttempts.length = 0;
    return true;
  }

  private flush(): void {
    this.isScheduled = false;
    if (this.isDead || this.socket.writableNeedDrain) return;
    this.session.output.drain(this.target);
    this.session.flushed(!this.socket.writableNeedDrain);
  }

  private onDrain(): void {
    this.session.flushed(true);
    this.flush();
  }

  /** What waits leaves, then it closes. */
  private end(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.owner.onDead(this);
    this.session.fail(NO_ERROR, 'closing');
    for (const attempt of this.attempts.all()) attempt.fail(FAILURES.refused, -1); // those that never had a stream
    this.worker.sweeper.remove(this.attempts);
    this.session.output.drain(this.target);
    this.socket.destroySoon();
    this.closeDeadline = this.worker.clock.now() + LINGER_MS;
    this.worker.sweeper.add(this);
  }

  private closed(): void {
    this.worker.sweeper.remove(this);
    this.socket.destroy();
  }

  private onGone(): void {
    this.dead(this.isConnected ? FAILURES.reset : FAILURES.connect);
  }

  private dead(failure: UpstreamFailure): void {
    if (this.isDead) return;
    this.isDead = true;
    this.owner.onDead(this);
    this.socket.destroy();
    for (const attempt of this.attempts.all()) attempt.fail(failure, -1);
    this.worker.sweeper.remove(this.attempts);
    this.session.transportClosed();
  }
}
