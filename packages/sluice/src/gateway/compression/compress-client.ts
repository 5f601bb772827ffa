/**
 * The client's side of a reply that may be compressed: stands before the real one, decides when the head comes, and codes the content on its way. Backpressure goes both ways: the origin waits while the
 * client has no room or too much waits for the coder. What the origin has said reaches the client when it pauses; an end, a cut and a client that leaves end the coder.
 */
import {
  type CodingRules,
  type HeadEdits,
  codedEdits,
  codingVerdict,
  unchangedEdits,
  varyEdits,
} from '../../core/compression/reply-coding.ts';
import type { Coding } from '../../core/compression/accept-encoding.ts';
import { TextFields } from '../../core/caching/http/fields.ts';
import { latin1 } from '../../core/http1/text.ts';
import { ChangedReply, changedHead, changedReplyParser } from '../exchange/changed-reply.ts';
import type { Attempt, Client, Exchange, ExchangeFollower } from '../exchange/exchange.ts';
import { PassingClient } from '../exchange/passing-client.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import { Compressor, type CompressorOptions, type CompressorSink, compressNow, isQuick } from './compressor.ts';
import { paddedGzip } from './gzip-padding.ts';

/** The origin waits while this much waits for the coder. */
const WAITING_BYTES_MAX = 128 * 1024;
/** Content whose length is known, and is no more than this, is coded in one call when it is whole. */
const GATHERED_BYTES_MAX = 128 * 1024;

const CODER_FAILED: UpstreamFailure = { status: 503, log: 'internal-error', outcome: 'ok', retryOn: null, isUnsent: false };

/** Of a worker: heads are parsed one at a time. */
const parser = changedReplyParser();

/** What a route's `compress` says, as its clients use it. */
export interface Compression extends CodingRules {
  levelOf(coding: Coding): number;
  readonly isPadded: boolean;
  /** The coder has failed. */
  onFailure(error: Error): void;
}

/** What a request has asked for. */
export interface AskedCoding {
  /** Null: nothing that we make. */
  readonly coding: Coding | null;
  /** Its If-None-Match, where that may hold a tag that we made weak. */
  readonly unlessTag: string | null;
}

export class CompressClient extends PassingClient implements CompressorSink, ExchangeFollower {
  private readonly compression: Compression;
  private readonly coding: Coding | null;
  private readonly unlessTag: string | null;
  private exchange: Exchange | null = null;
  private coder: Compressor | null = null;
  /** Short content, which is coded at once when it is whole; null: there is a coder, or nothing is coded. */
  private short: Buffer[] | null = null;
  private options: CompressorOptions | null = null;
  private trailers = '';
  private isGathering = false;
  /** Content has come: from then on the head leaves with what is made of it. */
  private hasContent = false;
  private isFirst = true;
  /** The origin was told to wait because of us. */
  private isHolding = false;

  constructor(client: Client, compression: Compression, { coding, unlessTag }: AskedCoding) {
    super(client);
    this.compression = compression;
    this.coding = coding;
    this.unlessTag = unlessTag;
  }

  override get hasRoom(): boolean {
    return this.client.hasRoom && (this.coder === null || this.coder.waitingBytes < WAITING_BYTES_MAX);
  }

  /** What is coded was copied. */
  override get holdsBytes(): boolean {
    return this.options === null && this.client.holdsBytes;
  }

  override onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { status, contentLength, fieldsStart, fields: section } = attempt.parser;
    const fields = new TextFields(latin1(bytes, start + fieldsStart, start + fieldsStart + section.linesEnd));
    const verdict = codingVerdict({ status, contentLength, fields }, this.compression, this.coding);
    if (verdict === 'code') return this.begin(exchange, attempt, bytes, start, codedEdits(fields, this.coding!));
    if (verdict === 'plain') return this.client.onResponseHead(exchange, attempt, bytes, start);
    const edits = status === 304 ? unchangedEdits(fields, this.unlessTag) : varyEdits(fields);
    if (edits.lines === '' && edits.drops === '') return this.client.onResponseHead(exchange, attempt, bytes, start);
    const head = changedHead(attempt.parser, bytes, start, edits, 'as-is');
    return this.client.onResponseHead(exchange, new ChangedReply(attempt, head, exchange.isHead, parser), head, 0);
  }

  override replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.options === null) return this.client.replyBody(exchange, bytes, start, end);
    this.hasContent = true;
    if (this.short !== null) this.short.push(Buffer.from(bytes.subarray(start, end)));
    else this.coder!.push(bytes, start, end);
  }

  override flushReply(): boolean {
    const { coder } = this;
    if (!this.hasContent) return this.client.flushReply();
    if (coder === null) return true; // short: the rest of it is on its way
    if (!this.isGathering) coder.go();
    const { hasRoom } = this;
    if (!hasRoom) this.isHolding = true;
    return hasRoom;
  }

  override onReplyEnd(exchange: Exchange, trailers: string): void {
    if (this.short !== null && !this.codeNow(this.short)) return;
    if (this.coder === null) return this.client.onReplyEnd(exchange, trailers);
    this.trailers = trailers;
    this.coder.finish();
  }

  override onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    this.coder?.destroy();
    this.client.onReplyCut(exchange, failure);
  }

  // ---- what the coder tells

  onCoded(bytes: Buffer): void {
    const piece = this.isFirst && this.compression.isPadded ? paddedGzip(bytes) : bytes;
    this.isFirst = false;
    this.client.replyBody(this.exchange!, piece, 0, piece.length);
  }

  onTaken(): void {
    const hasRoom = this.client.flushReply();
    if (!this.isHolding || !hasRoom || !this.hasRoom) return;
    this.isHolding = false;
    this.exchange!.current?.resume();
  }

  onWhole(): void {
    this.client.onReplyEnd(this.exchange!, this.trailers);
  }

  onFailure(error: Error): void {
    const exchange = this.exchange!;
    this.compression.onFailure(error);
    exchange.stop();
    this.client.onReplyCut(exchange, CODER_FAILED);
  }

  exchangeOver(): void {
    this.coder?.destroy();
  }

  private begin(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, edits: HeadEdits): boolean {
    const { contentLength, bodyKind } = attempt.parser;
    const head = changedHead(attempt.parser, bytes, start, edits, 'chunked');
    if (bodyKind !== 'none') {
      const coding = this.coding!;
      this.exchange = exchange;
      this.options = { coding, level: this.compression.levelOf(coding), length: contentLength };
      if (isQuick(this.options)) this.short = [];
      else this.startCoder(exchange, this.options);
    }
    return this.client.onResponseHead(exchange, new ChangedReply(attempt, head, exchange.isHead, parser), head, 0);
  }

  private startCoder(exchange: Exchange, options: CompressorOptions): void {
    this.isGathering = options.length >= 0 && options.length <= GATHERED_BYTES_MAX;
    this.coder = new Compressor(options, this);
    exchange.follow(this);
  }

  /** @returns False when it has failed, and the reply with it. */
  private codeNow(pieces: readonly Buffer[]): boolean {
    try {
      this.onCoded(compressNow(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), this.options!));
      return true;
    } catch (error) {
      this.onFailure(error as Error);
      return false;
    }
  }
}
