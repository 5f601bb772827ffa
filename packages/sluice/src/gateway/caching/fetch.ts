/**
 * One fetch from the service, on behalf of whoever waits for it and of the cache. It is the client's side of an exchange of its own, so a client that leaves takes nothing from the others. What
 * may be kept goes into the store as it comes, and everybody reads it there, each at their own pace; what may not goes to the one who asked, with their backpressure, and the others are told
 * at once to fetch for themselves.
 *
 * Bounds: the service's timeouts and the route's bound on an exchange; memory by the store, else what one read brings.
 */
import type { Timestamp } from '../../base/time.ts';
import { mayServeOnError } from '../../core/caching/http/reuse.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { MemoryEntry } from '../../core/caching/memory/memory-store.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';
import { keptLines } from '../exchange/header-edits.ts';
import type { Sweepable } from '../sweeper.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import { endToEndLines } from './came-head.ts';
import { EntryView, fieldsOf } from './entry-view.ts';
import { fetchExchange, unconditionalFetch } from './fetch-exchange.ts';
import { FetchAudience } from './fetch-audience.ts';
import { FetchKeeper, type FetchKeeperInit } from './fetch-keeper.ts';
import type { FetchLeader } from './fetch-leader.ts';
import { FetchOutput } from './fetch-output.ts';
import { type CameHead, refreshedMeta } from './keeping.ts';
import { ownersLines, type PeerLeg } from './peer-leg.ts';
import type { FetchFollower, FetchReader, RunningFetch, Settlement } from './running-fetch.ts';

const INTERIMS_MAX = 32;

export interface FetchInit extends FetchKeeperInit {
  /** Why, as Cache-Status says it. */
  readonly reason: 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale';
  /** What is asked about; pinned for it. */
  readonly stale: MemoryEntry | null;
  /** Gives up the claim. */
  readonly unclaim: () => void;
  /** By way of another node; null: from the service. */
  readonly peer: PeerLeg | null;
}

const LOOK: Settlement = { kind: 'look' };
const ALONE: Settlement = { kind: 'alone' };
const STALE: Settlement = { kind: 'stale' };

/** A reply that nobody here reads is fetched to its end all the same, but not one that never ends: after this, who reads it in another worker is cut, too. */
const UNREAD_MS = 600_000;

const view = new EntryView();

export class Fetch implements Client, RunningFetch, Sweepable {
  exchange: Exchange;
  sweepIndex = -1;
  private readonly init: FetchInit;
  private readonly output: FetchOutput;
  private readonly audience: FetchAudience;
  private readonly keeper: FetchKeeper;
  private stale: MemoryEntry | null;
  private requestedAt: Timestamp;
  private attempt: Attempt | null = null;
  private isOver = false;
  /** When a reply that nobody reads is given up. */
  private unreadUntil = Infinity;

  /** @param asked Whose request it is like. @param leader Null: nobody waits for it yet. */
  constructor(init: FetchInit, asked: Exchange, leader: FetchLeader | null) {
    const { worker } = init;
    this.init = init;
    this.output = new FetchOutput(() => this.attempt?.resume());
    this.audience = new FetchAudience(leader);
    this.stale = init.stale;
    this.exchange = fetchExchange(asked, this, worker.clock.now());
    if (init.peer !== null) this.exchange.service = init.peer;
    this.requestedAt = worker.clock.wall();
    this.keeper = new FetchKeeper(init, this);
    worker.sweeper.add(this);
  }

  get deadline(): number {
    return Math.min(this.exchange.exchangeDeadline, this.unreadUntil);
  }

  onDeadline(): void {
    this.exchange.outcome = this.unreadUntil === Infinity ? 'timeout-exchange' : 'timeout-body';
    if (this.exchange.isReplyStarted) this.onReplyCut(this.exchange, FAILURES.bodyTimeout);
    else this.replyOwn(this.exchange, { status: 504 });
  }

  // ---- who waits

  get isUndecided(): boolean {
    return this.audience.isUndecided;
  }

  follow(follower: FetchFollower): void {
    this.audience.follow(follower);
  }

  unfollow(follower: FetchFollower): void {
    this.audience.unfollow(follower);
  }

  fills(entry: MemoryEntry): boolean {
    return this.output.fills(entry);
  }

  addReader(reader: FetchReader): void {
    this.output.addReader(reader);
  }

  // ---- the service's side: Client

  get hasRoom(): boolean {
    return this.output.hasRoom;
  }

  get holdsBytes(): boolean {
    return this.output.holdsBytes;
  }

  /** Nothing of the request is still to come. */
  onUpstreamDrain(): void {}

  onInterim(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): boolean {
    if (++exchange.interims > INTERIMS_MAX) return false;
    const { client } = this.audience;
    return client === null || client.client.onInterim(client, parser, bytes, start);
  }

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    const { parser } = attempt;
    const lines = endToEndLines(parser, bytes, start);
    const text = this.isWithPeer ? ownersLines(lines) : lines;
    if (text === null) return this.leavePeer();
    const came: CameHead = {
      status: parser.status,
      text: withEdits(exchange, text),
      bodyBytes: parser.bodyKind === 'none' ? 0 : parser.bodyKind === 'length' ? parser.contentLength : -1,
      requestedAt: this.requestedAt,
      receivedAt: this.init.worker.clock.wall(),
    };
    this.attempt = attempt;
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
    const isRead = this.output.add(bytes, start, end);
    if (this.keeper.isKeeping && !this.output.isKeeping) this.keeper.giveUp(exchange.bytesOut);
    if (!isRead) this.stop();
  }

  flushReply(): boolean {
    const mayGoOn = this.output.flush();
    if (!this.output.isUnread) this.unreadUntil = Infinity;
    else if (this.unreadUntil === Infinity) this.unreadUntil = this.init.worker.coarseNow + UNREAD_MS;
    return mayGoOn;
  }

  onReplyEnd(_exchange: Exchange, trailers: string): void {
    if (this.output.end(trailers)) this.keeper.offer();
    this.settle();
  }

  onReplyCut(exchange: Exchange, failure: UpstreamFailure): void {
    if (this.isOver) return;
    exchange.outcome = failure.log;
    exchange.isCut = true;
    exchange.stop();
    this.output.cut(failure);
    this.settle();
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
    if (this.isWithPeer && exchange.outcome !== 'timeout-exchange') return void this.leavePeer();
    exchange.stop();
    exchange.status = answer.status;
    const isFailure = answer.status >= 502 && answer.status <= 504;
    const { stale } = this;
    if (isFailure && stale !== null && mayServeOnError(view.of(stale), this.init.worker.clock.wall(), 'network')) this.settleWith(STALE);
    else {
      this.audience.takeLeader()?.answer(exchange, this.init.rules.passingEdits({ forward: this.init.reason }), answer);
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
    const isShared = this.keeper.mayRefresh(meta);
    const isRefreshed = isShared && store.memory.refresh(place.key, stale, meta, place.since);
    if (isRefreshed) store.offer(place.key, meta);
    const edits = rules.passingEdits({ forward: 'stale', forwardStatus: 304, isStored: isRefreshed });
    const entry = (isRefreshed ? store.memory.peek(place.key) : null) ?? retained(stale);
    const leader = this.audience.takeLeader();
    if (leader === null) entry.release();
    else {
      const fields = fieldsOf(meta.head);
      const lines = rules.tagLine(meta.head);
      leader.send(this.exchange, { store, verdict: 'revalidated', edits, entry, fields, lines, random: worker.random });
    }
    this.settleWith(isShared || this.keeper.refuseRefresh() ? LOOK : ALONE);
    return true;
  }

  /** The 304 is about something else than what we have. */
  private askPlainly(): false {
    const { worker, peer } = this.init;
    this.dropStale();
    const now = worker.clock.now();
    const before = this.exchange;
    return this.restart(peer === null ? unconditionalFetch(before, now) : peer.restart(before, now, true));
  }

  /** It is another node that is asked for it. */
  private get isWithPeer(): boolean {
    const { peer } = this.init;
    return peer !== null && peer.isWay(this.exchange);
  }

  /** The other node cannot be reached, or does not take us for one. */
  private leavePeer(): false {
    const { worker, peer } = this.init;
    return this.restart(peer!.restart(this.exchange, worker.clock.now(), false));
  }

  /** @param exchange In place of the one that there is. */
  private restart(exchange: Exchange): false {
    const { worker } = this.init;
    const before = this.exchange;
    before.stop();
    before.isOver = true;
    before.service?.exchangeEnded(before);
    this.attempt = null;
    this.exchange = exchange;
    this.requestedAt = worker.clock.wall();
    worker.dispatch(exchange);
    return false;
  }

  /** Keeps the reply if it may be kept and there is room. */
  private keep(came: CameHead): boolean {
    const { store, rules, worker, reason } = this.init;
    const kept = this.keeper.keep(came);
    if (typeof kept === 'string') {
      this.settleWith(this.keeper.refuse(kept, came, this.stale) ? LOOK : ALONE);
      return false;
    }
    const { random } = worker;
    const { entry } = kept.writer;
    this.output.keep(kept.writer);
    const edits = rules.passingEdits({ forward: reason, forwardStatus: came.status, isStored: true });
    this.audience
      .takeLeader()
      ?.send(this.exchange, { store, verdict: 'miss', edits, entry: retained(entry), fields: came.text, lines: '', random });
    return true;
  }

  /** Hands the reply to the leader as it comes. */
  private passOn(parser: ResponseParser, came: CameHead): void {
    const leader = this.audience.takeLeader();
    if (leader === null) return this.stop();
    const edits = this.init.rules.passingEdits({ forward: this.init.reason, forwardStatus: came.status });
    const source = { resume: () => this.attempt?.resume(), stop: () => this.stop() };
    const reply = leader.pass(this.exchange, edits, parser, came.text, source);
    if (reply === null) this.stop();
    else this.output.pass(leader.exchange, reply);
  }

  // ---- ends

  /** Nobody is served by it any more. */
  private stop(): void {
    if (this.isOver) return;
    if (this.exchange.outcome === 'complete') this.exchange.outcome = 'client-gone';
    this.exchange.stop();
    this.settle();
  }

  private settleWith(settlement: Settlement): void {
    if (!this.isUndecided) return;
    this.audience.decide(settlement);
    this.init.unclaim();
    if (settlement === STALE) this.serveStale();
    this.audience.tell();
  }

  private serveStale(): void {
    const leader = this.audience.takeLeader();
    if (leader === null || this.stale === null) return;
    const { store, rules, worker } = this.init;
    const lines = rules.agedLines(view.of(this.stale), worker.clock.wall(), 'stale-if-error') + rules.tagLine(this.stale.head);
    const entry = retained(this.stale);
    const { random } = worker;
    leader.send(this.exchange, { store, verdict: 'stale-if-error', edits: rules.tagDrops, entry, fields: null, lines, random });
  }

  private dropStale(): void {
    this.stale?.release();
    this.stale = null;
  }

  private settle(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { worker } = this.init;
    const { exchange } = this;
    exchange.isOver = true;
    this.output.close();
    this.keeper.close();
    worker.sweeper.remove(this);
    this.settleWith(LOOK);
    this.dropStale();
    exchange.service?.exchangeEnded(exchange);
    for (const follower of exchange.followers) follower.exchangeOver(exchange);
  }
}

/** The field lines as filters behind the cache have them. */
function withEdits({ filterEdits }: Exchange, lines: string): string {
  return filterEdits === null ? lines : keptLines(lines, filterEdits.drops) + filterEdits.lines;
}

/** One more pin. */
function retained(entry: MemoryEntry): MemoryEntry {
  entry.retain();
  return entry;
}
