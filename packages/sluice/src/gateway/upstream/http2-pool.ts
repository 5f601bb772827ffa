/**
 * The HTTP/2 connections of one endpoint in one worker: few, shared by many exchanges. A connection is filled before another is opened, since what travels together
 * costs fewer system calls; above the bound requests wait in line.
 */
import type { LookupFunction } from 'node:net';
import type { Instant } from '../../base/time.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import type { AddressPlan, EndpointPlan, PoolPlan } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { Http2Attempt } from './http2-attempt.ts';
import { Http2Upstream, type Http2UpstreamOwner } from './http2-upstream.ts';
import type { EndpointPool, PoolOwner } from './pool.ts';
import { UpstreamTls } from './upstream-tls.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';
import { WaitLine } from './wait-line.ts';

/** Parsers that are kept for the next replies. */
const PARSERS_KEPT = 256;

export class Http2Pool implements EndpointPool, Http2UpstreamOwner {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly target: AddressPlan;
  readonly address: string;
  readonly resolver: { readonly lookup?: LookupFunction };
  readonly tls: UpstreamTls | null;
  plan: PoolPlan;
  peerStreamsMax = Infinity;
  onUnreachable: (() => void) | null = null;
  private readonly service: PoolOwner;
  private readonly connections: Http2Upstream[] = [];
  private readonly line: WaitLine;
  private readonly parsers: ResponseParser[] = [];
  /** Given back in this turn. */
  private readonly spent: ResponseParser[] = [];
  private isClosed = false;

  constructor(service: PoolOwner, slot: number, endpoint: EndpointPlan) {
    this.service = service;
    this.worker = service.worker;
    this.slot = slot;
    this.target = endpoint.target;
    this.address = endpoint.address;
    this.plan = service.plan.pool;
    this.tls = service.plan.tls && new UpstreamTls(service.plan.tls, endpoint.target);
    this.resolver = endpoint.target.kind === 'tcp' ? service.worker.resolver : {};
    this.line = new WaitLine(service, slot);
  }

  get isEmpty(): boolean {
    return this.connections.length === 0 && this.line.size === 0;
  }

  send(exchange: Exchange, now: Instant, isFreshOnly: boolean, isHedge: boolean): boolean {
    if (this.line.size > 0) this.serve(now); // who waits goes before who comes
    const connection = (isFreshOnly ? (this.newest() ?? this.connect(now)) : null) ?? this.roomiest() ?? this.connect(now);
    if (connection === null) return !isHedge && this.line.add(exchange, now, this.plan);
    connection.send(exchange, now, isHedge);
    return true;
  }

  close(): void {
    this.isClosed = true;
    for (const connection of this.connections.slice()) connection.leave();
  }

  dropIdle(): boolean {
    const idle = this.connections.find((connection) => connection.isIdle);
    idle?.leave();
    return idle !== undefined;
  }

  serve(now: Instant): void {
    while (this.line.size > 0) {
      const connection = this.roomiest() ?? this.connect(now);
      if (connection === null) return;
      const next = this.line.next(now);
      if (next === null) return;
      connection.send(next, now, false);
    }
  }

  expire(now: Instant): void {
    this.line.tellLate(now);
    this.serve(now);
  }

  // ---- what connections need and tell

  takeParser(): ResponseParser {
    return this.parsers.pop() ?? new ResponseParser(this.plan.http1);
  }

  giveParser(parser: ResponseParser): void {
    this.spent.push(parser);
    if (this.spent.length === 1) this.worker.later(this.reclaim);
  }

  onRoom(connection: Http2Upstream): void {
    if (this.isClosed && connection.isIdle) connection.leave();
    else if (this.line.size > 0) this.worker.later(() => this.serve(this.worker.clock.now()));
  }

  onDead(connection: Http2Upstream): void {
    const index = this.connections.indexOf(connection);
    if (index < 0) return;
    this.connections.splice(index, 1);
    this.worker.sweeper.remove(connection);
    this.service.connectionClosed();
    if (this.service.waiting > 0) this.service.roomFreed(this.worker.clock.now());
  }

  attemptDone(attempt: Http2Attempt, exchange: Exchange): void {
    this.service.attemptDone(attempt, exchange);
  }

  attemptFailed(attempt: Http2Attempt, exchange: Exchange, failure: UpstreamFailure): void {
    if (failure === FAILURES.connect) this.onUnreachable?.();
    this.service.attemptFailed(attempt, exchange, failure);
  }

  private readonly reclaim = (): void => {
    for (const parser of this.spent) if (this.parsers.length < PARSERS_KEPT) this.parsers.push(parser);
    this.spent.length = 0;
  };

  /** The first connection that takes another exchange. */
  private roomiest(): Http2Upstream | null {
    for (const connection of this.connections) if (connection.capacity > 0) return connection;
    return null;
  }

  /** One that is being opened: many who look for a new one share it. */
  private newest(): Http2Upstream | null {
    const last = this.connections.at(-1);
    return last !== undefined && !last.isConnected && last.capacity > 0 ? last : null;
  }

  private connect(now: Instant): Http2Upstream | null {
    if (this.connections.length >= this.plan.http2.connectionsMax || !this.service.makeRoom()) return null;
    const connection = new Http2Upstream(this, now);
    this.connections.push(connection);
    this.service.connectionOpened();
    this.worker.sweeper.add(connection);
    return connection;
  }
}
