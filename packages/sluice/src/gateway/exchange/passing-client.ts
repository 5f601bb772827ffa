/** A client's side that stands before the real one and passes everything on as it is: who changes something on the way replaces only that. */
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { Attempt, Client, Exchange, ReadyReply } from './exchange.ts';

export class PassingClient implements Client {
  protected readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  get hasRoom(): boolean {
    return this.client.hasRoom;
  }

  get holdsBytes(): boolean {
    return this.client.holdsBytes;
  }

  onUpstreamDrain(attempt: Attempt | null): void {
    this.client.onUpstreamDrain(attempt);
  }

  onInterim(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): boolean {
    return this.client.onInterim(exchange, parser, bytes, start);
  }

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    return this.client.onResponseHead(exchange, attempt, bytes, start);
  }

  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    this.client.replyBody(exchange, bytes, start, end);
  }

  flushReply(): boolean {
    return this.client.flushReply();
  }

  onReplyEnd(exchange: Exchange, trailers: string): void {
    this.client.onReplyEnd(exchange, trailers);
  }

  onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    this.client.onReplyCut(exchange, failure);
  }

  onUpgraded(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, rest: number): void {
    this.client.onUpgraded(exchange, attempt, bytes, start, rest);
  }

  /** Who stands here may have something to change: they say so if not. */
  replyReady(_exchange: Exchange, _reply: ReadyReply): boolean {
    return false;
  }

  replyOwn(exchange: Exchange, answer: OwnAnswer): void {
    this.client.replyOwn(exchange, answer);
  }
}
