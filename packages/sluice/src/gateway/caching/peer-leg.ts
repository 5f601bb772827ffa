/**
 * The service of a fetch that first goes to another node: stands before the real one until the request is written, then hands the fetch to that node, and keeps what the way to the real service
 * takes. So a fetch that the owner does not answer starts anew from here, and nothing of the pipeline runs twice.
 */
import type { Instant } from '../../base/time.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { Attempt, Exchange, ExchangeService } from '../exchange/exchange.ts';
import type { RequestView } from '../exchange/request-view.ts';
import { withoutFields } from '../../core/caching/http/stored-head.ts';
import type { NamedService } from '../worker-context.ts';
import { fetchExchange, withoutConditions } from './fetch-exchange.ts';

/** The way to the owner of a key. */
export interface PeerWay {
  readonly service: NamedService;
  /** Row of the owner. */
  readonly owner: number;
  /** Rows of all others. */
  readonly others: readonly number[];
  /** Hash of the key. */
  readonly key: number;
  /** The request as the owner gets it. */
  readonly head: string;
  /** The owner cannot be used. */
  tell(): void;
}

export class PeerLeg implements ExchangeService {
  private readonly way: PeerWay;
  private readonly origin: ExchangeService;
  private head = '';
  private key = 0;
  private wanted = -1;
  private session: Exchange['session'] = null;

  /** @param origin The real one. */
  constructor(way: PeerWay, origin: ExchangeService) {
    this.way = way;
    this.origin = origin;
  }

  get slot(): number {
    return this.origin.slot;
  }

  get plan(): ServicePlan {
    return this.origin.plan;
  }

  /** Whether the fetch is with the other node. */
  isWay(exchange: Exchange): boolean {
    return exchange.service === this.way.service;
  }

  examine(exchange: Exchange, view: RequestView): void {
    this.origin.examine(exchange, view);
  }

  dispatch(exchange: Exchange, now: Instant): void {
    const { service, others, key, head } = this.way;
    this.head = exchange.head;
    this.key = exchange.key;
    this.wanted = exchange.wanted;
    this.session = exchange.session;
    exchange.head = head;
    exchange.key = key;
    exchange.wanted = -1;
    exchange.session = null;
    exchange.tried = others; // the owner, or this node by itself
    exchange.service = service;
    service.dispatch(exchange, now);
  }

  /** The same fetch, from the service itself. @param isPlain The owner has answered, but what it says is about something else than what we have: without conditions. */
  restart(before: Exchange, now: Instant, isPlain: boolean): Exchange {
    if (!isPlain) this.way.tell();
    const exchange = fetchExchange(before, before.client, now);
    exchange.service = this.origin;
    exchange.head = isPlain ? withoutConditions(this.head) : this.head;
    exchange.key = this.key;
    exchange.wanted = this.wanted;
    exchange.session = this.session;
    exchange.exchangeDeadline = before.exchangeDeadline;
    exchange.replyEdits = before.replyEdits;
    exchange.filterEdits = before.filterEdits;
    exchange.followers = before.followers;
    return exchange;
  }

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    return this.origin.onResponseHead(exchange, attempt, bytes, start);
  }

  acceptHead(exchange: Exchange, attempt: Attempt, status: number): boolean {
    return this.origin.acceptHead(exchange, attempt, status);
  }

  onReplyHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): string {
    return this.origin.onReplyHead(exchange, attempt, bytes, start);
  }

  abandon(exchange: Exchange): void {
    this.origin.abandon(exchange);
  }

  tunnelEnded(exchange: Exchange): void {
    this.origin.tunnelEnded(exchange);
  }

  exchangeEnded(exchange: Exchange): void {
    this.origin.exchangeEnded(exchange);
  }

  addressOf(slot: number): string {
    return this.origin.addressOf(slot);
  }
}

/** What the owner says to its peer besides the reply: that it has taken it for one. */
export const OWNER_LINE = 'Sluice-Peer: owner\r\n';

/** A reply's field lines without that; null: it was not said, so whoever answered does not own this key. */
export function ownersLines(lines: string): string | null {
  const kept = withoutFields(lines, ['sluice-peer']);
  return kept.length === lines.length ? null : kept;
}
