/**
 * A client's connection: bytes to requests, replies to bytes, one exchange at a time and in order (pipelined requests wait). It owns the client's side of an
 * exchange from the first byte to the last, and is the one place where an exchange ends.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../../base/time.ts';
import { CR, LF } from '../../core/http1/characters.ts';
import { FAULTS, type Fault } from '../../core/http1/fault.ts';
import { MORE, REFUSED } from '../../core/http1/field-section.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { beginsAsPreface } from '../../core/http2/frame.ts';
import type { CloseReason } from '../../observe/metric-layout.ts';
import { type Attempt, type Client, Exchange, type ReadyReply } from '../exchange/exchange.ts';
import { PeerIdentity } from '../exchange/forwarding.ts';
import { beginExchange, type Requester } from '../exchange/intake.ts';
import { withFilterEdits } from '../exchange/own-edits.ts';
import { keptLines } from '../exchange/header-edits.ts';
import { isEventStream } from '../exchange/event-stream.ts';
import { followEventStream } from '../exchange/event-stream-client.ts';
import { replyEdits } from '../exchange/web-socket-handshake.ts';
import { callAnswer } from '../grpc/own-answer.ts';
import type { Arrival, ClientConnection, ConnectionOwner } from '../listeners/arrival.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { type OwnAnswer, ReplyWriter } from './reply-writer.ts';
import { INTERIMS_MAX } from './response-head.ts';
import { finishExchange } from '../exchange/reporting.ts';
import { RequestBody } from './request-body.ts';
import { resetSocket } from '../reset-socket.ts';
import { openTunnel } from '../tunnel/open-tunnel.ts';
import type { Tunnel, TunnelClient } from '../tunnel/tunnel.ts';
import { SocketEnd } from '../tunnel/tunnel-end.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';

/** After the last reply, what the client still sends is read away for this long, so that no reset overtakes the reply (RFC 9112 §9.6). */
const LINGER_MS = 1_000;
/** The rest of a request that was answered without its content is read away up to here, and the connection stays; more closes it. */
const DISCARD_BYTES_MAX = 64 * 1024;
const DISCARD_MS = 5_000;

/** Who has it. `listeners/http-listener.ts` is it. */
export interface Http1Owner extends ConnectionOwner {
  /** The client begins with HTTP/2's preface: the socket is another connection's now. */
  onHttp2(connection: Http1Connection, first: Buffer): void;
}

export class Http1Connection implements Client, Requester, TunnelClient, ClientConnection {
  readonly listener: ListenerContext;
  readonly arrival: Arrival;
  readonly socket: Socket;
  identity: PeerIdentity;
  deadline: number;
  sweepIndex = -1;
  /** The current reply, or the next one, says that it is the last. */
  isClosing = false;
  private readonly reply: ReplyWriter;
  private readonly owner: Http1Owner;
  private exchange: Exchange | null = null;
  private parser: RequestParser | null = null;
  private body: RequestBody | null = null;
  private tunnel: Tunnel | null = null;
  /** Bytes that wait: a head that is not whole, or a pipelined request. */
  private pending: Buffer | null = null;
  private isPaused = false;
  /** What comes is the rest of a request that has its answer. */
  private isDiscarding = false;
  private discardEnd = 0;
  /** Of the current request; 0 without a Content-Length. */
  private contentLength = 0;
  private isLingering = false;
  private isGone = false;
  private isFirst = true;
  private isHeadDeadlineSet = false;
  private closeReason: CloseReason = 'normal';

  constructor(listener: ListenerContext, arrival: Arrival, owner: Http1Owner) {
    const { socket } = arrival;
    this.listener = listener;
    this.arrival = arrival;
    this.socket = socket;
    this.owner = owner;
    this.identity = new PeerIdentity(listener.forwarding, arrival);
    this.reply = new ReplyWriter(listener, socket);
    this.deadline = listener.worker.clock.now() + listener.plan.timeouts.headerMs;
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.leave('error'));
    socket.on('close', () => this.leave('normal'));
  }

  // ---- what the listener and the sweeper do to it

  announceClose(): void {
    this.isClosing = true;
    this.closeReason = 'drain';
  }

  get isIdle(): boolean {
    return this.exchange === null && this.pending === null && this.socket.writableLength === 0;
  }

  cut(reason: CloseReason): void {
    this.closeReason = reason;
    if (this.exchange !== null) this.exchange.outcome = 'drain';
    this.tunnel?.end();
    this.destroy();
    this.leave(reason);
  }

  onDeadline(now: Instant): void {
    const { exchange } = this;
    if (this.tunnel !== null) return this.tunnel.onDeadline();
    if (exchange === null) {
      this.closeReason = this.isLingering ? this.closeReason : 'timeout';
      const hasBegun = this.pending !== null;
      if (!this.isLingering && hasBegun && this.hasRoom) this.refuse(408, 'timeout-header');
      else this.destroy();
    } else if (now >= exchange.exchangeDeadline) this.giveUp(exchange, 504, 'timeout-exchange');
    else if (!this.hasRoom) this.giveUp(exchange, 0, 'timeout-body');
    else if (!exchange.isRequestDone && this.isPaused) {
      if (exchange.parked === null) this.giveUp(exchange, 504, 'timeout-response'); // nobody takes its content
      else this.deadline = Math.min(now + this.listener.plan.timeouts.bodyIdleMs, exchange.exchangeDeadline); // and that is known
    } else if (!exchange.isRequestDone) this.giveUp(exchange, 408, 'timeout-body');
    else this.deadline = exchange.exchangeDeadline;
  }

  // ---- the request's side

  private onData(chunk: Buffer): void {
    if (this.isLingering) return;
    if (this.tunnel !== null) return this.tunnel.fromClient.onBytes(chunk);
    let bytes = chunk;
    if (this.pending !== null) {
      bytes = Buffer.concat([this.pending, chunk]);
      this.pending = null;
    }
    if (this.isFirst && this.arrival.tls === null && beginsAsPreface(bytes) && this.listener.plan.http2 !== null)
      return this.becomeHttp2(bytes);
    this.process(bytes);
  }

  private becomeHttp2(bytes: Buffer): void {
    this.isGone = true;
    this.dropParser();
    this.socket.removeAllListeners();
    this.owner.onHttp2(this, bytes);
  }

  private process(bytes: Buffer): void {
    let at = 0;
    while (at >= 0 && at < bytes.length && !this.isGone && !this.isLingering) {
      const { exchange } = this;
      if (this.isDiscarding) at = this.discardBytes(bytes, at);
      else if (exchange === null && this.hasRoom) at = this.onHeadBytes(bytes, at);
      else if (exchange !== null && !exchange.isRequestDone) at = this.onBodyBytes(exchange, bytes, at);
      else at = this.wait(bytes, at);
    }
  }

  /** A pipelined request, or the first bytes after an upgrade: they wait for the reply, and for room for the next one. */
  private wait(bytes: Buffer, at: number): -1 {
    this.pending = at === 0 ? bytes : bytes.subarray(at);
    this.pause();
    return -1;
  }

  private onHeadBytes(bytes: Buffer, from: number): number {
    let at = from;
    const { worker, plan } = this.listener;
    if (this.parser === null) {
      // RFC 9112 §2.2: empty lines before a request line are ignored; any number, so that it does not matter how they arrive.
      while (bytes[at] === CR) {
        if (at + 1 === bytes.length) return this.hold(bytes, at);
        if (bytes[at + 1] !== LF) return this.refuseFault(FAULTS.lineEnding);
        at += 2;
        if (at === bytes.length) return at;
      }
      this.parser = worker.takeParser(plan.http1);
    }
    const next = this.parser.parse(bytes, at, bytes.length);
    if (next === MORE) return this.hold(bytes, at);
    if (next === REFUSED) return this.refuseFault(this.parser.fault!);
    this.begin(bytes, at);
    return next;
  }

  /** The head is whole. */
  private begin(bytes: Buffer, start: number): void {
    const parser = this.parser!;
    const { worker } = this.listener;
    this.isFirst = false;
    this.parser = null;
    const { forwarding } = this.listener; // a reload may have changed whom we trust
    if (this.identity.rules !== forwarding) this.identity = new PeerIdentity(forwarding, this.arrival);
    const exchange = new Exchange(this, worker.clock.now());
    this.exchange = exchange;
    this.deadline = Infinity;
    this.contentLength = parser.contentLength;
    if (!beginExchange(this, exchange, parser, bytes, start)) worker.giveParser(parser);
    if (exchange.isRequestDone || this.isLingering) return;
    this.body ??= new RequestBody(this.listener);
    this.body.start(exchange, this.contentLength);
    if (exchange.isOver) this.body.release();
    else this.deadline = Math.min(this.body.deadline, exchange.exchangeDeadline);
  }

  private hold(bytes: Buffer, at: number): -1 {
    if (!this.isHeadDeadlineSet) {
      this.isHeadDeadlineSet = true; // absolute: further bytes of this head do not move it
      if (!this.isFirst) this.deadline = this.listener.worker.clock.now() + this.listener.plan.timeouts.headerMs;
    }
    this.pending = at === 0 ? bytes : bytes.subarray(at);
    return -1;
  }

  private onBodyBytes(exchange: Exchange, bytes: Buffer, from: number): number {
    const body = this.body!;
    const at = body.feed(bytes, from);
    if (exchange.isOver) return this.isDiscarding ? this.discarded(at) : -1;
    if (at === REFUSED) {
      this.giveUp(exchange, body.fault.status, 'client-error');
      return -1;
    }
    if (body.isDone && !exchange.isRequestDone && at < bytes.length) return this.wait(bytes, at); // it was refused: its answer comes at the end of this turn
    if (body.mustPause) this.pause();
    if (this.hasRoom)
      this.deadline = exchange.isRequestDone ? exchange.exchangeDeadline : Math.min(body.deadline, exchange.exchangeDeadline);
    return at;
  }

  // ---- the reply's side: Client

  get hasRoom(): boolean {
    return !this.socket.writableNeedDrain;
  }

  get holdsBytes(): boolean {
    return this.reply.outbox.holdsBytes;
  }

  onUpstreamDrain(attempt: Attempt | null): void {
    if (this.exchange?.current === attempt) this.unpause();
  }

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    if (this.reply.choose(parser.bodyKind, exchange.minorVersion)) this.isClosing = true;
    if (!exchange.isRequestDone) this.isClosing = true; // RFC 9112 §9.6: an early answer ends the connection
    exchange.status = parser.status;
    exchange.isReplyStarted = true;
    if (exchange.isGrpc) exchange.silenceMs = this.listener.plan.timeouts.upgradeIdleMs;
    else if (isEventStream(parser, bytes, start)) followEventStream(exchange, this.listener, attempt, bytes, start);
    this.reply.head(exchange, attempt, bytes, start, this.isClosing);
    return true;
  }

  onInterim(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): boolean {
    if (++exchange.interims > INTERIMS_MAX) return false;
    const isWanted = exchange.minorVersion === 1 && (parser.status !== 100 || exchange.expectsContinue); // RFC 9110 §15.2
    if (isWanted) this.reply.interim(parser, bytes, start);
    if (parser.status === 100 && !exchange.isRequestDone) {
      this.body!.asked();
      this.deadline = Math.min(this.body!.deadline, exchange.exchangeDeadline);
    }
    return true;
  }

  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    exchange.bytesOut += end - start;
    this.reply.content(bytes, start, end);
  }

  flushReply(): boolean {
    const hasRoom = this.reply.outbox.flush();
    if (!hasRoom && this.exchange !== null) {
      this.deadline = Math.min(this.listener.worker.coarseNow + this.listener.plan.timeouts.bodyIdleMs, this.exchange.exchangeDeadline);
    }
    return hasRoom;
  }

  onReplyEnd(exchange: Exchange, trailers: string): void {
    this.reply.end(keptLines(trailers, exchange.responseEdits.drops));
    this.end(exchange);
  }

  onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    exchange.outcome = failure.log;
    if (this.reply.outbox.isWritten) return this.cutReply(exchange);
    this.reply.outbox.takeBack(); // nothing of it has left yet: an honest 502 is still possible
    exchange.takeBackReply();
    exchange.client.replyOwn(exchange, { status: failure.status });
  }

  replyReady(exchange: Exchange, reply: ReadyReply): boolean {
    if (this.isClosing || exchange.minorVersion === 0 || !exchange.isRequestDone) return false;
    exchange.status = reply.status;
    exchange.isReplyStarted = true;
    exchange.bytesOut = reply.text.length - reply.headEnd;
    this.reply.ready(reply.text);
    this.end(exchange);
    return true;
  }

  replyOwn(exchange: Exchange, plainAnswer: OwnAnswer): void {
    if (exchange.isOver) return;
    const fullAnswer = withFilterEdits(exchange, plainAnswer);
    const answer = exchange.isGrpc ? callAnswer(exchange, fullAnswer) : fullAnswer;
    exchange.stop();
    if (!exchange.isRequestDone && !this.isClosing) {
      // nginx, too, reads a small rest away; who waits for a 100 may or may not send one (RFC 9110 §10.1.1).
      this.isDiscarding = !exchange.expectsContinue && this.contentLength - exchange.bytesIn <= DISCARD_BYTES_MAX;
      this.discardEnd = exchange.bytesIn + DISCARD_BYTES_MAX;
      this.isClosing = !this.isDiscarding;
    }
    exchange.status = answer.status;
    exchange.isReplyStarted = true;
    exchange.bytesOut = this.reply.own(exchange, answer, this.isClosing);
    this.end(exchange);
  }

  onUpgraded(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, rest: number): void {
    const service = exchange.service!;
    service.acceptHead(exchange, attempt, 101);
    exchange.status = 101;
    exchange.isReplyStarted = true;
    const cookieLines = service.onReplyHead(exchange, attempt, bytes, start);
    this.reply.upgrade({ parser: attempt.parser, bytes, start, handshake: replyEdits(exchange, attempt.version), cookieLines });
    const early = this.pending;
    this.pending = null;
    this.tunnel = openTunnel(this, exchange, attempt, new SocketEnd(this.socket));
    this.tunnel.start(early, bytes.subarray(rest));
    this.unpause();
  }

  // ---- the end of an exchange

  /** The tunnel has ended; the sockets close by themselves. */
  onTunnelEnd(exchange: Exchange, outcome: Exchange['outcome']): void {
    exchange.outcome = outcome;
    exchange.service!.tunnelEnded(exchange);
    this.tunnel = null;
    this.isLingering = true;
    this.deadline = this.listener.worker.clock.now() + LINGER_MS;
    this.settle(exchange);
  }

  private end(exchange: Exchange): void {
    this.reply.outbox.flush();
    this.settle(exchange);
    if (this.isClosing) return this.finish();
    this.isHeadDeadlineSet = false;
    this.awaitNext();
  }

  private awaitNext(): void {
    const { worker, plan } = this.listener;
    if (!this.hasRoom) {
      // Who does not take replies gets no more of them: they would pile up in memory.
      this.deadline = worker.coarseNow + plan.timeouts.bodyIdleMs;
      return this.pause();
    }
    this.deadline = worker.coarseNow + (this.isDiscarding ? DISCARD_MS : plan.timeouts.keepAliveMs);
    // Not from here: a long pipeline of replies of our own would recurse.
    if (this.pending !== null) worker.later(() => this.resume());
    else this.unpause();
  }

  /** The rest of a request's content that was answered without it. */
  private discardBytes(bytes: Buffer, from: number): number {
    return this.discarded(this.body!.feed(bytes, from));
  }

  private discarded(at: number): number {
    const body = this.body!;
    if (at === REFUSED || body.received > this.discardEnd) {
      this.finish();
      return -1;
    }
    if (!body.isDone) return at;
    this.isDiscarding = false;
    if (this.hasRoom) this.deadline = this.listener.worker.coarseNow + this.listener.plan.timeouts.keepAliveMs;
    return at;
  }

  private resume(): void {
    if (this.exchange !== null || this.isGone || this.pending === null) return;
    const bytes = this.pending;
    this.pending = null;
    this.unpause();
    this.process(bytes);
  }

  /** Closes our side; the client's last bytes are read away for a moment. */
  private finish(): void {
    this.pending = null;
    this.isLingering = true;
    const { worker, plan } = this.listener;
    this.deadline = worker.clock.now() + (this.socket.writableLength > 0 ? plan.timeouts.bodyIdleMs : LINGER_MS);
    this.socket.end(() => (this.deadline = worker.clock.now() + LINGER_MS));
    this.unpause();
  }

  /** Answers with a status while that is possible, else cuts; the connection ends either way. */
  private giveUp(exchange: Exchange, status: number, outcome: Exchange['outcome']): void {
    exchange.outcome = outcome;
    this.isClosing = true;
    if (outcome === 'client-error') this.closeReason = 'error';
    else this.closeReason = 'timeout';
    if (status === 0 || exchange.isReplyStarted) this.cutReply(exchange);
    else exchange.client.replyOwn(exchange, { status });
  }

  abort(exchange: Exchange): void {
    if (exchange.isOver) return;
    exchange.isCut = true;
    exchange.stop();
    this.settle(exchange);
    resetSocket(this.socket, this.arrival.transport);
  }

  private cutReply(exchange: Exchange): void {
    exchange.isCut = true;
    exchange.stop();
    this.settle(exchange);
    this.destroy();
  }

  private settle(exchange: Exchange): void {
    if (exchange.isOver) return;
    exchange.isOver = true;
    this.exchange = null;
    this.body?.release();
    finishExchange(this.listener.worker, this.listener.slot, exchange);
  }

  // ---- faults and the socket

  private refuseFault(fault: Fault): -1 {
    this.closeReason = 'error';
    this.refuse(fault.status, 'client-error');
    return -1;
  }

  /** Refuses bytes that never became a request. */
  private refuse(status: number, outcome: Exchange['outcome']): void {
    const { worker } = this.listener;
    this.dropParser();
    const exchange = new Exchange(this, worker.clock.now());
    exchange.outcome = outcome;
    exchange.clientAddress = this.identity.address;
    this.exchange = exchange;
    this.isClosing = true;
    worker.metrics.exchangeStarted(this.listener.slot, -1, -1);
    this.replyOwn(exchange, { status });
  }

  private onDrain(): void {
    this.reply.outbox.hasRoom = true;
    if (this.tunnel !== null) return this.tunnel.fromClient.onRoom();
    const { exchange } = this;
    if (exchange === null) return this.isLingering ? undefined : this.awaitNext();
    this.deadline = exchange.isRequestDone ? exchange.exchangeDeadline : Math.min(this.body!.deadline, exchange.exchangeDeadline);
    exchange.current?.resume();
  }

  private onEnd(): void {
    if (this.tunnel !== null) return this.tunnel.fromClient.onEnd();
    if (this.isLingering) return; // both sides have ended: the socket closes by itself
    if (this.exchange === null && this.socket.writableLength > 0) return this.finish(); // it still reads the last reply
    // Half-closed with a request under way: the client has gone (nginx and Envoy read it so, too).
    this.leave('normal');
    this.socket.destroy();
  }

  private leave(reason: CloseReason): void {
    if (this.isGone) return;
    this.isGone = true;
    this.pending = null;
    const { exchange } = this;
    if (this.tunnel !== null) this.tunnel.fromClient.onClose(false);
    else if (exchange !== null) {
      if (exchange.outcome === 'complete') exchange.outcome = 'client-gone';
      exchange.isCut = true;
      exchange.stop();
      this.settle(exchange);
    }
    this.dropParser();
    this.owner.onClosed(this, this.closeReason === 'normal' ? reason : this.closeReason);
  }

  /** Closes at once; with a reset where a plain close would make a cut reply look whole. */
  private destroy(): void {
    if (this.reply.isUnframed && !this.socket.writableFinished) resetSocket(this.socket, this.arrival.transport);
    else this.socket.destroy();
  }

  private dropParser(): void {
    if (this.parser !== null) this.listener.worker.giveParser(this.parser);
    this.parser = null;
  }

  private pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  private unpause(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }
}
