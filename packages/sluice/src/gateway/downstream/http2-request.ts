/**
 * One request of an HTTP/2 connection and its reply. The session hands heads over as HTTP/1.1 text, and takes them as such, so everything between is the same as
 * for HTTP/1.1. A reply's first piece is held back until the event that brought it is over: what fails by then is still answered with an honest 502.
 */
import type { Instant } from '../../base/time.ts';
import { CANCEL, INTERNAL_ERROR, PROTOCOL_ERROR } from '../../core/http2/error-code.ts';
import type { Http2Session } from '../../core/http2/session.ts';
import type { Stream } from '../../core/http2/stream.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { type Attempt, type Client, Exchange, type ReadyReply } from '../exchange/exchange.ts';
import type { PeerIdentity } from '../exchange/forwarding.ts';
import { beginExchange, type Requester } from '../exchange/intake.ts';
import { withFilterEdits } from '../exchange/own-edits.ts';
import { keptLines } from '../exchange/header-edits.ts';
import { finishExchange } from '../exchange/reporting.ts';
import { keptTrailers } from '../exchange/trailers.ts';
import { isEventStream } from '../exchange/event-stream.ts';
import { followEventStream } from '../exchange/event-stream-client.ts';
import { replyEdits } from '../exchange/web-socket-handshake.ts';
import { GRPC_TYPE } from '../grpc/call.ts';
import { callAnswer, endLines } from '../grpc/own-answer.ts';
import { type CallConnection, StreamingCall } from '../grpc/streaming-call.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { Sweepable } from '../sweeper.ts';
import { StreamEnd } from '../tunnel/stream-end.ts';
import { openTunnel } from '../tunnel/open-tunnel.ts';
import type { Tunnel, TunnelClient } from '../tunnel/tunnel.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import { ownReply } from './refusal.ts';
import type { OwnAnswer } from './reply-writer.ts';
import { INTERIMS_MAX, writeInterimHead, writeResponseHead, writeUpgradeHead } from './response-head.ts';
import { StreamContent } from './stream-content.ts';

/** To an extended CONNECT where nothing takes it (RFC 9220 §3). */
const NOT_SUPPORTED: OwnAnswer = { status: 501 };

/** The connection of a request. `http2-connection.ts` is it. */
export interface Http2Client extends CallConnection {
  readonly listener: ListenerContext;
  readonly session: Http2Session<Http2Request>;
  readonly identity: PeerIdentity;
  /** Something was gathered: `passContent` when the event is over. */
  holdsContent(request: Http2Request): void;
  /** The exchange is over. */
  requestEnded(stream: Stream<Http2Request>): void;
}

export class Http2Request implements Client, Requester, TunnelClient, Sweepable {
  readonly listener: ListenerContext;
  readonly isHttp2 = true;
  deadline = Infinity;
  sweepIndex = -1;
  /** Has no meaning for one stream among others. */
  isClosing = false;
  private readonly connection: Http2Client;
  private readonly session: Http2Session<Http2Request>;
  private readonly stream: Stream<Http2Request>;
  private exchange: Exchange | null = null;
  private content: StreamContent<Http2Request> | null = null;
  private isBlocked = false;
  private tunnel: Tunnel | null = null;
  private tunnelEnd: StreamEnd<Http2Request> | null = null;
  /** Content that came for a tunnel before it was there. */
  private early: Buffer | null = null;
  /** A head, and perhaps one piece of content, that wait for the end of the event. */
  private heldHead: string | null = null;
  private heldBytes: Buffer | null = null;
  private heldStart = 0;
  private heldEnd = 0;
  /** A gRPC client's call whose reply has begun. One of gRPC-Web could take our end for a part of a message. */
  call: StreamingCall | null = null;

  constructor(connection: Http2Client, stream: Stream<Http2Request>) {
    this.connection = connection;
    this.session = connection.session;
    this.stream = stream;
    this.listener = connection.listener;
  }

  get identity(): PeerIdentity {
    return this.connection.identity;
  }

  // ---- the request's side

  /** The head is in `bytes[0, end)`, as HTTP/1.1. */
  begin(bytes: Buffer, end: number): void {
    const { worker, plan } = this.listener;
    const parser = worker.takeParser(plan.http1);
    if (parser.parse(bytes, 0, end) !== end) {
      const status = parser.fault?.status ?? 400;
      worker.giveParser(parser);
      return this.refuse(status);
    }
    const exchange = this.start();
    if (!beginExchange(this, exchange, parser, bytes, 0)) worker.giveParser(parser);
    if (exchange.isOver || this.stream.isRemoteDone || exchange.isRequestDone) return;
    this.content = new StreamContent(this.listener, this.session, this.stream);
    this.content.start(exchange);
    this.setDeadline(exchange);
  }

  /** Answers a request that never became one. */
  refuse(status: number): void {
    const exchange = this.start();
    exchange.outcome = 'client-error';
    exchange.clientAddress = this.identity.address;
    this.listener.worker.metrics.exchangeStarted(this.listener.slot, -1, -1);
    this.replyOwn(exchange, { status });
  }

  onData(bytes: Buffer, start: number, end: number): void {
    const { content } = this;
    const part = bytes.subarray(start, end); // the memory is a read's own and is not written to again
    if (this.tunnelEnd !== null) return this.tunnelEnd.receive(part);
    if (content === null) return this.keepEarly(part);
    if (content.receive(part)) this.connection.holdsContent(this);
    else if (!content.isHolding && this.exchange !== null) this.setDeadline(this.exchange);
  }

  /** Passes on what was gathered. */
  passContent(): void {
    if (this.content?.isHolding !== true) return;
    this.content.passOn();
    if (this.exchange !== null) this.setDeadline(this.exchange);
  }

  onEnd(trailers: string): void {
    if (this.tunnelEnd !== null) return this.tunnelEnd.ended();
    this.content?.passOn();
    this.content?.end(keptTrailers(trailers));
    if (this.exchange !== null) this.deadline = this.exchange.exchangeDeadline;
  }

  /** The stream is over before its time. @param outcome Whose doing it was. */
  onReset(outcome: Exchange['outcome']): void {
    this.content?.drop();
    if (this.tunnel !== null) return this.tunnel.fromClient.onClose(outcome === 'client-error');
    const { exchange } = this;
    if (exchange === null || exchange.isOver) return;
    if (exchange.outcome === 'complete') exchange.outcome = outcome;
    exchange.isCut = true;
    exchange.stop();
    this.settle(exchange);
  }

  onDeadline(now: Instant): void {
    const { exchange } = this;
    if (this.tunnel !== null) return this.tunnel.onDeadline();
    if (exchange === null) this.deadline = Infinity;
    else if (now >= exchange.exchangeDeadline) this.giveUp(exchange, 504, 'timeout-exchange');
    else if (this.isBlocked) this.giveUp(exchange, 0, 'timeout-body');
    else if (!exchange.isRequestDone) {
      if (this.content?.isStuck === true && exchange.parked !== null) this.setDeadline(exchange); // nobody takes its content, and that is known
      else if (this.content?.isStuck === true) this.giveUp(exchange, 504, 'timeout-response');
      else this.giveUp(exchange, 408, 'timeout-body');
    } else this.deadline = exchange.exchangeDeadline;
  }

  // ---- the reply's side: Client

  get hasRoom(): boolean {
    return !this.isBlocked;
  }

  /** The session copies what it sends. */
  get holdsBytes(): boolean {
    return false;
  }

  /** The client takes more again. */
  onWritable(): void {
    this.isBlocked = false;
    if (this.tunnel !== null) return this.tunnel.fromClient.onRoom();
    this.tunnelEnd?.drained();
    if (this.exchange === null) return;
    this.setDeadline(this.exchange);
    this.exchange.current?.resume();
  }

  onUpstreamDrain(attempt: Attempt | null): void {
    if (this.exchange?.current !== attempt || this.content?.isStuck !== true) return;
    this.content.giveRoom();
    this.setDeadline(this.exchange);
  }

  onInterim(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): boolean {
    if (++exchange.interims > INTERIMS_MAX) return false;
    const isWanted = parser.status !== 100 || exchange.expectsContinue; // RFC 9110 §15.2
    if (isWanted) this.session.sendHead(this.stream, writeInterimHead(parser, bytes, start), false);
    if (parser.status === 100 && this.content !== null) {
      this.content.asked();
      this.setDeadline(exchange);
    }
    return true;
  }

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    if (this.wouldAgree(parser.status)) {
      exchange.outcome = 'upstream-no-websocket';
      this.replyOwn(exchange, { status: 502 });
      return false;
    }
    exchange.status = parser.status;
    exchange.isReplyStarted = true;
    if (exchange.isGrpc) {
      exchange.silenceMs = this.listener.plan.timeouts.upgradeIdleMs;
      if (this.isCall(exchange)) this.call = new StreamingCall(this.connection, exchange);
    } else if (isEventStream(parser, bytes, start)) followEventStream(exchange, this.listener, attempt, bytes, start);
    this.heldHead = writeResponseHead({
      parser,
      bytes,
      start,
      framing: parser.bodyKind === 'length' ? 'length' : parser.bodyKind === 'none' ? 'none' : 'close',
      keepsLength: exchange.isHead || parser.status === 304,
      close: false,
      saysKeepAlive: false,
      viaLine: this.listener.forwarding.viaLine(attempt.version),
      hstsLine: this.listener.hstsLine,
      edits: exchange.responseEdits,
      cookieLines: exchange.serviceLines,
      clock: this.listener.worker.clock,
    });
    if (parser.bodyKind === 'none') this.release(true);
    return true;
  }

  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    exchange.bytesOut += end - start;
    this.call?.feed(bytes, start, end);
    if (this.heldHead !== null && this.heldBytes === null) {
      this.heldBytes = bytes;
      this.heldStart = start;
      this.heldEnd = end;
      return;
    }
    this.release(false);
    this.send(bytes, start, end);
  }

  flushReply(): boolean {
    this.release(false);
    this.call?.moveOn();
    if (this.isBlocked) return false;
    const { exchange } = this;
    if (exchange !== null && !exchange.isRequestDone && exchange.isGrpc) this.setDeadline(exchange); // a call is idle when both sides are
    return true;
  }

  onReplyEnd(exchange: Exchange, trailers: string): void {
    this.release(false);
    this.finish(exchange, keptLines(trailers, exchange.responseEdits.drops));
  }

  onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    exchange.outcome = failure.log;
    if (this.heldHead === null)
      return this.isCall(exchange) ? this.endCall(exchange, failure.status) : this.cutReply(exchange, INTERNAL_ERROR);
    this.heldHead = null; // nothing of it has left yet: an honest 502 is still possible
    this.heldBytes = null;
    exchange.takeBackReply();
    exchange.client.replyOwn(exchange, { status: failure.status });
  }

  replyOwn(exchange: Exchange, plainAnswer: OwnAnswer): void {
    if (exchange.isOver) return;
    const ownAnswer = withFilterEdits(exchange, this.wouldAgree(plainAnswer.status) ? NOT_SUPPORTED : plainAnswer);
    const answer = exchange.isGrpc ? callAnswer(exchange, ownAnswer) : ownAnswer;
    exchange.stop();
    const { hstsLine, worker } = this.listener;
    const text = ownReply({ ...answer, hstsLine, close: false, isHead: exchange.isHead, wallMs: worker.clock.wall() });
    this.sendWhole(exchange, { status: answer.status, text, headEnd: text.indexOf('\r\n\r\n') + 4 });
  }

  replyReady(exchange: Exchange, reply: ReadyReply): boolean {
    if (this.stream.protocol !== '' || !exchange.isRequestDone) return false;
    this.sendWhole(exchange, reply);
    return true;
  }

  private sendWhole(exchange: Exchange, { status, text, headEnd }: ReadyReply): void {
    exchange.status = status;
    exchange.isReplyStarted = true;
    exchange.bytesOut = text.length - headEnd;
    this.session.sendHead(this.stream, text.slice(0, headEnd), headEnd === text.length);
    if (headEnd < text.length) {
      const body = Buffer.from(text.slice(headEnd), 'latin1');
      this.session.sendData(this.stream, body, 0, body.length);
    }
    this.finish(exchange, '');
  }

  onUpgraded(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, rest: number): void {
    const service = exchange.service!;
    service.acceptHead(exchange, attempt, 101);
    exchange.status = 101;
    exchange.isReplyStarted = true;
    const cookieLines = service.onReplyHead(exchange, attempt, bytes, start);
    const handshake = replyEdits(exchange, attempt.version);
    this.session.sendHead(this.stream, writeUpgradeHead({ parser: attempt.parser, bytes, start, handshake, cookieLines }), false);
    this.tunnelEnd = new StreamEnd(this.session, this.stream);
    this.tunnel = openTunnel(this, exchange, attempt, this.tunnelEnd);
    this.tunnelEnd.listener = this.tunnel.fromClient;
    this.tunnel.start(this.early, bytes.subarray(rest));
    if (this.early !== null) this.session.consumed(this.stream, this.early.length);
    this.early = null;
    if (this.stream.isRemoteDone) this.tunnelEnd.ended();
  }

  // ---- the end of an exchange

  onTunnelEnd(exchange: Exchange, outcome: Exchange['outcome']): void {
    exchange.outcome = outcome;
    exchange.service!.tunnelEnded(exchange);
    this.tunnel = null;
    this.settle(exchange);
  }

  private start(): Exchange {
    const { worker } = this.listener;
    const exchange = new Exchange(this, worker.clock.now());
    exchange.isHttp2 = true;
    this.exchange = exchange;
    worker.sweeper.add(this);
    return exchange;
  }

  /** Whether the client would take a reply for a yes: to an extended CONNECT any 2xx is one (RFC 8441 §5), and only a 101 of the endpoint may become that. */
  private wouldAgree(status: number): boolean {
    return this.stream.protocol !== '' && status >= 200 && status < 300;
  }

  /** Sends what was held back. */
  private release(isEnd: boolean): void {
    const head = this.heldHead;
    if (head === null) return;
    this.heldHead = null;
    this.session.sendHead(this.stream, head, isEnd);
    const bytes = this.heldBytes;
    this.heldBytes = null;
    if (bytes !== null) this.send(bytes, this.heldStart, this.heldEnd);
  }

  private send(bytes: Buffer, start: number, end: number): void {
    if (this.session.sendData(this.stream, bytes, start, end) || this.isBlocked) return;
    this.isBlocked = true;
    const { worker, plan } = this.listener;
    this.deadline = Math.min(worker.coarseNow + plan.timeouts.bodyIdleMs, this.exchange!.exchangeDeadline);
  }

  private finish(exchange: Exchange, trailers: string): void {
    if (!this.stream.isLocalDone) this.session.sendEnd(this.stream, trailers);
    const isEarly = !this.stream.isRemoteDone;
    this.settle(exchange);
    if (isEarly) this.session.discard(this.stream);
  }

  private giveUp(exchange: Exchange, status: number, outcome: Exchange['outcome']): void {
    exchange.outcome = outcome;
    if (status !== 0 && !exchange.isReplyStarted) exchange.client.replyOwn(exchange, { status });
    else if (status !== 0 && this.isCall(exchange)) this.endCall(exchange, status);
    else this.cutReply(exchange, CANCEL);
  }

  /** A gRPC client's own; one of gRPC-Web could take the end for a part of a message. */
  private isCall(exchange: Exchange): boolean {
    return exchange.grpcType === GRPC_TYPE;
  }

  /** A call whose reply has begun ends with a status, which tells its client more than a reset. */
  private endCall(exchange: Exchange, status: number): void {
    exchange.stop();
    exchange.client.onReplyEnd(exchange, endLines(exchange, status));
  }

  abort(exchange: Exchange): void {
    if (!exchange.isOver) this.cutReply(exchange, INTERNAL_ERROR);
  }

  private cutReply(exchange: Exchange, code: number): void {
    exchange.isCut = true;
    exchange.stop();
    this.settle(exchange);
    this.session.reset(this.stream, code);
  }

  private settle(exchange: Exchange): void {
    if (exchange.isOver) return;
    exchange.isOver = true;
    this.exchange = null;
    this.content?.release();
    this.listener.worker.sweeper.remove(this);
    finishExchange(this.listener.worker, this.listener.slot, exchange);
    this.connection.requestEnded(this.stream);
  }

  /** Content before there is anybody to take it: for a tunnel, kept while the window lasts; else nobody asked for it. */
  private keepEarly(part: Buffer): void {
    if (this.exchange !== null && this.stream.protocol !== '') this.early = this.early === null ? part : Buffer.concat([this.early, part]);
    else if (this.exchange === null) this.session.consumed(this.stream, part.length);
    else this.session.reset(this.stream, PROTOCOL_ERROR);
  }

  private setDeadline(exchange: Exchange): void {
    if (exchange.isRequestDone || this.content === null) this.deadline = exchange.exchangeDeadline;
    else this.deadline = Math.min(this.content.dueAt, exchange.exchangeDeadline);
  }
}
