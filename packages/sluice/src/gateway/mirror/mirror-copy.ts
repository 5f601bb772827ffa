/** A copy of a request on its way to another service: an exchange of its own, whose client takes whatever comes and keeps nothing. Bounded in time and bytes. */
import type { Instant } from '../../base/time.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { type Attempt, type Client, Exchange, type ExchangeService } from '../exchange/exchange.ts';
import type { Sweepable } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';

const INTERIMS_MAX = 32;
/** A reply is read to its end, so that its connection can be used again, up to here. */
const REPLY_BYTES_MAX = 1024 * 1024;

export class MirrorCopy implements Client, Sweepable {
  readonly hasRoom = true;
  readonly holdsBytes = false;
  readonly exchange: Exchange;
  sweepIndex = -1;
  private readonly worker: WorkerContext;
  private readonly onOver: () => void;

  /** @param asked What is copied: before it goes on. @param onOver Called once. */
  constructor(worker: WorkerContext, asked: Exchange, service: ExchangeService, now: Instant, onOver: () => void) {
    this.worker = worker;
    this.onOver = onOver;
    const exchange = new Exchange(this, now);
    exchange.isFetch = true;
    exchange.method = asked.method;
    exchange.isHead = asked.isHead;
    exchange.path = asked.path;
    exchange.query = asked.query;
    exchange.clientAddress = asked.clientAddress;
    exchange.route = asked.route;
    exchange.service = service;
    this.exchange = exchange;
  }

  get deadline(): number {
    return this.exchange.exchangeDeadline;
  }

  onDeadline(): void {
    this.exchange.stop();
    this.settle();
  }

  /** Sends it. @param head Of the copy. @param asked Whose content is whole. */
  send(head: string, asked: Exchange, deadline: number): void {
    const { exchange, worker } = this;
    exchange.head = head;
    exchange.bodyKind = asked.bodyKind;
    exchange.requestTrailers = asked.requestTrailers;
    exchange.requestDrops = asked.requestDrops;
    exchange.requestId = asked.requestId;
    for (const part of asked.parts) exchange.keepBody(part);
    exchange.exchangeDeadline = deadline;
    worker.sweeper.add(this);
    worker.dispatch(exchange);
  }

  // ---- Client

  onUpstreamDrain(): void {}

  onInterim(exchange: Exchange): boolean {
    return ++exchange.interims <= INTERIMS_MAX;
  }

  onResponseHead(exchange: Exchange, { parser }: { readonly parser: ResponseParser }): boolean {
    exchange.status = parser.status;
    exchange.isReplyStarted = true;
    return true;
  }

  replyBody(exchange: Exchange, _bytes: Buffer, start: number, end: number): void {
    exchange.bytesOut += end - start;
  }

  flushReply(): boolean {
    if (this.exchange.bytesOut > REPLY_BYTES_MAX) this.onDeadline();
    return true;
  }

  onReplyEnd(): void {
    this.settle();
  }

  onReplyCut(): void {
    this.settle();
  }

  onUpgraded(_exchange: Exchange, attempt: Attempt): void {
    attempt.discard();
    this.settle();
  }

  replyReady(): boolean {
    return false;
  }

  replyOwn(exchange: Exchange): void {
    exchange.stop();
    this.settle();
  }

  private settle(): void {
    const { exchange } = this;
    if (exchange.isOver) return;
    exchange.isOver = true;
    this.worker.sweeper.remove(this);
    exchange.service!.exchangeEnded(exchange);
    this.onOver();
  }
}
