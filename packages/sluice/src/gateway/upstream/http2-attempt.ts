/** One sending of an exchange over a shared HTTP/2 connection: a stream, and how far it is. */
import type { Instant } from '../../base/time.ts';
import { CANCEL, NO_ERROR, REFUSED_STREAM } from '../../core/http2/error-code.ts';
import type { ResetBy } from '../../core/http2/session-sink.ts';
import type { Http2Session } from '../../core/http2/session.ts';
import type { Stream } from '../../core/http2/stream.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { PoolPlan } from '../../config/plan.ts';
import { type Attempt, type Exchange, type HttpVersion, REPLAY_BYTES_MAX } from '../exchange/exchange.ts';
import { keptTrailers } from '../exchange/trailers.ts';
import { withoutKey } from '../exchange/web-socket-handshake.ts';
import { statusOfHead, statusOfTrailers } from '../grpc/call.ts';
import type { Sweepable } from '../sweeper.ts';
import { StreamEnd } from '../tunnel/stream-end.ts';
import type { TunnelEnd, TunnelListener } from '../tunnel/tunnel-end.ts';
import type { WorkerContext } from '../worker-context.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';

/** The connection that carries it. `http2-upstream.ts` is it. */
export interface Http2Carrier {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: PoolPlan;
  readonly session: Http2Session<Http2Attempt>;
  readonly openedAt: Instant;
  /** It is usable. */
  readonly isConnected: boolean;
  /** It carries nothing. */
  readonly isIdle: boolean;
  /** An answer did not come in time: whether anybody is there is found out. */
  doubt(): void;
  /** Something was handed to a client in this event: flush it when the event is over. */
  touched(attempt: Http2Attempt): void;
  /** The bytes of this event are still needed after it. */
  keepMemory(): void;
  attemptDone(attempt: Http2Attempt, exchange: Exchange): void;
  attemptFailed(attempt: Http2Attempt, exchange: Exchange, failure: UpstreamFailure): void;
  /** The attempt takes no place on the connection any more. */
  left(attempt: Http2Attempt): void;
}

export class Http2Attempt implements Attempt, Sweepable {
  readonly parser: ResponseParser;
  readonly slot: number;
  readonly sentAt: Instant;
  readonly isHedge: boolean;
  readonly isReused: boolean;
  readonly version: HttpVersion = 2;
  isCounted = true;
  hasAnswered = false;
  isReplying = false;
  grpcStatus = -1;
  /** In the carrier's list of those that something was handed on for. */
  isTouched = false;
  deadline = Infinity;
  sweepIndex = -1;
  exchange: Exchange | null;
  private readonly carrier: Http2Carrier;
  private stream: Stream<Http2Attempt> | null = null;
  private tunnel: StreamEnd<Http2Attempt> | null = null;
  /** Asks for a WebSocket once the endpoint's SETTINGS are there. */
  private isHeldBack = false;
  private isRequestSent = false;
  /** Content handed on whose room is not given back yet. */
  private owed = 0;

  constructor(carrier: Http2Carrier, parser: ResponseParser, exchange: Exchange, now: Instant, isHedge: boolean) {
    this.carrier = carrier;
    this.parser = parser;
    this.slot = carrier.slot;
    this.exchange = exchange;
    this.sentAt = now;
    this.isHedge = isHedge;
    this.isReused = carrier.isConnected && carrier.isIdle; // its endpoint may be closing it at this moment
  }

  /** Opens the stream. @returns False when the connection takes none. */
  send(exchange: Exchange): boolean {
    const { session } = this.carrier;
    if (exchange.isWebSocket) return this.askForWebSocket(exchange);
    const isEnd = exchange.isRequestDone && exchange.partsBytes === 0 && exchange.sentTrailers === '';
    this.stream = session.open(exchange.head, { owner: this, isEnd, protocol: '' });
    if (this.stream === null) return false;
    if (isEnd) this.requestSent();
    else this.sendParts(exchange, this.stream);
    if (exchange.expectsContinue) this.awaitHead();
    return true;
  }

  // ---- Attempt

  sendBody(bytes: Buffer, start: number, end: number): boolean {
    if (this.stream === null) return true;
    if (this.exchange?.expectsContinue === true && !this.isReplying) this.deadline = Infinity; // it did not wait for the 100
    return this.carrier.session.sendData(this.stream, bytes, start, end);
  }

  sendEnd(): void {
    if (this.stream === null || this.exchange === null) return;
    this.carrier.session.sendEnd(this.stream, this.exchange.sentTrailers);
    this.requestSent();
  }

  resume(): void {
    if (this.stream === null || this.owed === 0) return;
    this.carrier.session.consumed(this.stream, this.owed);
    this.owed = 0;
  }

  discard(): void {
    const { stream } = this;
    if (this.exchange === null) return;
    this.end();
    if (stream !== null) this.carrier.session.reset(stream, CANCEL);
  }

  detach(listener: TunnelListener): TunnelEnd {
    this.tunnel = new StreamEnd(this.carrier.session, this.stream!, () => this.tunnelOver());
    this.tunnel.listener = listener;
    this.deadline = Infinity; // the tunnel has its own
    return this.tunnel;
  }

  onDeadline(now: Instant): void {
    const { exchange } = this;
    if (exchange === null) this.deadline = Infinity;
    else if (this.isReplying && !exchange.client.hasRoom) this.deadline = now + this.carrier.plan.bodyIdleMs; // the client is slow, not the origin
    else if (this.isReplying && exchange.isGrpc && !this.isRequestSent) this.deadline = now + this.carrier.plan.bodyIdleMs; // it may be the client's turn
    else {
      this.carrier.doubt();
      this.fail(this.isReplying ? FAILURES.bodyTimeout : FAILURES.headTimeout, CANCEL);
    }
  }

  // ---- what the session tells

  onResponse(bytes: Buffer, end: number, isDone: boolean): void {
    const { exchange } = this;
    if (exchange === null) return;
    this.hasAnswered = true;
    this.parser.begin();
    if (this.parser.parse(bytes, 0, end, exchange.isHead) !== end) return this.fail(FAILURES.invalid, CANCEL);
    if (isDone && exchange.isGrpc) this.grpcStatus = statusOfHead(this.parser, bytes, 0, this.parser.status);
    if (exchange.isWebSocket && this.answerWebSocket(exchange, bytes, end)) return;
    if (!exchange.service!.onResponseHead(exchange, this, bytes, 0)) return;
    this.isReplying = true;
    this.deadline = this.silenceEnd(exchange);
    if (isDone) this.onEnd('');
    else this.carrier.touched(this);
  }

  /** The endpoint's SETTINGS have come. */
  onSettings(): void {
    if (!this.isHeldBack || this.exchange === null) return;
    if (!this.askForWebSocket(this.exchange)) this.fail(FAILURES.refused, -1);
  }

  onInterim(bytes: Buffer, end: number): void {
    const { exchange } = this;
    if (exchange === null) return;
    this.hasAnswered = true;
    this.parser.begin();
    const isFine = this.parser.parse(bytes, 0, end, exchange.isHead) === end && exchange.client.onInterim(exchange, this.parser, bytes, 0);
    if (!isFine) return this.fail(FAILURES.invalid, CANCEL);
    if (this.parser.status === 100 && !this.isRequestSent) this.deadline = Infinity; // now it is the client's turn
  }

  onData(bytes: Buffer, start: number, end: number): void {
    const { exchange } = this;
    if (this.tunnel !== null) return this.tunnel.receive(Buffer.from(bytes.subarray(start, end))); // a copy: the memory is read into again
    if (exchange === null) return;
    this.owed += end - start;
    this.deadline = this.silenceEnd(exchange);
    exchange.client.replyBody(exchange, bytes, start, end);
    this.carrier.touched(this);
  }

  onEnd(trailers: string): void {
    if (this.tunnel !== null) return this.tunnel.ended();
    const { exchange, stream } = this;
    if (exchange === null) return;
    const isWholeRequest = this.isRequestSent;
    if (exchange.isGrpc && this.grpcStatus < 0) this.grpcStatus = statusOfTrailers(trailers, this.parser.status);
    this.end();
    this.carrier.attemptDone(this, exchange);
    exchange.client.onReplyEnd(exchange, keptTrailers(trailers));
    if (exchange.client.holdsBytes) this.carrier.keepMemory();
    if (!isWholeRequest) this.carrier.session.reset(stream!, CANCEL); // nobody sends the rest of the request
  }

  onReset(code: number, by: ResetBy): void {
    if (this.tunnel !== null) return this.cutTunnel(by !== 'peer' || code !== NO_ERROR);
    const isUnseen = by === 'goaway' || (by === 'peer' && code === REFUSED_STREAM);
    if (isUnseen && !this.hasAnswered) return this.fail(FAILURES.refused, -1);
    if (by === 'session') return this.fail(FAILURES.invalid, -1);
    if (by === 'peer') return this.fail(FAILURES.streamReset, -1);
    this.fail(this.carrier.isConnected ? FAILURES.reset : FAILURES.connect, -1);
  }

  onWritable(): void {
    if (this.tunnel !== null) {
      this.tunnel.listener?.onRoom();
      this.tunnel.drained();
    } else this.exchange?.client.onUpstreamDrain(this);
  }

  /** The event is over: what was handed on leaves, and room is given back if the client takes more. @returns Whether it still needs the memory. */
  flush(): boolean {
    this.isTouched = false;
    const { exchange } = this;
    if (exchange === null) return false;
    if (exchange.client.flushReply()) this.resume();
    return exchange.client.holdsBytes;
  }

  /** Fails with what ended its connection. @param code For RST_STREAM; -1 = the stream is over. */
  fail(failure: UpstreamFailure, code: number): void {
    const { exchange, stream } = this;
    if (exchange === null) return;
    if (this.tunnel !== null) return this.cutTunnel(true);
    this.end();
    if (code >= 0 && stream !== null) this.carrier.session.reset(stream, code);
    this.carrier.attemptFailed(this, exchange, failure);
  }

  /** Extended CONNECT (RFC 8441): not before the endpoint has allowed it (§3). @returns False when the connection takes no stream. */
  private askForWebSocket(exchange: Exchange): boolean {
    const { session, worker } = this.carrier;
    this.isHeldBack = !session.isReady;
    if (session.isReady && session.peerAllowsExtendedConnect) {
      this.stream = session.open(withoutKey(exchange.head), { owner: this, isEnd: false, protocol: 'websocket' });
      if (this.stream === null) return false;
    } else if (session.isReady) worker.later(() => this.fail(FAILURES.noWebSocket, -1));
    this.requestSent();
    return true;
  }

  /** @returns Whether the endpoint agreed (any 2xx, RFC 9110 §9.3.6). */
  private answerWebSocket(exchange: Exchange, bytes: Buffer, end: number): boolean {
    if (this.parser.status >= 300) {
      this.carrier.session.sendEnd(this.stream!, ''); // a reply like any other, to a request without content
      return false;
    }
    exchange.client.onUpgraded(exchange, this, bytes.subarray(0, end), 0, end); // nothing stands behind the head
    return true;
  }

  private cutTunnel(isError: boolean): void {
    this.tunnel!.listener?.onClose(isError);
    this.tunnelOver();
  }

  private tunnelOver(): void {
    if (this.exchange !== null) this.end();
  }

  private silenceEnd(exchange: Exchange): number {
    return this.carrier.worker.coarseNow + Math.max(exchange.silenceMs, this.carrier.plan.bodyIdleMs);
  }

  private end(): void {
    this.exchange = null;
    this.deadline = Infinity;
    this.carrier.left(this);
  }

  private sendParts(exchange: Exchange, stream: Stream<Http2Attempt>): void {
    const { session } = this.carrier;
    let hasRoom = true;
    for (const part of exchange.parts) hasRoom = session.sendData(stream, part, 0, part.length);
    const isPaused = exchange.partsBytes > REPLAY_BYTES_MAX; // the client was stopped there
    if (!exchange.isRequestDone && isPaused) exchange.forgetBody();
    if (exchange.isRequestDone) {
      session.sendEnd(stream, exchange.sentTrailers);
      this.requestSent();
    } else if (hasRoom && isPaused) exchange.client.onUpstreamDrain(this);
  }

  private requestSent(): void {
    this.isRequestSent = true;
    this.awaitHead();
  }

  /** The connection is there: the endpoint's time begins. */
  connected(connectMs: number): void {
    if (this.exchange === null) return;
    this.exchange.connectMs = connectMs;
    this.exchange.trace?.connected(this.slot, connectMs);
    if (this.isRequestSent || this.exchange.expectsContinue) this.awaitHead();
  }

  private awaitHead(): void {
    if (this.isReplying || this.exchange === null || !this.carrier.isConnected) return;
    const base = Math.max(this.sentAt, this.carrier.worker.coarseNow);
    this.deadline = base + this.exchange.route!.plan.timeouts.responseHeaderMs;
  }
}
