/**
 * One request through a forward proxy that is no tunnel, from the connection to its origin on: content up, reply down, both parsed as strictly as everywhere and written anew. The connection to the
 * origin carries this exchange alone: nothing that one client left on it can reach another, and a pool would have to know whose rules let whom on which connection.
 */
import { BodyDecoder, type BodySink } from '../../core/http1/body-decoder.ts';
import { MORE, REFUSED } from '../../core/http1/field-section.ts';
import type { BodyKind } from '../../core/http1/framing.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import type { Http1Limits } from '../../config/plan.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import { INTERIMS_MAX, type ReplyFraming, writeInterimHead, writeResponseHead } from '../downstream/response-head.ts';
import { NO_EDITS } from '../exchange/header-edits.ts';
import { trailerLines } from '../exchange/trailers.ts';
import type { EndpointLink, LinkOwner } from '../layer4/endpoint-link.ts';
import { Outbox } from '../outbox.ts';
import type { Arrival } from '../listeners/arrival.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ForwardedContent } from './forwarded-content.ts';
import type { ProxyRequest } from './proxy-request.ts';
import type { ProxyRules } from './proxy-rules.ts';
import { type Refusal, REFUSALS } from './refusals.ts';

/** Whose exchange it is. `proxy-connection.ts` is it. */
export interface ExchangeOwner {
  readonly worker: WorkerContext;
  readonly arrival: Arrival;
  deadline: number;
  /** The reply says that it is the connection's last. */
  isClosing: boolean;
  /** What the client has sent meanwhile may come. */
  onOpen(): void;
  pauseClient(): void;
  resumeClient(): void;
  /** The reply is whole, and handed to the socket. */
  onExchangeEnd(): void;
  /** Nothing of a reply has left yet. */
  onExchangeRefused(refusal: Refusal, detail: string): void;
  /** Some of it has. */
  onExchangeCut(outcome: AccessOutcome, isUnframed: boolean): void;
}

/** What is known of the request. */
export interface ForwardedRequest {
  /** As it goes out. */
  readonly head: string;
  readonly bodyKind: BodyKind;
  readonly contentLength: number;
  readonly isHead: boolean;
  readonly expectsContinue: boolean;
  readonly limits: Http1Limits;
}

export class ForwardExchange implements LinkOwner, BodySink {
  readonly content: ForwardedContent;
  private readonly owner: ExchangeOwner;
  private readonly rules: ProxyRules;
  private readonly request: ProxyRequest;
  private readonly asked: ForwardedRequest;
  private readonly link: EndpointLink;
  private readonly outbox: Outbox;
  private readonly parser: ResponseParser;
  private readonly decoder: BodyDecoder;
  private readonly endsAt: number;
  private framing: ReplyFraming = 'none';
  /** Of a reply's head that is not whole. */
  private held: Buffer | null = null;
  private interims = 0;
  private hasHead = false;
  private sentAt = 0;
  /** When the client began to send content, less the time in which the origin took none; Infinity while it waits for a 100. */
  private contentFrom = Infinity;
  private stoppedAt = 0;
  private isOver = false;

  // oxlint-disable-next-line max-params -- parts of one whole
  constructor(owner: ExchangeOwner, rules: ProxyRules, request: ProxyRequest, asked: ForwardedRequest, link: EndpointLink) {
    this.owner = owner;
    this.rules = rules;
    this.request = request;
    this.asked = asked;
    this.link = link;
    this.outbox = new Outbox(owner.arrival.socket);
    this.content = new ForwardedContent(link, asked.bodyKind, asked.contentLength, asked.limits);
    this.parser = new ResponseParser(asked.limits);
    this.decoder = new BodyDecoder(asked.limits);
    this.endsAt = rules.timeouts.lifetimeMs === 0 ? Infinity : request.startedAt + rules.timeouts.lifetimeMs;
  }

  onConnected(): void {
    this.sentAt = this.owner.worker.clock.now();
    if (!this.asked.expectsContinue) this.contentFrom = this.sentAt;
    this.link.write(Buffer.from(this.asked.head, 'latin1'));
    this.parser.begin();
    this.touch();
    this.owner.onOpen();
  }

  // ---- what the client says

  /** Content of the request. @returns The index of the first byte behind it, or -1 where the connection is at its end. */
  onContent(bytes: Buffer, from: number): number {
    const before = this.content.received;
    if (this.contentFrom === Infinity) this.contentFrom = this.owner.worker.coarseNow;
    const at = this.content.feed(bytes, from);
    this.request.bytesIn += this.content.received - before;
    if (at === REFUSED) {
      this.fail({ status: this.content.faultStatus, outcome: 'client-error' }, 'the content is malformed');
      return -1;
    }
    if (this.content.mustPause) this.stop();
    this.touch();
    return at;
  }

  onClientDrain(): void {
    this.outbox.hasRoom = true;
    this.touch();
    this.link.resume();
  }

  /** The client has gone, or the listener closes. */
  cancel(): void {
    this.isOver = true;
    this.link.destroy(true);
  }

  onDeadline(now: number): void {
    const late = 'not answered in time';
    if (now >= this.endsAt) this.fail(REFUSALS.lifetime, late);
    else if (this.hasHead) this.fail(REFUSALS.body, late);
    else if (this.content.isDone || this.content.mustPause || this.contentFrom === Infinity) this.fail(REFUSALS.response, late);
    else this.fail(REFUSALS.body, 'the content did not come in time');
  }

  // ---- what the origin says

  /** @returns Whether the bytes' memory is still needed. */
  onEndpointBytes(bytes: Buffer): boolean {
    if (this.hasHead) this.onReplyContent(bytes, 0);
    else this.onHeadBytes(bytes);
    if (this.isOver) return this.outbox.holdsBytes;
    if (!this.outbox.flush()) this.link.pause();
    this.touch();
    return this.outbox.holdsBytes;
  }

  onEndpointDrain(): void {
    if (this.content.mustPause) this.contentFrom += this.owner.worker.coarseNow - this.stoppedAt;
    this.content.mustPause = false;
    this.touch();
    this.owner.resumeClient();
  }

  onEndpointEnd(): void {
    if (this.hasHead && this.parser.bodyKind === 'close') this.finish();
    else this.fail(REFUSALS.reset, 'the origin closed the connection before its reply was whole');
  }

  onEndpointError(): void {
    this.fail(REFUSALS.reset, 'the origin broke the connection');
  }

  onClosed(): void {
    this.fail(REFUSALS.reset, 'the origin closed the connection before its reply was whole');
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.request.bytesOut += end - start;
    if (this.framing !== 'chunked') return this.outbox.addBytes(bytes as Buffer, start, end);
    this.outbox.addText(`${(end - start).toString(16)}\r\n`);
    this.outbox.addBytes(bytes as Buffer, start, end);
    this.outbox.addText('\r\n');
  }

  private onHeadBytes(chunk: Buffer): void {
    const bytes = this.held === null ? chunk : Buffer.concat([this.held, chunk]);
    this.held = null;
    let at = 0;
    for (;;) {
      const next = this.parser.parse(bytes, at, bytes.length, this.asked.isHead);
      if (next === MORE) {
        this.held = Buffer.from(bytes.subarray(at)); // a copy: the memory is read into again
        return;
      }
      if (next === REFUSED) return this.fail(REFUSALS.invalid, 'the origin does not answer in HTTP');
      if (this.parser.status >= 200) {
        this.onHead(bytes, at, next);
        return;
      }
      if (!this.onInterim(bytes, at)) return this.fail(REFUSALS.invalid, 'the origin answers what was not asked for');
      at = next;
      this.parser.begin();
    }
  }

  /** 101 was not asked for: Upgrade is not passed on. */
  private onInterim(bytes: Buffer, start: number): boolean {
    const { status } = this.parser;
    if (status === 101 || ++this.interims > INTERIMS_MAX) return false;
    const isWanted = this.request.minorVersion === 1 && (status !== 100 || this.asked.expectsContinue); // RFC 9110 §15.2
    if (isWanted) this.outbox.addText(writeInterimHead(this.parser, bytes, start));
    return true;
  }

  private onHead(bytes: Buffer, start: number, next: number): void {
    const { parser, owner, request, rules } = this;
    // RFC 9110 §15.5.8: what a proxy says. From an origin it would have the client send its password for this proxy somewhere else.
    if (parser.status === 407) return this.fail(REFUSALS.invalid, 'the origin answers as if it were a proxy');
    this.hasHead = true;
    request.status = parser.status;
    request.firstByteMs = owner.worker.clock.now() - this.sentAt;
    const { bodyKind } = parser;
    const isUnknown = bodyKind === 'chunked' || bodyKind === 'close';
    this.framing = isUnknown ? (request.minorVersion === 1 ? 'chunked' : 'close') : bodyKind;
    if (this.framing === 'close' || !this.content.isDone) owner.isClosing = true; // RFC 9112 §9.6: an early answer ends the connection
    this.outbox.mark();
    this.outbox.addText(
      writeResponseHead({
        parser,
        bytes,
        start,
        framing: this.framing,
        keepsLength: this.asked.isHead || parser.status === 304,
        close: owner.isClosing,
        saysKeepAlive: request.minorVersion === 0,
        viaLine: rules.via === null ? '' : `Via: 1.${parser.minorVersion} ${rules.via}\r\n`,
        hstsLine: '',
        edits: NO_EDITS,
        cookieLines: '',
        clock: owner.worker.clock,
      }),
    );
    this.decoder.start(bodyKind, parser.contentLength);
    this.onReplyContent(bytes, next);
  }

  private onReplyContent(bytes: Buffer, from: number): void {
    const at = this.decoder.feed(bytes, from, bytes.length, this);
    if (at === REFUSED) this.fail(REFUSALS.invalid, "the origin's reply is malformed");
    else if (this.decoder.isDone) this.finish();
  }

  // ---- the end

  /** The origin takes no more for now: that is not the client's fault. */
  private stop(): void {
    this.stoppedAt = this.owner.worker.coarseNow;
    this.owner.pauseClient();
  }

  private touch(): void {
    const { bodyIdleMs, responseMs } = this.rules.timeouts;
    const isAwaited = !this.hasHead && (this.content.isDone || this.contentFrom === Infinity);
    const silence = this.owner.worker.coarseNow + (isAwaited ? responseMs : bodyIdleMs);
    this.owner.deadline = Math.min(silence, this.slowAt(), this.endsAt);
  }

  /** When the content that came is too little for the time that it took. */
  private slowAt(): number {
    const { bodyRateMin, bodyGraceMs } = this.rules.timeouts;
    if (bodyRateMin === 0 || this.content.isDone || this.content.mustPause) return Infinity;
    return this.contentFrom + Math.max(bodyGraceMs, (this.content.received / bodyRateMin) * 1000);
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.framing === 'chunked') this.outbox.addText(`0\r\n${trailerLines(this.decoder.trailers)}\r\n`);
    this.outbox.flush();
    this.link.destroy(!this.content.isDone);
    this.owner.onExchangeEnd();
  }

  private fail(refusal: Refusal, detail: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.link.destroy(true);
    if (this.hasHead && this.outbox.isWritten) return this.owner.onExchangeCut(refusal.outcome, this.framing === 'close');
    this.outbox.takeBack(); // nothing of it has left yet: an honest answer is still possible
    this.request.bytesOut = 0;
    this.owner.onExchangeRefused(refusal, detail);
  }
}
