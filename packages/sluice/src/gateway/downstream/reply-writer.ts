/** The bytes of replies to one client: heads, content in the framing that was chosen, ends. Gathers; `flush` sends. */
import type { Socket } from 'node:net';
import type { BodyKind } from '../../core/http1/framing.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { Outbox } from '../outbox.ts';
import { ownReply } from './refusal.ts';
import { type ReplyFraming, type UpgradeHead, writeInterimHead, writeResponseHead, writeUpgradeHead } from './response-head.ts';

/** A reply of our own. */
export interface OwnAnswer {
  readonly status: number;
  /** Field lines, each with CRLF. */
  readonly fields?: string;
  /** Latin1 text. */
  readonly body?: string;
}

export class ReplyWriter {
  readonly outbox: Outbox;
  private readonly listener: ListenerContext;
  private framing: ReplyFraming = 'none';

  constructor(listener: ListenerContext, socket: Socket) {
    this.listener = listener;
    this.outbox = new Outbox(socket);
  }

  /** The reply's end is the connection's end: cut short, it would look whole unless the connection is reset. */
  get isUnframed(): boolean {
    return this.framing === 'close';
  }

  /** Chooses the framing of a reply; true when it must be the connection's last. */
  choose(kind: BodyKind, minorVersion: number): boolean {
    if (kind === 'chunked' || kind === 'close') this.framing = minorVersion === 1 ? 'chunked' : 'close';
    else this.framing = kind;
    return this.framing === 'close';
  }

  /** The head of an origin's reply; content follows. */
  head(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, isLast: boolean): void {
    const { parser } = attempt;
    this.outbox.mark();
    this.outbox.addText(
      writeResponseHead({
        parser,
        bytes,
        start,
        framing: this.framing,
        keepsLength: exchange.isHead || parser.status === 304,
        close: isLast,
        saysKeepAlive: exchange.minorVersion === 0,
        viaLine: this.listener.forwarding.viaLine(attempt.version),
        hstsLine: this.listener.hstsLine,
        edits: exchange.responseEdits,
        cookieLines: exchange.serviceLines,
        clock: this.listener.worker.clock,
      }),
    );
  }

  content(bytes: Buffer, start: number, end: number): void {
    if (this.framing !== 'chunked') return this.outbox.addBytes(bytes, start, end);
    this.outbox.addText(`${(end - start).toString(16)}\r\n`);
    this.outbox.addBytes(bytes, start, end);
    this.outbox.addText('\r\n');
  }

  /** @param trailers Field lines, each with CRLF. */
  end(trailers: string): void {
    if (this.framing === 'chunked') this.outbox.addText(`0\r\n${trailers}\r\n`);
  }

  interim(parser: ResponseParser, bytes: Buffer, start: number): void {
    this.outbox.addText(writeInterimHead(parser, bytes, start));
    this.outbox.flush();
  }

  upgrade(head: UpgradeHead): void {
    this.outbox.addText(writeUpgradeHead(head));
    this.outbox.flush();
  }

  /** A whole reply that lies ready, its length said. */
  ready(text: string): void {
    this.framing = 'length';
    this.outbox.addText(text);
  }

  /** A whole reply of our own. @returns Bytes of content. */
  own(exchange: Exchange, answer: OwnAnswer, isLast: boolean): number {
    this.framing = 'length';
    const text = ownReply({
      ...answer,
      hstsLine: this.listener.hstsLine,
      close: isLast,
      isHead: exchange.isHead,
      wallMs: this.listener.worker.clock.wall(),
      saysKeepAlive: exchange.minorVersion === 0,
    });
    this.outbox.addText(text);
    return text.length - text.indexOf('\r\n\r\n') - 4;
  }
}
