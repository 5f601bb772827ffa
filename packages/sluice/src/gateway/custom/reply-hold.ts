/**
 * Stands before the client while a user's filter thinks about the reply: the head waits, and the content behind it waits in the endpoint's memory, not copied, the endpoint held back. When
 * the filter is done, both go on as they were, or as it has changed them; from then on everything passes.
 */
import { RequestOver } from '../../core/filters/custom-filter.ts';
import { editedEntries, entriesOf } from '../../core/filters/header-list.ts';
import { reasonPhrase } from '../../core/http1/reason-phrase.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';
import { changedHead } from '../exchange/changed-reply.ts';
import { dropsOf, keptLines } from '../exchange/header-edits.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import { type ContentSource, CustomReply } from './custom-reply.ts';
import { fieldEntries } from './custom-request.ts';
import { HeldAttempt } from './held-attempt.ts';
import { HeldPieces } from './held-pieces.ts';

/** Whose reply it is. `custom-run.ts` is it. */
export interface HoldOwner {
  onReply(reply: CustomReply): void;
  /** Nobody asks the filter any more: a tunnel was opened, or the client was told something else. */
  onOverruled(): void;
}

interface Reading {
  readonly bytesMax: number;
  resolve(content: Buffer | null): void;
  reject(error: Error): void;
}

export class ReplyHold extends PassingClient implements ContentSource {
  private readonly exchange: Exchange;
  private readonly owner: HoldOwner;
  private state: 'waiting' | 'held' | 'passing' = 'waiting';
  private reply: CustomReply | null = null;
  /** An endpoint's reply, and its head. */
  private attempt: HeldAttempt | null = null;
  private head: Buffer | null = null;
  /** A reply of ours. */
  private own: OwnAnswer | null = null;
  private readonly pieces = new HeldPieces();
  private reading: Reading | null = null;
  private isEnded = false;
  private trailers = '';
  private failure: UpstreamFailure | null = null;
  /** The filter has asked for the content, and knows. */
  private isFailureTold = false;

  constructor(client: Client, exchange: Exchange, owner: HoldOwner) {
    super(client);
    this.exchange = exchange;
    this.owner = owner;
  }

  /** The client's side without this, and without what came later in the pipeline. */
  get outer(): Client {
    return this.client;
  }

  // ---- from the endpoint's side

  override get hasRoom(): boolean {
    return this.state === 'held' ? this.reading !== null : this.client.hasRoom;
  }

  override get holdsBytes(): boolean {
    return !this.pieces.isEmpty || this.client.holdsBytes;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    if (this.state === 'passing') return this.client.onResponseHead(exchange, attempt, bytes, start);
    const { parser } = attempt;
    const fieldsEnd = start + parser.fieldsStart + parser.fields.linesEnd;
    this.head = Buffer.concat([bytes.subarray(start, fieldsEnd), CRLF]);
    this.attempt = this.heldAttempt(attempt, this.head, parser.bodyKind);
    const { drops, lines } = exchange.responseEdits;
    this.hold(new CustomReply(parser.status, editedEntries(fieldEntries({ parser, bytes, start }), drops, lines), this));
    return true;
  }

  override replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.state === 'passing') return this.client.replyBody(exchange, bytes, start, end);
    this.pieces.add(bytes, start, end, this.reading !== null);
  }

  override flushReply(): boolean {
    if (this.state === 'passing') return this.client.flushReply();
    if (this.reading !== null && this.pieces.bytes > this.reading.bytesMax) this.settleReading(null);
    return this.reading !== null;
  }

  override onReplyEnd(exchange: Exchange, trailers: string): void {
    if (this.state === 'passing') return this.client.onReplyEnd(exchange, trailers);
    this.isEnded = true;
    this.trailers = trailers;
    if (this.reading !== null) this.settleReading(this.pieces.bytes > this.reading.bytesMax ? null : this.pieces.join());
  }

  override onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    if (this.state === 'passing') return this.client.onReplyCut(exchange, failure);
    this.failure = failure;
    this.isFailureTold = this.reading !== null;
    this.failReading(new Error(`the service failed in the middle of its reply: ${failure.log}`));
  }

  override onUpgraded(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, rest: number): void {
    this.state = 'passing';
    this.owner.onOverruled();
    this.client.onUpgraded(exchange, attempt, bytes, start, rest);
  }

  override replyOwn(exchange: Exchange, answer: OwnAnswer): void {
    if (this.state === 'held') {
      // Something went wrong meanwhile: it has the last word.
      this.drop();
      this.owner.onOverruled();
    }
    if (this.state === 'passing') return this.client.replyOwn(exchange, answer);
    exchange.isAnswered = true;
    exchange.stop();
    this.own = answer;
    const edits = exchange.filterEdits;
    this.hold(new CustomReply(answer.status, editedEntries(entriesOf(answer.fields ?? ''), edits?.drops ?? '', edits?.lines ?? ''), this));
  }

  // ---- from the filter's side

  readContent(bytesMax: number): Promise<Buffer | null> {
    if (this.reading !== null) return Promise.reject(new TypeError('the content is being read already: await that first'));
    if (this.own !== null) return Promise.resolve(Buffer.from(this.own.body ?? defaultBody(this.own.status), 'latin1'));
    const { exchange, attempt, pieces } = this;
    if (this.failure !== null) {
      this.isFailureTold = true;
      return Promise.reject(new Error(`the service failed in the middle of its reply: ${this.failure.log}`));
    }
    const isKnownLarge = attempt?.parser.bodyKind === 'length' && attempt.parser.contentLength > bytesMax;
    if (isKnownLarge || pieces.bytes > bytesMax) return Promise.resolve(null);
    if (this.isEnded || attempt?.parser.bodyKind === 'none') return Promise.resolve(pieces.join());
    return new Promise((resolve, reject) => {
      this.reading = { bytesMax, resolve, reject };
      exchange.current?.resume();
    });
  }

  /** Whatever comes passes. */
  pass(): void {
    if (this.state === 'waiting') this.state = 'passing';
  }

  /** The reply goes on, with what the filter has changed of it. */
  release(): void {
    const { exchange, reply } = this;
    if (this.state !== 'held' || reply === null) return;
    this.state = 'passing';
    reply.isClosed = true;
    const isUntold = this.failure !== null && !this.isFailureTold && reply.replacement === null;
    const changes = isUntold ? null : reply.headers.changes(); // they were for a reply that was well
    if (changes !== null) this.change(changes.names, changes.lines);
    if (this.own !== null) this.releaseOwn(this.own, reply);
    else if (reply.replacement !== null) this.sendInstead(reply.replacement, reply.status);
    else if (this.failure === null) this.sendHeld(reply);
    else {
      exchange.outcome = this.failure.log;
      this.client.replyOwn(exchange, { status: this.failure.status });
    }
  }

  /** Nobody is there to take it. */
  leave(): void {
    this.state = 'passing';
    if (this.reply !== null) this.reply.isClosed = true;
    this.failReading(new RequestOver('the client has gone'));
    this.pieces.takeAll(() => {});
  }

  /** It is not wanted: what is under way for it ends. */
  drop(): void {
    this.state = 'passing';
    if (this.reply !== null) this.reply.isClosed = true;
    this.failReading(new Error('the reply is not sent'));
    this.pieces.takeAll(() => {});
    this.exchange.stop();
  }

  /** What is about the content goes into the head, which who stands further out acts on (`compress`); the rest is said last, over what other filters say. */
  private change(names: readonly string[], lines: string): void {
    const { exchange, attempt, head } = this;
    const own = attempt === null ? [] : names.filter((name) => OF_CONTENT.has(name.toLowerCase()));
    const others = names.filter((name) => !own.includes(name));
    if (others.length > 0) exchange.editReply({ drops: dropsOf(others), lines: keptLines(lines, dropsOf(own)) });
    if (own.length === 0) return;
    const edits = { drops: dropsOf(own), lines: keptLines(lines, dropsOf(others)) };
    this.head = changedHead(attempt!.parser, head!, 0, edits, 'as-is');
    this.attempt = this.heldAttempt(attempt!, this.head, attempt!.parser.bodyKind);
  }

  private hold(reply: CustomReply): void {
    this.reply = reply;
    this.state = 'held';
    this.owner.onReply(reply);
  }

  private releaseOwn(own: OwnAnswer, { status, replacement }: CustomReply): void {
    const answer = { ...own, status };
    if (replacement === null) this.client.replyOwn(this.exchange, answer);
    else this.client.replyOwn(this.exchange, { ...answer, body: Buffer.from(replacement).toString('latin1') });
  }

  private sendHeld(reply: CustomReply): void {
    const { exchange } = this;
    const kind = this.attempt!.parser.bodyKind;
    if (reply.hasOtherStatus) {
      this.head = this.headText(reply.status, '');
      this.attempt = this.heldAttempt(this.attempt!, this.head, kind);
    }
    const isBare = kind !== 'none' && this.attempt!.parser.bodyKind === 'none'; // the new status has no content
    if (isBare && !this.isEnded) exchange.stop();
    if (!this.client.onResponseHead(exchange, this.attempt!, this.head!, 0)) return;
    this.pieces.takeAll((piece) => {
      if (!isBare) this.client.replyBody(exchange, piece, 0, piece.length);
    });
    if (this.isEnded || isBare) return this.client.onReplyEnd(exchange, isBare ? '' : this.trailers);
    if (this.client.flushReply()) exchange.current?.resume();
  }

  private sendInstead(body: Uint8Array, status: number): void {
    const { exchange } = this;
    if (!this.isEnded) exchange.stop();
    this.pieces.takeAll(() => {});
    const head = this.headText(status, `Content-Length: ${body.length}\r\n`);
    const attempt = new HeldAttempt(exchange, this.attempt!, head);
    if (!this.client.onResponseHead(exchange, attempt, head, 0)) return;
    if (attempt.parser.bodyKind !== 'none') this.client.replyBody(exchange, bufferOf(body), 0, body.length);
    this.client.onReplyEnd(exchange, '');
  }

  /** The head with another status; with a length in place of its framing, where one is given. */
  private headText(status: number, lengthLine: string): Buffer {
    const text = this.head!.toString('latin1');
    const fields = text.slice(text.indexOf('\r\n') + 2);
    const kept = lengthLine === '' ? fields : fields.replaceAll(/(?<=^|\n)(?:content-length|transfer-encoding):[^\n]*\n/gi, '');
    return Buffer.from(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lengthLine}${kept}`, 'latin1');
  }

  private heldAttempt(attempt: Attempt, head: Buffer, kind: Attempt['parser']['bodyKind']): HeldAttempt {
    const held = new HeldAttempt(this.exchange, attempt, head);
    const { status } = held.parser;
    // What comes behind may have another length than the head says: who stands further in has said so in `bodyKind`.
    held.parser.bodyKind = status === 204 || status === 304 ? 'none' : kind;
    return held;
  }

  private settleReading(content: Buffer | null): void {
    const { reading } = this;
    this.reading = null;
    reading?.resolve(content);
  }

  private failReading(error: Error): void {
    const { reading } = this;
    this.reading = null;
    reading?.reject(error);
  }
}

const CRLF = Buffer.from('\r\n');
const OF_CONTENT: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-md5',
  'content-range',
  'content-type',
  'digest',
  'etag',
  'repr-digest',
]);

function defaultBody(status: number): string {
  return `${status} ${reasonPhrase(status)}\n`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
