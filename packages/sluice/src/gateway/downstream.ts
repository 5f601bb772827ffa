/**
 * A client's connection: bytes to requests, replies to bytes, one exchange at a time and in order (pipelined requests wait). It owns the client's side of an
 * exchange from the first byte to the last, and is the one place where an exchange ends.
 */
import type { Socket } from 'node:net';
import type { Instant } from '../base/time.ts';
import { BodyDecoder, type BodySink } from '../core/http1/body-decoder.ts';
import { CR, LF } from '../core/http1/characters.ts';
import { FAULTS, type Fault } from '../core/http1/fault.ts';
import { type FieldSection, MORE, REFUSED } from '../core/http1/field-section.ts';
import type { RequestParser } from '../core/http1/request-parser.ts';
import type { CloseReason } from '../observe/metric-layout.ts';
import { Exchange, REPLAY_BYTES_MAX } from './exchange.ts';
import { PeerIdentity } from './forwarding.ts';
import { beginExchange } from './intake.ts';
import type { Listener } from './listener.ts';
import { noteReport } from './load-report.ts';
import { Outbox } from './outbox.ts';
import { ownReply } from './refusal.ts';
import { finishExchange } from './reporting.ts';
import { type ReplyFraming, writeInterimHead, writeResponseHead, writeUpgradeHead } from './response-head.ts';
import type { Sweepable } from './sweeper.ts';
import { trailerLines } from './trailers.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection } from './upstream.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** Interim replies (1xx) of one exchange that are passed on; more is an attack on the client. */
const INTERIMS_MAX = 32;
/** After a refusal, what the client still sends is read for this long, so that it sees the reply before a reset (RFC 9112 §9.6). */
const LINGER_MS = 1_000;

export class DownstreamConnection implements Sweepable, BodySink {
  readonly listener: Listener;
  readonly socket: Socket;
  readonly identity: PeerIdentity;
  readonly outbox: Outbox;
  deadline: number;
  sweepIndex = -1;
  exchange: Exchange | null = null;
  /** No further request is read: the current reply says so and is the last. */
  isClosing = false;
  private parser: RequestParser | null = null;
  private decoder: BodyDecoder | null = null;
  private pending: Buffer | null = null;
  private isPaused = false;
  private isLingering = false;
  private isGone = false;
  private isFirst = true;
  private isHeadDeadlineSet = false;
  private framing: ReplyFraming = 'none';
  private bodyStart = 0;
  private closeReason: CloseReason = 'normal';
  private tunnel: Tunnel | null = null;

  constructor(listener: Listener, socket: Socket) {
    this.listener = listener;
    this.socket = socket;
    this.identity = new PeerIdentity(listener.forwarding, socket.remoteAddress, 'http');
    this.outbox = new Outbox(socket);
    this.deadline = listener.plane.clock.now() + listener.plan.timeouts.headerMs;
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.onClose('error'));
    socket.on('close', () => this.onClose('normal'));
  }

  /** Whether the client takes more of the reply now. */
  get hasRoom(): boolean {
    return !this.socket.writableNeedDrain;
  }

  /** Some of what was written waits in memory for the socket. */
  get holdsBytes(): boolean {
    return this.socket.writableLength > 0;
  }

  // ---- the request's side

  onBody(bytes: Uint8Array, start: number, end: number): void {
    const exchange = this.exchange!;
    exchange.bytesIn += end - start;
    const { current } = exchange;
    const part = (bytes as Buffer).subarray(start, end);
    if (exchange.isReplayable && exchange.partsBytes + part.length <= REPLAY_BYTES_MAX) exchange.keepBody(part);
    else if (current === null) exchange.keepBody(part);
    else exchange.forgetBody();
    if (current !== null && !current.sendBody(part, 0, part.length)) this.pause();
    else if (current === null && exchange.partsBytes > REPLAY_BYTES_MAX) this.pause();
  }

  /** The upstream socket has room again, or an attempt has just begun. */
  onUpstreamDrain(connection: UpstreamConnection): void {
    if (this.exchange?.current === connection) this.unpause();
  }

  /** A change or the end of the process: the next reply is the last. */
  announceClose(): void {
    this.isClosing = true;
    this.closeReason = 'drain';
  }

  /** Nothing under way? Then it can be closed without losing anything that was received. */
  get isIdle(): boolean {
    return this.exchange === null && this.pending === null;
  }

  /** Ends it whatever is under way. */
  cut(reason: CloseReason): void {
    this.closeReason = reason;
    if (this.exchange !== null) this.exchange.outcome = 'drain';
    this.tunnel?.end();
    if (this.framing === 'close' && this.exchange !== null) this.socket.resetAndDestroy();
    else this.socket.destroy();
    this.onClose(reason);
  }

  onDeadline(now: Instant): void {
    const { exchange } = this;
    if (this.tunnel !== null) return this.tunnel.onDeadline(now);
    this.closeReason = 'timeout';
    if (exchange === null) {
      if (this.isLingering || (this.pending === null && !this.isFirst)) return this.socket.destroy() && undefined;
      this.refuse(408, '');
    } else if (now >= exchange.exchangeDeadline) this.endEarly(exchange, 504, 'timeout-exchange');
    else if (!this.hasRoom) this.endEarly(exchange, 0, 'timeout-body');
    else if (!exchange.isRequestDone) this.endEarly(exchange, 408, 'timeout-body');
    else this.deadline = exchange.exchangeDeadline;
  }

  private endEarly(exchange: Exchange, status: number, outcome: Exchange['outcome']): void {
    exchange.outcome = outcome;
    this.isClosing = true;
    if (status === 0 || exchange.isReplyStarted) return this.cutReply(exchange);
    this.replyOwn(exchange, { status });
  }

  private onData(chunk: Buffer): void {
    if (this.isLingering) return;
    let bytes = chunk;
    if (this.pending !== null) {
      bytes = Buffer.concat([this.pending, chunk]);
      this.pending = null;
    }
    this.process(bytes);
  }

  private process(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.isGone) {
      const { exchange } = this;
      if (exchange === null) {
        if (this.isLingering) return;
        at = this.onHeadBytes(bytes, at);
      } else if (!exchange.isRequestDone) at = this.onBodyBytes(exchange, bytes, at);
      else {
        // A pipelined request, or the first bytes after an upgrade: they wait for the reply.
        this.pending = at === 0 ? bytes : bytes.subarray(at);
        return this.pause();
      }
      if (at < 0) return;
    }
  }

  private onHeadBytes(bytes: Buffer, from: number): number {
    let at = from;
    const { plane, plan } = this.listener;
    if (this.parser === null) {
      if (bytes[at] === CR) {
        // RFC 9112 §2.2: one empty line before a request line is ignored.
        if (at + 1 === bytes.length) return this.hold(bytes, at);
        if (bytes[at + 1] !== LF) return this.refuseFault(FAULTS.lineEnding);
        at += 2;
        if (at === bytes.length) return at;
      }
      this.parser = plane.takeParser(plan.http1);
    }
    const { parser } = this;
    const next = parser.parse(bytes, at, bytes.length);
    if (next === MORE) return this.hold(bytes, at);
    if (next === REFUSED) return this.refuseFault(parser.fault!);
    this.isFirst = false;
    this.parser = null;
    const exchange = new Exchange(this, plane.clock.now());
    this.exchange = exchange;
    this.deadline = Infinity;
    beginExchange(exchange, parser, bytes, at);
    plane.giveParser(parser);
    if (!exchange.isRequestDone) this.startBody(exchange, parser.bodyKind, parser.contentLength);
    return next;
  }

  private hold(bytes: Buffer, at: number): -1 {
    if (!this.isHeadDeadlineSet) {
      this.isHeadDeadlineSet = true; // absolute: further bytes of this head do not move it
      if (!this.isFirst) this.deadline = this.listener.plane.clock.now() + this.listener.plan.timeouts.headerMs;
    }
    this.pending = at === 0 ? bytes : bytes.subarray(at);
    return -1;
  }

  private startBody(exchange: Exchange, kind: Exchange['bodyKind'], length: number): void {
    if (this.exchange !== exchange) return; // answered and over already
    this.decoder ??= new BodyDecoder(this.listener.plan.http1);
    this.decoder.start(kind, length);
    this.bodyStart = exchange.startedAt;
    this.moveBodyDeadline(exchange);
  }

  /** Both bounds in one number: silence, and the moment at which the mean rate would be too low. */
  private moveBodyDeadline(exchange: Exchange): void {
    const { bodyIdleMs, bodyRateMin, bodyGraceMs } = this.listener.plan.timeouts;
    const idle = this.listener.plane.coarseNow + bodyIdleMs;
    const paid = bodyRateMin > 0 ? this.bodyStart + Math.max(bodyGraceMs, (exchange.bytesIn / bodyRateMin) * 1000) : Infinity;
    this.deadline = Math.min(idle, paid, exchange.exchangeDeadline);
  }

  private onBodyBytes(exchange: Exchange, bytes: Buffer, from: number): number {
    const decoder = this.decoder!;
    const at = decoder.feed(bytes, from, bytes.length, this);
    if (this.exchange !== exchange) return -1;
    if (at === REFUSED) {
      exchange.outcome = 'client-error';
      this.isClosing = true;
      if (exchange.isReplyStarted) this.cutReply(exchange);
      else this.replyOwn(exchange, { status: decoder.fault!.status });
      return -1;
    }
    if (decoder.isDone) this.endRequest(exchange, decoder);
    else this.moveBodyDeadline(exchange);
    return at;
  }

  private endRequest(exchange: Exchange, decoder: BodyDecoder): void {
    exchange.isRequestDone = true;
    exchange.requestTrailers = decoder.trailers === null ? '' : trailerLines(decoder.trailers.fields, decoder.trailers.bytes);
    this.deadline = exchange.exchangeDeadline;
    exchange.current?.sendEnd();
  }

  // ---- the reply's side

  /** A final reply's head. False when the attempt is over (another follows). */
  onResponseHead(exchange: Exchange, connection: UpstreamConnection, bytes: Buffer, start: number): boolean {
    const { parser } = connection;
    const service = exchange.service!;
    if (!service.acceptHead(exchange, connection, parser.status)) return false;
    const cookieLines = service.affinity === null ? '' : service.affinity.onReply(exchange, parser, bytes, start);
    if (service.usesReports) noteReport(service.plane, connection, bytes, start);
    if (!exchange.isRequestDone) this.isClosing = true; // RFC 9112 §9.6: an early answer ends the connection
    this.framing = replyFraming(parser.bodyKind, exchange.minorVersion);
    if (this.framing === 'close') this.isClosing = true;
    exchange.status = parser.status;
    exchange.isReplyStarted = true;
    this.outbox.mark();
    this.outbox.addText(
      writeResponseHead({
        parser,
        bytes,
        start,
        framing: this.framing,
        keepsLength: exchange.isHead || parser.status === 304,
        close: this.isClosing,
        saysKeepAlive: exchange.minorVersion === 0,
        viaLine: this.listener.forwarding.viaLine,
        edits: exchange.route!.responseEdits,
        cookieLines,
        clock: service.plane.clock,
      }),
    );
    return true;
  }

  /** An interim reply. False when there are too many. */
  onInterim(exchange: Exchange, connection: UpstreamConnection, bytes: Buffer, start: number): boolean {
    if (++exchange.interims > INTERIMS_MAX) return false;
    const { status } = connection.parser;
    if (exchange.minorVersion === 0 || (status === 100 && !exchange.expectsContinue)) return true; // RFC 9110 §15.2
    this.outbox.addText(writeInterimHead(connection.parser, bytes, start));
    this.outbox.flush();
    return true;
  }

  /** Content of the reply. */
  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    exchange.bytesOut += end - start;
    if (this.framing === 'chunked') {
      this.outbox.addText(`${(end - start).toString(16)}\r\n`);
      this.outbox.addBytes(bytes, start, end);
      this.outbox.addText('\r\n');
    } else this.outbox.addBytes(bytes, start, end);
  }

  /** Sends what was gathered. @returns Whether the client takes more. */
  flushReply(): boolean {
    const hasRoom = this.outbox.flush();
    if (!hasRoom && this.exchange !== null) {
      this.deadline = Math.min(this.listener.plane.coarseNow + this.listener.plan.timeouts.bodyIdleMs, this.exchange.exchangeDeadline);
    }
    return hasRoom;
  }

  /** The reply is whole. */
  onReplyEnd(exchange: Exchange, trailers: { readonly fields: FieldSection; readonly bytes: Uint8Array } | null): void {
    if (this.framing === 'chunked') {
      this.outbox.addText(trailers === null ? '0\r\n\r\n' : `0\r\n${trailerLines(trailers.fields, trailers.bytes)}\r\n`);
    }
    this.end(exchange);
  }

  /** The origin failed after the head was accepted. */
  onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    exchange.outcome = failure.log;
    if (!this.outbox.isWritten) {
      this.outbox.takeBack();
      exchange.isReplyStarted = false;
      exchange.bytesOut = 0;
      this.replyOwn(exchange, { status: failure.status });
    } else this.cutReply(exchange);
  }

  /** A reply of our own: refusals, redirects, fixed responses. */
  replyOwn(exchange: Exchange, reply: { readonly status: number; readonly fields?: string; readonly body?: string }): void {
    if (exchange.isOver) return;
    if (exchange.current !== null || exchange.rival !== null || exchange.leaveQueue !== null) exchange.service?.abandon(exchange);
    if (!exchange.isRequestDone) this.isClosing = true;
    exchange.status = reply.status;
    exchange.isReplyStarted = true;
    this.framing = 'length';
    if (reply.body !== undefined && !exchange.isHead) exchange.bytesOut = reply.body.length;
    this.outbox.addText(
      ownReply({
        ...reply,
        close: this.isClosing,
        isHead: exchange.isHead,
        wallMs: this.listener.plane.clock.wall(),
        saysKeepAlive: exchange.minorVersion === 0,
      }),
    );
    this.end(exchange);
  }

  /** 101: from here on bytes are bytes. */
  onUpgraded(exchange: Exchange, connection: UpstreamConnection, bytes: Buffer, start: number, rest: number): void {
    exchange.service!.acceptHead(exchange, connection, 101);
    exchange.status = 101;
    exchange.isReplyStarted = true;
    this.outbox.addText(writeUpgradeHead(connection.parser, bytes, start));
    this.outbox.flush();
    const early = this.pending;
    this.pending = null;
    this.parser = null;
    this.tunnel = new Tunnel(this, exchange, connection, this.listener.plan.timeouts.upgradeIdleMs);
    this.tunnel.start(early, bytes.subarray(rest));
    this.unpause();
  }

  /** The tunnel has closed both sides. */
  onTunnelEnd(exchange: Exchange, outcome: Exchange['outcome']): void {
    exchange.outcome = outcome;
    this.tunnel = null;
    this.settle(exchange);
  }

  private end(exchange: Exchange): void {
    this.outbox.flush();
    this.settle(exchange);
    if (this.isClosing) return this.finish();
    this.deadline = this.listener.plane.coarseNow + this.listener.plan.timeouts.keepAliveMs;
    this.isHeadDeadlineSet = false;
    const { pending } = this;
    if (pending !== null) {
      // Not from here: a long pipeline of replies of our own would recurse.
      this.listener.plane.later(() => this.resume());
    } else this.unpause();
  }

  private resume(): void {
    const { pending } = this;
    if (this.exchange !== null || this.isGone) return;
    this.pending = null;
    if (pending !== null) this.process(pending);
    if (this.pending === null || this.exchange === null) this.unpause();
  }

  /** Closes our side; the client's last bytes are read away for a moment, so that no reset overtakes the reply. */
  private finish(): void {
    this.pending = null;
    this.isLingering = true;
    this.deadline = this.listener.plane.clock.now() + LINGER_MS;
    this.socket.end();
    this.unpause();
  }

  private cutReply(exchange: Exchange): void {
    exchange.status = 0;
    exchange.service?.abandon(exchange);
    const wasUnframed = this.framing === 'close';
    this.settle(exchange);
    // A reply that ends with the connection must not look whole: only a reset says so.
    if (wasUnframed) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  private settle(exchange: Exchange): void {
    if (exchange.isOver) return;
    exchange.isOver = true;
    this.exchange = null;
    finishExchange(this.listener, exchange);
  }

  // ---- faults and the socket

  private refuseFault(fault: Fault): -1 {
    this.closeReason = 'error';
    this.refuse(fault.status, '');
    return -1;
  }

  /** Refuses bytes that never became a request. */
  private refuse(status: number, fields: string): void {
    const { plane } = this.listener;
    if (this.parser !== null) plane.giveParser(this.parser);
    this.parser = null;
    const exchange = new Exchange(this, plane.clock.now());
    exchange.outcome = status === 408 ? 'timeout-header' : 'client-error';
    exchange.clientAddress = this.identity.address;
    this.exchange = exchange;
    this.isClosing = true;
    plane.metrics.exchangeStarted(this.listener.slot, -1, -1);
    this.replyOwn(exchange, { status, fields });
  }

  private onDrain(): void {
    const { exchange } = this;
    this.outbox.hasRoom = true;
    if (this.tunnel !== null) return this.tunnel.onDownstreamDrain();
    if (exchange === null) return;
    this.deadline = exchange.isRequestDone ? exchange.exchangeDeadline : this.deadline;
    exchange.current?.socket.resume();
  }

  private onEnd(): void {
    if (this.tunnel !== null) return this.tunnel.onDownstreamEnd();
    // Half-closed: with a request under way the client has gone (as nginx and Envoy read it), else it is done.
    this.onClose('normal');
    if (this.isLingering) this.socket.end();
    else this.socket.destroy();
  }

  private onClose(reason: CloseReason): void {
    if (this.isGone) return;
    this.isGone = true;
    this.pending = null;
    const { exchange } = this;
    if (this.tunnel !== null) this.tunnel.onDownstreamClose();
    else if (exchange !== null) {
      if (exchange.outcome === 'complete') exchange.outcome = 'client-gone';
      exchange.status = 0;
      exchange.service?.abandon(exchange);
      this.settle(exchange);
    }
    if (this.parser !== null) this.listener.plane.giveParser(this.parser);
    this.parser = null;
    this.listener.onClosed(this, this.closeReason === 'normal' ? reason : this.closeReason);
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

function replyFraming(kind: Exchange['bodyKind'], minorVersion: number): ReplyFraming {
  if (kind === 'chunked' || kind === 'close') return minorVersion === 1 ? 'chunked' : 'close';
  return kind;
}
