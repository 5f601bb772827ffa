/**
 * One connection to an endpoint. It carries one exchange at a time: writes the request, reads the reply, and goes back to its pool or ends. Anything
 * that arrives while it is idle ends it: such bytes belong to no request (response-queue poisoning).
 */
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import { BodyDecoder, type BodySink } from '../../core/http1/body-decoder.ts';
import { MORE, REFUSED } from '../../core/http1/field-section.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import type { PoolPlan } from '../../config/plan.ts';
import { type Attempt, type Exchange, type HttpVersion, REPLAY_BYTES_MAX } from '../exchange/exchange.ts';
import { trailerLines } from '../exchange/trailers.ts';
import { isAnswered } from '../exchange/web-socket-handshake.ts';
import { Outbox } from '../outbox.ts';
import { ReadBuffer } from './read-buffer.ts';
import type { Sweepable } from '../sweeper.ts';
import { SocketEnd, type TunnelEnd, type TunnelListener } from '../tunnel/tunnel-end.ts';
import { type DialTarget, dial } from './dial.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';

const CRLF = '\r\n';
const HTTP1: readonly string[] = ['http/1.1'];

let spent: readonly [ResponseParser, BodyDecoder] | null = null;

/** For connections that parse no more. */
function unused(): readonly [ResponseParser, BodyDecoder] {
  const limits = { requestLineBytesMax: 0, headerBytesMax: 0, headersMax: 0, trailerBytesMax: 0, chunkExtensionBytesMax: 0 };
  return (spent ??= [new ResponseParser(limits), new BodyDecoder(limits)]);
}

/** Whose connection it is. `pool.ts` is it. */
export interface UpstreamOwner extends DialTarget {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: PoolPlan;
  /** The head of the first reply on a connection: what it says of keep-alive holds for the endpoint. */
  onFirstHead(parser: ResponseParser, bytes: Buffer, start: number): void;
  /** The endpoint closed a connection that carried nothing. */
  onClosedIdle(connection: Http1Upstream): void;
  /** The connection is usable and carries nothing: again, or (it was opened for somebody who left) for the first time. */
  release(connection: Http1Upstream): void;
  onDead(connection: Http1Upstream): void;
  /** It carries a tunnel from now on. */
  onDetached(connection: Http1Upstream): void;
  /** An attempt's reply is complete. */
  attemptDone(connection: Http1Upstream, exchange: Exchange): void;
  attemptFailed(connection: Http1Upstream, exchange: Exchange, failure: UpstreamFailure): void;
}

export class Http1Upstream implements Attempt, Sweepable, BodySink {
  readonly pool: UpstreamOwner;
  readonly slot: number;
  readonly socket: Socket;
  parser: ResponseParser;
  deadline = Infinity;
  sweepIndex = -1;
  exchange: Exchange | null = null;
  /** Carried an exchange before this one. */
  isReused = false;
  isConnected = false;
  isDead = false;
  /** Some byte of this exchange's reply has come. */
  hasAnswered = false;
  /** The reply's head was passed on. */
  isReplying = false;
  /** The request has been written to its last byte. */
  isRequestSent = false;
  /** Takes part in the in-flight counts. */
  isCounted = false;
  /** Sent as a retry or a hedge that a budget paid for. */
  isHedge = false;
  sentAt = 0 as Instant;
  /** Since when it waits for work. */
  idleSince = 0 as Instant;
  /** gRPC is of HTTP/2. */
  readonly grpcStatus = -1;
  private readonly outbox: Outbox;
  private decoder: BodyDecoder;
  private readonly memory = new ReadBuffer();
  private pending: Buffer | null = null;
  private tunnel: TunnelListener | null = null;
  private readonly openedAt: Instant;

  constructor(pool: UpstreamOwner, openedAt: Instant) {
    this.pool = pool;
    this.slot = pool.slot;
    this.openedAt = openedAt;
    const { http1, connectTimeoutMs } = pool.plan;
    this.parser = new ResponseParser(http1);
    this.decoder = new BodyDecoder(http1);
    this.deadline = openedAt + connectTimeoutMs;
    const onread = {
      buffer: this.memory.next,
      callback: (size: number, memory: Uint8Array) => this.onRead(memory as Buffer, size),
    };
    const { socket, ready } = dial(pool, HTTP1, onread);
    this.socket = socket;
    this.outbox = new Outbox(this.socket);
    this.socket.on(ready, () => this.onConnect());
    this.socket.on('drain', () => this.exchange?.client.onUpstreamDrain(this));
    this.socket.on('end', () => this.onEnd());
    this.socket.on('error', () => this.onError());
    this.socket.on('close', () => this.onError());
  }

  get version(): HttpVersion {
    return this.parser.minorVersion;
  }

  /** Sends an exchange's request. */
  send(exchange: Exchange, now: Instant): void {
    this.exchange = exchange;
    this.hasAnswered = false;
    this.isReplying = false;
    this.isRequestSent = false;
    this.sentAt = now;
    this.parser.begin();
    if (this.isConnected) this.deadline = Infinity;
    this.outbox.addText(exchange.head);
    for (const part of exchange.parts) this.addContent(part, 0, part.length);
    if (!exchange.isRequestDone && exchange.partsBytes > REPLAY_BYTES_MAX) exchange.forgetBody();
    if (exchange.isRequestDone) this.addRequestEnd(exchange);
    this.outbox.flush();
    if (exchange.expectsContinue && this.isConnected) this.awaitHead(now);
  }

  /** Sends more of the request's content. @returns Whether the socket wants more. */
  sendBody(bytes: Buffer, start: number, end: number): boolean {
    if (this.exchange!.expectsContinue && this.isConnected && !this.isReplying) this.deadline = Infinity; // it did not wait for the 100
    this.addContent(bytes, start, end);
    return this.outbox.flush();
  }

  /** The request is complete. */
  sendEnd(): void {
    if (this.exchange === null) return;
    this.addRequestEnd(this.exchange);
    this.outbox.flush();
  }

  resume(): void {
    this.socket.resume();
  }

  /**
   * Hands the socket over (an upgrade): from here on it is somebody else's, and never pooled.
   * @param listener Takes what is read; answers whether it keeps the memory.
   */
  detach(listener: TunnelListener): TunnelEnd {
    const { socket } = this;
    this.tunnel = listener;
    this.memory.share();
    [this.parser, this.decoder] = unused(); // a tunnel may be silent for hours: it keeps nothing that it has no use for
    this.isDead = true;
    this.deadline = Infinity;
    socket.removeAllListeners();
    this.pool.onDetached(this);
    socket.on('drain', () => listener.onRoom());
    socket.on('end', () => listener.onEnd());
    socket.on('error', () => listener.onClose(true));
    socket.on('close', () => listener.onClose(false));
    return new SocketEnd(socket);
  }

  /** Ends the connection at once; its exchange, if any, is not told. */
  discard(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.exchange = null;
    this.pool.onDead(this);
    this.socket.destroy();
  }

  onDeadline(now: Instant): void {
    const { exchange } = this;
    if (!this.isConnected) this.fail(FAILURES.connectTimeout);
    else if (exchange === null) this.discard();
    else if (this.isReplying && !exchange.client.hasRoom) this.deadline = now + this.pool.plan.bodyIdleMs; // the client is slow, not the origin
    else this.fail(this.isReplying ? FAILURES.bodyTimeout : FAILURES.headTimeout);
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.exchange?.client.replyBody(this.exchange, bytes as Buffer, start, end);
  }

  private addContent(bytes: Buffer, start: number, end: number): void {
    if (end === start) return;
    if (this.exchange!.bodyKind !== 'chunked') {
      this.outbox.addBytes(bytes, start, end);
      return;
    }
    this.outbox.addText((end - start).toString(16) + CRLF);
    this.outbox.addBytes(bytes, start, end);
    this.outbox.addText(CRLF);
  }

  private addRequestEnd(exchange: Exchange): void {
    if (exchange.bodyKind === 'chunked') this.outbox.addText(`0\r\n${exchange.sentTrailers}\r\n`);
    this.isRequestSent = true;
    if (this.isConnected) this.awaitHead(this.sentAt);
  }

  private awaitHead(now: Instant): void {
    if (this.isReplying || this.exchange === null) return;
    const base = Math.max(now, this.pool.worker.coarseNow);
    this.deadline = base + this.exchange.route!.plan.timeouts.responseHeaderMs;
  }

  private onConnect(): void {
    this.isConnected = true;
    const now = this.pool.worker.clock.now();
    const { exchange } = this;
    if (exchange === null) return this.pool.release(this);
    exchange.connectMs = now - this.openedAt;
    exchange.trace?.connected(this.slot, exchange.connectMs);
    this.deadline = Infinity;
    if (this.isRequestSent || exchange.expectsContinue) this.awaitHead(now);
  }

  /** @returns True: read on. */
  private onRead(memory: Buffer, size: number): boolean {
    this.memory.filled(size);
    if (this.tunnel !== null) {
      this.tunnel.onBytes(this.memory.taken(size));
      if (!this.memory.isShared && this.tunnel.holdsBytes) this.memory.keep();
    } else this.onData(memory, size);
    return true;
  }

  /** Takes `memory[0, size)`. No view is made of it: that costs more than looking where it ends. */
  private onData(memory: Buffer, size: number): void {
    const { exchange } = this;
    if (exchange === null) return this.discard();
    this.hasAnswered = true;
    let bytes = memory;
    let end = size;
    if (this.pending !== null) {
      bytes = Buffer.concat([this.pending, memory.subarray(0, size)]);
      end = bytes.length;
      this.pending = null;
    }
    const at = this.isReplying ? 0 : this.onHeadBytes(exchange, bytes, end);
    if (at >= 0) this.onBodyBytes(exchange, bytes, at, end);
  }

  /** @returns Where the body begins, or -1 when there is nothing more to do with these bytes. */
  private onHeadBytes(exchange: Exchange, bytes: Buffer, end: number): number {
    let start = 0;
    for (;;) {
      const next = this.parser.parse(bytes, start, end, exchange.isHead);
      if (next === MORE) {
        if (start < end) this.pending = Buffer.from(bytes.subarray(start, end)); // a copy: the memory is read into again
        return -1;
      }
      if (next === REFUSED) return this.fail(FAILURES.invalid);
      const { status } = this.parser;
      if (status >= 200) {
        if (!this.isReused) this.pool.onFirstHead(this.parser, bytes, start);
        if (!exchange.service!.onResponseHead(exchange, this, bytes, start)) return -1;
        this.isReplying = true;
        this.deadline = this.silenceEnd(exchange);
        this.decoder.start(this.parser.bodyKind, this.parser.contentLength);
        return next;
      }
      if (status === 101) {
        if (!exchange.isUpgrade || !this.parser.connection.upgrade || this.parser.upgrade === null) return this.fail(FAILURES.invalid);
        if (!isAnswered(exchange, this.parser, bytes, start)) return this.fail(FAILURES.invalid);
        exchange.client.onUpgraded(exchange, this, bytes.subarray(0, end), start, next);
        return -1;
      }
      if (!exchange.client.onInterim(exchange, this.parser, bytes, start)) return this.fail(FAILURES.invalid);
      if (status === 100 && !this.isRequestSent) this.deadline = Infinity; // now it is the client's turn
      this.parser.begin();
      start = next;
      if (start === end) return -1;
    }
  }

  private onBodyBytes(exchange: Exchange, bytes: Buffer, from: number, end: number): void {
    const at = this.decoder.feed(bytes, from, end, this);
    if (at === REFUSED || (this.decoder.isDone && at < end)) {
      this.fail(FAILURES.invalid);
      return;
    }
    if (this.exchange !== exchange) return; // the client's side ended it
    if (this.decoder.isDone) return this.finish(exchange);
    this.deadline = this.silenceEnd(exchange);
    const hasRoom = exchange.client.flushReply();
    if (exchange.client.holdsBytes) this.memory.keep();
    if (!hasRoom) this.socket.pause();
  }

  private silenceEnd(exchange: Exchange): number {
    return this.pool.worker.coarseNow + Math.max(exchange.silenceMs, this.pool.plan.bodyIdleMs);
  }

  private finish(exchange: Exchange): void {
    const isReusable =
      this.parser.isPersistent && this.isRequestSent && !exchange.isUpgrade && this.decoder.kind !== 'close' && !this.isDead;
    const { trailers } = this.decoder;
    this.exchange = null;
    this.deadline = Infinity;
    this.pool.attemptDone(this, exchange);
    if (isReusable) {
      this.isReused = true;
      this.pool.release(this);
    } else this.discard();
    const { client } = exchange;
    client.onReplyEnd(exchange, trailerLines(trailers));
    if (client.holdsBytes) this.memory.keep();
  }

  private onEnd(): void {
    const { exchange } = this;
    if (exchange !== null && this.isReplying && this.decoder.kind === 'close') {
      this.decoder.isDone = true; // RFC 9112 §6.3 rule 8
      this.finish(exchange);
      return;
    }
    this.onError();
  }

  private onError(): void {
    if (this.isDead) return;
    if (this.isReused && this.exchange === null) this.pool.onClosedIdle(this);
    this.fail(this.isConnected ? FAILURES.reset : FAILURES.connect);
  }

  /** The attempt is over; returns -1 for the convenience of callers. */
  private fail(failure: UpstreamFailure): -1 {
    const { exchange } = this;
    this.discard();
    if (exchange !== null) this.pool.attemptFailed(this, exchange, failure);
    return -1;
  }
}
