/** The client on whose request a fetch goes, while it waits for what comes of it; then what it gets, with what the fetch has met in its log and figures. */
import type { Fields } from '../../core/caching/http/fields.ts';
import { reasonPhrase } from '../../core/http1/reason-phrase.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { CacheVerdict } from '../../observe/cache-verdict.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { CompiledEdits } from '../exchange/header-edits.ts';
import { LocalReply, type ReplySource } from '../exchange/local-reply.ts';
import type { CacheStore } from './cache-store.ts';
import { framingLines } from './came-head.ts';
import { sendEntry } from './entry-reply.ts';
import { copyOutcome } from './fetch-exchange.ts';

/** An entry for the leader. */
export interface LeaderReply {
  readonly store: CacheStore;
  readonly verdict: CacheVerdict;
  readonly edits: CompiledEdits;
  /** Pinned: who sends lets go. */
  readonly entry: MemoryEntry;
  /** Field lines in place of the entry's; null: those. */
  readonly fields: string | null;
  readonly lines: string;
  readonly random: () => number;
}

export class FetchLeader {
  readonly exchange: Exchange;
  /** Its conditions and ranges; null: none. */
  private readonly asked: Fields | null;

  constructor(exchange: Exchange, asked: Fields | null) {
    this.exchange = exchange;
    this.asked = asked;
  }

  /** Gives it an entry. */
  send(fetch: Exchange, { store, verdict, edits, entry, fields, lines, random }: LeaderReply): void {
    const { exchange, asked } = this;
    this.leave(fetch, verdict, edits);
    sendEntry(store, { exchange, entry, asked, fields, lines, random });
  }

  /** Gives it the service's reply as it comes; null: it takes none. @param text Field lines. */
  pass(fetch: Exchange, edits: CompiledEdits, parser: ResponseParser, text: string, source: ReplySource): LocalReply | null {
    this.leave(fetch, 'miss', edits);
    const reply = new LocalReply(this.exchange, source);
    const { status } = parser;
    const isTaken = reply.start(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${text}${framingLines(parser)}\r\n`);
    fetch.silenceMs = this.exchange.silenceMs; // an event stream may be silent for longer
    return isTaken ? reply : null;
  }

  /** Gives it a reply of our own. */
  answer(fetch: Exchange, edits: CompiledEdits, answer: OwnAnswer): void {
    const { exchange } = this;
    this.leave(fetch, 'miss', edits);
    exchange.outcome = fetch.outcome;
    if (fetch.filterEdits !== null) exchange.addReplyEdits(fetch.filterEdits);
    exchange.client.replyOwn(exchange, answer);
  }

  private leave(fetch: Exchange, verdict: CacheVerdict, edits: CompiledEdits): void {
    const { exchange } = this;
    exchange.leaveQueue = null;
    exchange.cached = verdict;
    exchange.addReplyEdits(edits);
    copyOutcome(fetch, exchange);
  }
}
