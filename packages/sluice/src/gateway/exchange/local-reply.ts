/**
 * A reply that comes from here (a file, the cache, a user's filter) and goes to the client on the same way as an endpoint's: through everything that stands before the client, head first,
 * then content as the client takes it. What it says of itself is parsed like any other head, so nothing that is not sound leaves. A small, whole reply of our own needs none of this:
 * `Client.replyOwn`.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import type { TunnelEnd } from '../tunnel/tunnel-end.ts';
import type { Attempt, Exchange, HttpVersion } from './exchange.ts';

/** Where the content comes from. */
export interface ReplySource {
  /** The client takes more again. */
  resume(): void;
  /** Nobody takes it any more: let go of everything. Not called after `end` or `cut`. */
  stop(): void;
}

/** Enough for nearly every head; what a service may say beyond it is up to its own limits (`pool.limits`). */
const LIMITS = {
  requestLineBytesMax: 4096,
  headerBytesMax: 256 * 1024,
  headersMax: 512,
  trailerBytesMax: 65_536,
  chunkExtensionBytesMax: 0,
};

const USUAL = { ...LIMITS, headersMax: 32 };

export class LocalReply implements Attempt {
  /** Of the head, from `start` on. */
  parser!: ResponseParser;
  readonly version: HttpVersion = 1;
  readonly slot = -1;
  readonly sentAt: Instant;
  readonly isHedge = false;
  readonly isReused = false;
  hasAnswered = true;
  isReplying = false;
  readonly grpcStatus = -1;
  isCounted = false;
  private readonly exchange: Exchange;
  private readonly source: ReplySource;
  private isDone = false;

  constructor(exchange: Exchange, source: ReplySource) {
    this.exchange = exchange;
    this.source = source;
    this.sentAt = exchange.startedAt;
  }

  /** Nobody takes content any more. */
  get isOver(): boolean {
    return this.isDone || this.exchange.isOver;
  }

  /**
   * Sends the head. Content follows by `write` where the head promises some.
   * @param head Latin1: `HTTP/1.1 200 OK` CRLF, field lines each with CRLF, CRLF. `Content-Length` where the length is known, else `Transfer-Encoding: chunked`.
   * @returns False when nobody takes it.
   */
  start(head: string): boolean {
    const { exchange } = this;
    if (exchange.isOver) return false;
    const bytes = Buffer.from(head, 'latin1');
    this.parser = new ResponseParser(limitsFor(head));
    this.parser.begin();
    const end = this.parser.parse(bytes, 0, bytes.length, exchange.isHead);
    assert(end === bytes.length, `a head of our own is sound: ${JSON.stringify(head.slice(0, 200))}`);
    exchange.current = this;
    if (!exchange.client.onResponseHead(exchange, this, bytes, 0)) return false;
    this.isReplying = true;
    return true;
  }

  /** Sends content; `bytes` must not change before `holdsBytes` is false. @returns Whether the client takes more: else wait for `resume`. */
  write(bytes: Buffer, start: number, end: number): boolean {
    if (this.isOver) return false;
    this.exchange.client.replyBody(this.exchange, bytes, start, end);
    return !this.isOver && this.exchange.client.flushReply();
  }

  /** Memory that was written from may still be needed. */
  get holdsBytes(): boolean {
    return !this.exchange.isOver && this.exchange.client.holdsBytes;
  }

  /** The reply is whole. @param trailers Field lines, each with CRLF. */
  end(trailers = ''): void {
    if (this.isOver) return;
    this.isDone = true;
    this.exchange.current = null;
    this.exchange.client.onReplyEnd(this.exchange, trailers);
  }

  /** It will not become whole. */
  cut(failure: Parameters<Exchange['client']['onReplyCut']>[1]): void {
    if (this.isOver) return;
    this.isDone = true;
    this.exchange.current = null;
    this.exchange.client.onReplyCut(this.exchange, failure);
  }

  resume(): void {
    if (!this.isOver) this.source.resume();
  }

  discard(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.source.stop();
  }

  /** What the client still sends is of no use here. */
  sendBody(): boolean {
    return true;
  }

  sendEnd(): void {}

  detach(): TunnelEnd {
    throw new Error('a reply of our own is no tunnel');
  }
}

/** Room for as many fields as there are: a parser for 512 of them is 9 KiB of garbage per reply. */
function limitsFor(head: string): typeof LIMITS {
  let lines = 0;
  for (let at = head.indexOf('\n'); at >= 0; at = head.indexOf('\n', at + 1)) lines++;
  if (lines <= USUAL.headersMax) return USUAL;
  return { ...LIMITS, headersMax: Math.max(LIMITS.headersMax, lines), headerBytesMax: Math.max(LIMITS.headerBytesMax, head.length) };
}
