/**
 * A gRPC call whose reply has begun, as something that lives long: it can be ended before its time, between two messages, with UNAVAILABLE, which clients try again. Its connection
 * gets a GOAWAY: clients that choose a server for each connection then choose again, and the calls that are there finish.
 */
import { MessageScanner } from '../../core/grpc/message-scanner.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { LongLived } from '../tunnel/long-lived.ts';
import { endLines } from './own-answer.ts';

/** The connection of a call. `downstream/http2-connection.ts` is it. */
export interface CallConnection {
  readonly listener: object;
  /** GOAWAY: new calls are to go elsewhere, those that are here finish. */
  announceClose(): void;
}

const AGAIN = 'the gateway moves this call: make it again';

export class StreamingCall implements LongLived {
  private readonly connection: CallConnection;
  private readonly exchange: Exchange;
  private readonly messages = new MessageScanner();
  private isLeaving = false;

  constructor(connection: CallConnection, exchange: Exchange) {
    this.connection = connection;
    this.exchange = exchange;
  }

  get listener(): object {
    return this.connection.listener;
  }

  get slot(): number {
    return this.exchange.endpoint;
  }

  get isOver(): boolean {
    return this.exchange.isOver;
  }

  /** Whether it was there then, and still is. */
  isSince(then: number): boolean {
    return !this.isOver && this.exchange.startedAt <= then;
  }

  /** Content of the reply. */
  feed(bytes: Buffer, start: number, end: number): void {
    this.messages.feed(bytes, start, end);
  }

  leave(): void {
    if (this.isOver) return;
    this.isLeaving = true;
    this.connection.announceClose();
    this.moveOn();
  }

  /** Content has been passed on: ends the call, if it is to leave and no message is under way. */
  moveOn(): void {
    const { exchange } = this;
    if (!this.isLeaving || !this.messages.isBetween || exchange.isOver) return;
    exchange.outcome = 'drain';
    exchange.service?.abandon(exchange);
    exchange.client.onReplyEnd(exchange, endLines(exchange, 503, AGAIN));
  }
}
