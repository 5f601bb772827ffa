/**
 * One fetch from the service, on behalf of whoever waits for it and of the cache. It is the client's side of an exchange of its own, so a client that leaves takes nothing from the others. What
 * may be kept goes into the store as it comes, and everybody reads it there, each at their own pace; what may not goes to the one who asked, with their backpressure, and the others are told
 * at once to fetch for themselves.
 *
 * Bounds: the service's timeouts and the route's bound on an exchange; memory by the store, else what one read brings.
 */
import type { Timestamp } from '../../base/time.ts';
import { type Fields, TextFields } from '../../core/caching/http/fields.ts';
import { mayServeOnError } from '../../core/caching/http/reuse.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { EntryWriter, MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';
import { LocalReply } from '../exchange/local-reply.ts';
import type { Sweepable } from '../sweeper.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { CacheRules } from './cache-rules.ts';
import type { CacheStore } from './cache-store.ts';
import { endToEndLines, framingLines } from './came-head.ts';
import type { EntrySource } from './entry-source.ts';
import { sendEntry } from './entry-reply.ts';
import { EntryView, fieldsOf } from './entry-view.ts';
import { copyOutcome, fetchExchange, unconditionalFetch } from './fetch-exchange.ts';
import { type CameHead, keepingOf, refreshedMeta } from './keeping.ts';
import type { FetchFollower, RunningFetch, Settlement } from './running-fetch.ts';
import { Spill } from './spill.ts';
import { keepEntry, keepPassMark, type KeepPlace } from './store-entry.ts';

const INTERIMS_MAX = 32;
/** After an error nobody waits for anybody, but not for long: it may be over, or it was the request of just one client that was wrong. */
const ERROR_PASS_MS = 1_000;

/** The client on whose request it goes. */
export interface Leader {
  readonly exchange: Exchange;
  /** Its conditions and ranges; null: none. */
  readonly asked: Fields | null;
}

export interface FetchInit {
  readonly worker: WorkerContext;
  readonly store: CacheStore;
  readonly rules: CacheRules;
  readonly place: KeepPlace;
  /** The request's field lines. */
  readonly requestText: string;
  readonly isPersonal: boolean;
  /** Why, as Cache-Status says it. */
  readonly reason: 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale';
  /** What is asked about; pinned for it. */
  readonly stale: MemoryEntry | null;
  /** Gives up the claim; null: there is none, and nothing is kept. */
  readonly unclaim: (() => void) | null;
}

const LOOK: Settlement = { kind: 'look' };
const ALONE: Settlement = { kind: 'alone' };
const STALE: Settlement = { kind: 'stale' };

const view = new EntryView();

export class Fetch implements Client, RunningFetch, Sweepable {
  exchange: Exchange;
  sweepIndex = -1;
  private readonly init: FetchInit;
  private leader: Leader | null;
  private stale: MemoryEntry | null;
  private unclaim: (() => void) | null;
  private followers: FetchFollower[] = [];
  private settlement: Settlement | null = null;
  private requestedAt: Timestamp;
  private attempt: Attempt | null = null;
  private writer: EntryWriter | null = null;
  private keptKey = '';
  private sources: EntrySource[] = [];
  private spill: Spill | null = null;
  /** To the leader, where nothing is kept. */
  private direct: LocalReply | null = null;
  private isOver = false;

  constructor(init: FetchInit, asked: Exchange, leader: Leader | null) {
    const { worker, store, place } = init;
    this.init = init;
    this.leader = leader;
    this.stale = init.stale;
    this.unclaim = init.unclaim;
    this.exchange = fetchExchange(asked, this, worker.clock.now());
    this.requestedAt = worker.clock.wall();
    if (leader !== null) leader.exchange.leaveQueue = () => this.leaderLeft();
    if (init.unclaim !== null) store.fetches.set(place.key, this);
    worker.sweeper.add(this);
  }

  get deadline(): number {
    return this.exchange.exchangeDeadline;
  }

  onDeadline(): void {
    this.exchange.outcome = 'timeout-exchange';
    if (this.exchange.isReplyStarted) this.cut(FAILURES.bodyTimeout);
    else this.replyOwn(this.exchange, { status: 504 });
  }

  // ---- who waits

  /** Nobody knows yet what comes of it. */
  get isUndecided(): boolean {
    return this.settlement === null;
  }

  /** Tells it what comes of the fetch, at once where that is known. */
  follow(follower: FetchFollower): void {
    if (this.settlement !== null) follower.settled(this.settlement);
    else this.followers.push(follower);
  }

  unfollow(follower: FetchFollower): void {
    this.followers = this.followers.filter((each) => each !== follower);
  }

  /** Whether this entry grows by this fetch. */
  fills(entry: MemoryEntry): boolean {
    return this.writer !== null && this.writer.entry.slot === entry.slot && this.writer.entry.sequence === entry.sequence;
  }

  /** Calls its `pump` whenever there is more. */
  addSource(source: EntrySource): void {
    this.sources.push(source);
  }

  // ---- the service's side: Client

  get hasRoom(): boolean {
    if (this.spill !== null) return this.spill.isTaken;
    return this.direct === null || this.leader === null || this.leader.exchange.client.hasRoom;
  }

  get holdsBytes(): boolean {
    return this.direct !== null && this.leader !== null && this.leader.exchange.client.holdsBytes;
  }

  onUpstreamDrain(): void {}

  onInterim(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): boolean {
    if (++exchange.interims > INTERIMS_MAX) return false;
    return this.leader === null || this.leader.exchange.client.onInterim(this.leader.exchange, parser, bytes, start);
  }

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    const { clock } = this.init.worker;
    this.attempt = attempt;
    const bodyBytes = parser.bodyKind === 'none' ? 0 : parser.bodyKind === 'length' ? parser.contentLength : -1;
    const came: CameHead = {
      status: parser.status,
      text: endToEndLines(parser, bytes, start),
      bodyBytes,
      requestedAt: this.requestedAt,
      receivedAt: clock.wall(),
    };
    if (this.stale !== null) {
      if (came.status === 304) return this.onNotModified(came, this.stale);
      if (mayServeOnError(view.of(this.stale), came.receivedAt, came.status)) {
        this.settleWith(STALE);
        this.stop();
        return false;
      }
    }
    exchange.status = came.status;
    exchange.isReplyStarted = true;
    if (this.keep(came)) this.settleWith(LOOK);
    else this.passOn(parser, came);
    return !this.isOver;
  }

  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    exchange.bytesOut += end - start;
    if (this.writer !== null) {
      if (!this.writer.append(bytes, start, end)) this.overflow(bytes, start, end);
    } else if (this.spill !== null) this.spill.add(bytes, start, end);
    else if (this.direct !== null && this.leader !== null) this.leader.exchange.client.replyBody(this.leader.exchange, bytes, start, end);
  }

  flushReply(): boolean {
    if (this.writer !== null) for (const source of this.sources) source.pump();
    else if (this.spill !== null) {
      this.spill.tellAll();
      return this.spill.isTaken;
    } else if (this.direct !== null && this.leader !== null) return this.leader.exchange.client.flushReply();
    return true;
  }

  onReplyEnd(_exchange: Exchange, trailers: string): void {
    const { writer } = this;
    writer?.finish();
    for (const source of this.sources) source.pump();
    if (this.spill !== null) {
      this.spill.ending = 'whole';
      this.spill.tellAll();
    }
    this.direct?.end(trailers);
    this.settle();
  }

  onReplyCut(_exchange: Exchange, failure: UpstreamFailure): void {
    this.cut(failure);
  }

  /** An upgrade is never asked for. */
  onUpgraded(exchange: Exchange, attempt: Attempt): void {
    attempt.discard();
    this.replyOwn(exchange, { status: 502 });
  }

  replyReady(): boolean {
    return false;
  }

  /** No reply of the service: a failure, a refusal, or a filter behind us that has answered. */
  replyOwn(exchange: Exchange, answer: OwnAnswer): void {
    if (this.isOver) return;
    exchange.stop();
    exchange.status = answer.status;
    const isFailure = answer.status >= 502 && answer.status <= 504;
    const { stale } = this;
    if (isFailure && stale !== null && mayServeOnError(view.of(stale), this.init.worker.clock.wall(), 'network')) this.settleWith(STALE);
    else {
      this.answerLeader(answer);
      this.settleWith(isFailure ? { kind: 'answer', answer, outcome: exchange.outcome } : ALONE);
    }
    this.settle();
  }

  // ---- what comes of a head

  /** RFC 9111 §4.3.4. */
  private onNotModified(came: CameHead, stale: MemoryEntry): boolean {
    const { store, rules, place, worker } = this.init;
    this.exchange.status = came.status;
    const meta = refreshedMeta(rules, stale, came);
    if (meta === null) return this.askPlainly();
    const isRefreshed = this.unclaim !== null && store.memory.refresh(place.key, stale, meta);
    const leader = this.takeLeader();
    if (leader !== null) {
      const { exchange, asked } = leader;
      exchange.cached = 'revalidated';
      const entry = (isRefreshed ? store.memory.peek(place.key) : null) ?? retained(stale);
      exchange.addReplyEdits(rules.passingEdits({ forward: 'stale', forwardStatus: 304, isStored: isRefreshed }));
      sendEntry(store, { exchange, entry, asked, fields: fieldsOf(meta.head), lines: '', random: worker.random });
    }
    this.settleWith(LOOK);
    return true;
  }

  /** The 304 is about something else than what we have. */
  private askPlainly(): false {
    const { worker } = this.init;
    const before = this.exchange;
    this.dropStale();
    before.stop();
    before.isOver = true;
    before.service?.exchangeEnded(before);
    this.exchange = unconditionalFetch(before, worker.clock.now());
    this.requestedAt = worker.clock.wall();
    worker.dispatch(this.exchange);
    return false;
  }

  /** Keeps the reply if it may be kept and there is room. */
  private keep(came: CameHead): boolean {
    const { store, rules, place, worker, isPersonal, requestText } = this.init;
    if (this.unclaim === null) return false;
    const keeping = keepingOf(rules, { fields: new TextFields(requestText), isPersonal }, came, place.ownTag);
    if (!keeping.keep) {
      this.refused(keeping.reason, came);
      return false;
    }
    const kept = keepEntry(store, rules, place, keeping, worker.random);
    if (kept === null) {
      store.noteUnkept(place.key, came.bodyBytes);
      if (came.bodyBytes > store.objectBytesMax) this.mark(came, rules.plan.passMs);
      this.settleWith(ALONE);
      return false;
    }
    this.writer = kept.writer;
    this.keptKey = kept.key;
    if (kept.key !== place.key) store.fetches.set(kept.key, this);
    this.giveUpClaim();
    const leader = this.takeLeader();
    if (leader !== null) {
      const { exchange, asked } = leader;
      exchange.cached = 'miss';
      exchange.addReplyEdits(rules.passingEdits({ forward: this.init.reason, forwardStatus: came.status, isStored: true }));
      sendEntry(store, { exchange, entry: retained(kept.writer.entry), asked, fields: came.text, lines: '', random: worker.random });
    }
    return true;
  }

  /** What one request asked for says nothing of the next: only what the reply says is remembered. */
  private refused(reason: string, came: CameHead): void {
    if (reason === 'request-no-store' || reason === 'authorization') return this.settleWith(LOOK);
    const { passMs } = this.init.rules.plan;
    this.mark(came, came.status >= 400 ? Math.min(ERROR_PASS_MS, passMs) : passMs);
    this.settleWith(ALONE);
  }

  private mark(came: CameHead, passMs: number): void {
    const { store, place } = this.init;
    if (passMs > 0) keepPassMark(store, place.key, came.receivedAt, passMs);
    else store.memory.remove(place.key);
  }

  /** Hands the reply to the leader as it comes. */
  private passOn(parser: ResponseParser, came: CameHead): void {
    const { leader } = this;
    this.settleWith(ALONE);
    if (leader === null) return this.stop();
    const { exchange } = leader;
    const { rules } = this.init;
    exchange.leaveQueue = null;
    exchange.cached = 'miss';
    exchange.addReplyEdits(rules.passingEdits({ forward: this.init.reason, forwardStatus: came.status }));
    copyOutcome(this.exchange, exchange);
    this.direct = new LocalReply(exchange, { resume: () => this.attempt?.resume(), stop: () => this.leaderLeft() });
    const isTaken = this.direct.start(`HTTP/1.1 ${came.status} \r\n${came.text}${framingLines(parser)}\r\n`);
    this.exchange.silenceMs = exchange.silenceMs; // an event stream may be silent for longer
    if (!isTaken) this.stop();
  }

  /** Too large, or no room: those who read go on as it comes. */
  private overflow(bytes: Buffer, start: number, end: number): void {
    const { store, place } = this.init;
    store.noteUnkept(place.key, this.exchange.bytesOut);
    this.writer = null;
    const readers = this.sources.filter((source) => source.isReading && source.isWhole);
    for (const source of this.sources) if (!readers.includes(source)) source.fail(FAILURES.reset);
    if (readers.length === 0) return this.stop();
    this.spill = new Spill(readers, () => this.attempt?.resume());
    this.spill.add(bytes, start, end);
    for (const source of readers) source.spill = this.spill;
  }

  // ---- ends

  private takeLeader(): Leader | null {
    const { leader } = this;
    if (leader === null) return null;
    this.leader = null;
    leader.exchange.leaveQueue = null;
    copyOutcome(this.exchange, leader.exchange);
    return leader;
  }

  private answerLeader(answer: OwnAnswer): void {
    const leader = this.takeLeader();
    if (leader === null) return;
    const { exchange } = leader;
    exchange.cached = 'miss';
    exchange.outcome = this.exchange.outcome;
    exchange.addReplyEdits(this.init.rules.passingEdits({ forward: this.init.reason }));
    exchange.client.replyOwn(exchange, answer);
  }

  private leaderLeft(): void {
    this.leader = null;
    if (this.direct !== null || (this.followers.length === 0 && this.init.unclaim === null)) this.stop();
  }

  /** Nobody is served by it any more. */
  private stop(): void {
    if (this.isOver) return;
    if (this.exchange.outcome === 'complete') this.exchange.outcome = 'client-gone';
    this.exchange.stop();
    this.settle();
  }

  private cut(failure: UpstreamFailure): void {
    if (this.isOver) return;
    this.exchange.outcome = failure.log;
    this.exchange.isCut = true;
    this.exchange.stop();
    this.writer?.abort();
    for (const source of this.sources) source.fail(failure);
    if (this.spill !== null) {
      this.spill.ending = 'cut';
      this.spill.tellAll();
    }
    this.direct?.cut(failure);
    this.settle();
  }

  private settleWith(settlement: Settlement): void {
    if (this.settlement !== null) return;
    this.settlement = settlement;
    this.giveUpClaim();
    if (settlement === STALE) this.serveStale();
    const { followers } = this;
    this.followers = [];
    for (const follower of followers) follower.settled(settlement);
  }

  private serveStale(): void {
    const leader = this.takeLeader();
    if (leader === null || this.stale === null) return;
    const { store, rules, worker } = this.init;
    const { exchange, asked } = leader;
    exchange.cached = 'stale-if-error';
    const lines = rules.agedLines(view.of(this.stale), worker.clock.wall(), 'stale-if-error');
    exchange.addReplyEdits(rules.tagDrops);
    sendEntry(store, { exchange, entry: retained(this.stale), asked, fields: null, lines, random: worker.random });
  }

  private giveUpClaim(): void {
    this.unclaim?.();
    this.unclaim = null;
  }

  private dropStale(): void {
    this.stale?.release();
    this.stale = null;
  }

  private settle(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { worker, store, place } = this.init;
    const { exchange } = this;
    exchange.isOver = true;
    this.writer?.abort(); // does nothing to what is whole
    if (store.fetches.get(place.key) === this) store.fetches.delete(place.key);
    if (store.fetches.get(this.keptKey) === this) store.fetches.delete(this.keptKey);
    worker.sweeper.remove(this);
    this.settleWith(LOOK);
    this.dropStale();
    exchange.service?.exchangeEnded(exchange);
    for (const follower of exchange.followers) follower.exchangeOver(exchange);
  }
}

/** One more pin. */
function retained(entry: MemoryEntry): MemoryEntry {
  entry.retain();
  return entry;
}
