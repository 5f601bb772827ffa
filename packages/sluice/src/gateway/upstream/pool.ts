/**
 * The connections of one endpoint in one worker: idle ones last in, first out (the warmest is used, the others can time out); new ones up to a bound;
 * requests wait in line above it. What is checked out was readable-idle in a fresh look at the event loop (`dispatcher.ts`), so a
 * connection that the origin closed, or wrote to, is gone from here before a request could take it.
 */
import type { LookupFunction } from 'node:net';
import type { Instant } from '../../base/time.ts';
import { ID } from '../../core/http1/field-section.ts';
import { KeepAliveLimit } from '../../core/http1/keep-alive-limit.ts';
import { KEEP_ALIVE } from '../../core/http1/known-fields.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { AddressPlan, EndpointPlan, PoolPlan, ServicePlan } from '../../config/plan.ts';
import type { UpstreamTlsPlan } from '../../config/tls-plan.ts';
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import { Http1Upstream, type UpstreamOwner } from './http1-upstream.ts';
import { UpstreamTls } from './upstream-tls.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';
import { WaitLine, type WaitOwner } from './wait-line.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whose endpoint it is. `service.ts` is it. */
export interface PoolOwner extends WaitOwner {
  readonly worker: WorkerContext;
  readonly plan: { readonly pool: PoolPlan; readonly tls: UpstreamTlsPlan | null; readonly protocol: ServicePlan['protocol'] };
  connectionOpened(): void;
  connectionClosed(): void;
  isConnectionBoundReached(): boolean;
  /** Whether the service may open a connection; one that is idle is ended for it where that helps. */
  makeRoom(): boolean;
  /** A connection ended that nobody here needs: others of the service may wait for it. */
  roomFreed(now: Instant): void;
  attemptDone(attempt: Attempt, exchange: Exchange): void;
  attemptFailed(attempt: Attempt, exchange: Exchange, failure: UpstreamFailure): void;
}

/** How long idle connections above `idleMax` stay. Closed at once, they would be opened again in the same turn, at several times a request's cost. */
const SURPLUS_MS = 1_000;

/** The connections of one endpoint. `Pool` and `http2-pool.ts` are. */
export interface EndpointPool {
  readonly slot: number;
  readonly address: string;
  /** Null: in the clear. */
  readonly tls: UpstreamTls | null;
  plan: PoolPlan;
  /** Told of connections that could not be made. */
  onUnreachable: (() => void) | null;
  readonly isEmpty: boolean;
  /** Sends the exchange, or lets it wait. False when there is no room even to wait. */
  send(exchange: Exchange, now: Instant, isFreshOnly: boolean, isHedge: boolean): boolean;
  /** Ends idle connections and takes none back; what is under way finishes. */
  close(): void;
  /** Ends an idle connection; false when there is none. */
  dropIdle(): boolean;
  /** Opens connections for those who wait, while there is room. */
  serve(now: Instant): void;
  /** Called now and then: those who waited too long are told, and room that others made is seen. */
  expire(now: Instant): void;
}

export class Pool implements EndpointPool, UpstreamOwner {
  readonly worker: WorkerContext;
  private readonly service: PoolOwner;
  readonly slot: number;
  readonly target: AddressPlan;
  readonly address: string;
  plan: PoolPlan;
  onUnreachable: (() => void) | null = null;
  readonly resolver: { readonly lookup?: LookupFunction };
  readonly tls: UpstreamTls | null;
  private readonly idle: Http1Upstream[] = [];
  private readonly keepAlive = new KeepAliveLimit();
  private open = 0;
  private readonly line: WaitLine;
  private isClosed = false;

  constructor(service: PoolOwner, slot: number, endpoint: EndpointPlan) {
    this.service = service;
    this.worker = service.worker;
    this.slot = slot;
    this.target = endpoint.target;
    this.address = endpoint.address;
    this.line = new WaitLine(service, slot);
    this.plan = service.plan.pool;
    this.tls = service.plan.tls && new UpstreamTls(service.plan.tls, endpoint.target);
    this.resolver = endpoint.target.kind === 'tcp' ? service.worker.resolver : {};
  }

  /** Sends the exchange over an idle or a new connection, or lets it wait. False when there is no room even to wait. */
  send(exchange: Exchange, now: Instant, isFreshOnly: boolean, isHedge: boolean): boolean {
    let connection = isFreshOnly ? undefined : this.warmest(now);
    if (connection === undefined) {
      if (this.open >= this.plan.connectionsMax || !this.service.makeRoom()) return !isHedge && this.line.add(exchange, now, this.plan);
      connection = this.connect(now);
    }
    this.assign(connection, exchange, now, isHedge);
    return true;
  }

  /** Takes a connection back; whoever waits gets it. */
  release(connection: Http1Upstream): void {
    const now = this.worker.coarseNow;
    const next = this.line.size === 0 ? null : this.line.next(now);
    if (next !== null) return this.assign(connection, next, this.worker.clock.now(), false);
    const isWanted = this.service.waiting > 0 && this.service.isConnectionBoundReached(); // by another endpoint's requests
    if (isWanted || this.isClosed || this.plan.idleMax === 0) return connection.discard();
    // More than are kept may be back for a moment: a turn of the event loop takes many replies before it sends as many requests.
    const timeoutMs = Math.min(this.plan.idleTimeoutMs, this.keepAlive.limitMs(now));
    const keepMs = this.idle.length < this.plan.idleMax ? timeoutMs : Math.min(SURPLUS_MS, timeoutMs);
    if (keepMs <= 0) return connection.discard();
    connection.idleSince = this.worker.clock.now(); // to the millisecond: what is learned from it is a bound that may be far below a sweep
    connection.deadline = now + keepMs;
    this.idle.push(connection);
  }

  onFirstHead(parser: ResponseParser, bytes: Buffer, start: number): void {
    const { ids, count } = parser.fields;
    for (let index = 0; index < count; index++)
      if ((ids[index]! & ID) === KEEP_ALIVE) this.keepAlive.announced(parser.value(bytes, start, index));
  }

  onClosedIdle(connection: Http1Upstream): void {
    const now = this.worker.clock.now();
    this.keepAlive.closedAfter(now - connection.idleSince, now);
  }

  attemptDone(connection: Http1Upstream, exchange: Exchange): void {
    this.service.attemptDone(connection, exchange);
  }

  attemptFailed(connection: Http1Upstream, exchange: Exchange, failure: UpstreamFailure): void {
    if (failure === FAILURES.connect) this.onUnreachable?.();
    this.service.attemptFailed(connection, exchange, failure);
  }

  onDead(connection: Http1Upstream): void {
    if (!this.leave(connection)) return;
    const index = this.idle.lastIndexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
    this.onGone();
  }

  /** A tunnel takes no place in the pool, but it is a connection of its service until it ends. */
  onDetached(connection: Http1Upstream): void {
    this.leave(connection);
    connection.socket.once('close', () => this.onGone());
    if (this.service.waiting > 0) this.service.roomFreed(this.worker.clock.now());
  }

  /** @returns False when it had left before. */
  private leave(connection: Http1Upstream): boolean {
    const isIn = this.worker.sweeper.remove(connection);
    if (isIn) this.open--;
    return isIn;
  }

  private onGone(): void {
    this.service.connectionClosed();
    if (this.service.waiting > 0) this.service.roomFreed(this.worker.clock.now());
  }

  /** Ends idle connections and takes none back; what is under way finishes. */
  close(): void {
    this.isClosed = true;
    for (const connection of this.idle.slice()) connection.discard();
  }

  get isEmpty(): boolean {
    return this.open === 0 && this.line.size === 0;
  }

  /** Ends the idle connection that was used longest ago; false when there is none. */
  dropIdle(): boolean {
    const oldest = this.idle[0];
    oldest?.discard();
    return oldest !== undefined;
  }

  /** Opens connections for those who wait, while there is room. */
  serve(now: Instant): void {
    while (this.line.size > 0 && this.open < this.plan.connectionsMax && this.service.makeRoom()) {
      const next = this.line.next(now);
      if (next !== null) this.assign(this.connect(now), next, now, false);
    }
  }

  /** Called now and then: those who waited too long are told, and room that others made is seen. */
  expire(now: Instant): void {
    this.line.tellLate(now);
    this.serve(now);
  }

  /** The idle connection that was used last; what is past its time, and not swept up yet, is not used any more. */
  private warmest(now: Instant): Http1Upstream | undefined {
    const connection = this.idle.pop();
    if (connection === undefined || connection.deadline > now) return connection;
    connection.discard();
    while (this.idle.length > 0) this.idle[this.idle.length - 1]!.discard();
    return undefined;
  }

  private connect(now: Instant): Http1Upstream {
    const connection = new Http1Upstream(this, now);
    this.open++;
    this.service.connectionOpened();
    this.worker.sweeper.add(connection);
    return connection;
  }

  private assign(connection: Http1Upstream, exchange: Exchange, now: Instant, isHedge: boolean): void {
    connection.isHedge = isHedge;
    connection.isCounted = true;
    if (isHedge) exchange.rival = connection;
    else exchange.current = connection;
    connection.send(exchange, now);
  }
}
