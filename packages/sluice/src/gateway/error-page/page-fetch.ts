/** Fetches an error's page from a service: an exchange of its own, bounded in time and bytes. Whatever goes wrong on the way, there is no page, and the client gets ours. */
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import { type Attempt, type Client, Exchange, type ExchangeFollower, type ExchangeService } from '../exchange/exchange.ts';
import { fieldOf } from '../grpc/call.ts';
import type { Sweepable } from '../sweeper.ts';
import type { WorkerContext } from '../worker-context.ts';

const PAGE_BYTES_MAX = 256 * 1024;
const INTERIMS_MAX = 32;

/** A page as it came. */
export interface FetchedPage {
  readonly type: string;
  /** One character per byte. */
  readonly body: string;
}

export interface PageRequest {
  readonly worker: WorkerContext;
  readonly service: ExchangeService;
  /** Whose error it is. */
  readonly asked: Exchange;
  readonly target: string;
  readonly host: string;
  readonly accept: string | null;
  readonly status: number;
  readonly timeoutMs: number;
}

export class PageFetch implements Client, Sweepable, ExchangeFollower {
  readonly hasRoom = true;
  readonly holdsBytes = false;
  sweepIndex = -1;
  private readonly exchange: Exchange;
  private readonly request: PageRequest;
  private readonly onPage: (page: FetchedPage | null) => void;
  private type = '';
  private readonly parts: string[] = [];

  /** @param onPage Called once, unless `asked` is over before. */
  constructor(request: PageRequest, onPage: (page: FetchedPage | null) => void) {
    const { worker, service, asked, target, host, accept, status, timeoutMs } = request;
    const now = worker.clock.now();
    const exchange = new Exchange(this, now);
    exchange.isFetch = true;
    exchange.isIdempotent = true;
    exchange.method = 'GET';
    exchange.path = target;
    exchange.clientAddress = asked.clientAddress;
    exchange.route = asked.route;
    exchange.service = service;
    exchange.exchangeDeadline = now + timeoutMs;
    exchange.head = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${accept ?? 'text/html'}\r\nX-Sluice-Error: ${status}\r\n\r\n`;
    this.exchange = exchange;
    this.request = request;
    this.onPage = onPage;
  }

  start(): void {
    const { worker, asked } = this.request;
    worker.sweeper.add(this);
    asked.follow(this);
    worker.dispatch(this.exchange);
  }

  get deadline(): number {
    return this.exchange.exchangeDeadline;
  }

  onDeadline(): void {
    this.exchange.stop();
    this.settle(null);
  }

  /** Nobody waits for the page any more. */
  exchangeOver(): void {
    if (!this.exchange.isOver) this.onDeadline();
  }

  onUpstreamDrain(): void {}

  onInterim(exchange: Exchange): boolean {
    return ++exchange.interims <= INTERIMS_MAX;
  }

  onResponseHead(exchange: Exchange, attempt: Attempt & { readonly parser: ResponseParser }, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    exchange.status = parser.status;
    exchange.isReplyStarted = true;
    this.type = fieldOf(parser, bytes, start, 'content-type') ?? 'text/html; charset=utf-8';
    if (parser.status === 200 && fieldOf(parser, bytes, start, 'content-encoding') === null) return true;
    exchange.stop();
    this.settle(null);
    return false;
  }

  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    exchange.bytesOut += end - start;
    if (exchange.bytesOut <= PAGE_BYTES_MAX) this.parts.push(bytes.toString('latin1', start, end));
  }

  flushReply(): boolean {
    if (this.exchange.bytesOut > PAGE_BYTES_MAX) this.onDeadline();
    return true;
  }

  onReplyEnd(exchange: Exchange): void {
    this.settle(exchange.bytesOut > PAGE_BYTES_MAX ? null : { type: this.type, body: this.parts.join('') });
  }

  onReplyCut(): void {
    this.settle(null);
  }

  onUpgraded(_exchange: Exchange, attempt: Attempt): void {
    attempt.discard();
    this.settle(null);
  }

  replyReady(): boolean {
    return false;
  }

  replyOwn(exchange: Exchange): void {
    exchange.stop();
    this.settle(null);
  }

  private settle(page: FetchedPage | null): void {
    const { exchange } = this;
    if (exchange.isOver) return;
    exchange.isOver = true;
    this.request.worker.sweeper.remove(this);
    exchange.service!.exchangeEnded(exchange);
    if (!this.request.asked.isOver) this.onPage(page);
  }
}
