/**
 * An endpoint that speaks what ALPN says (RFC 7301): the first connection asks, and whoever comes meanwhile waits; then the endpoint has a pool of that kind. An
 * endpoint that is replaced by one that speaks otherwise fails its connections, and is asked again. Upgrades go over HTTP/1.1 without asking: few origins take WebSockets
 * over HTTP/2 (RFC 8441), and those that do take them over HTTP/1.1, too.
 */
import type { LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Instant } from '../../base/time.ts';
import type { AddressPlan, EndpointPlan, PoolPlan } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Sweepable } from '../sweeper.ts';
import { type DialTarget, dial } from './dial.ts';
import { Http2Pool } from './http2-pool.ts';
import { type EndpointPool, Pool, type PoolOwner } from './pool.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';
import { UpstreamTls } from './upstream-tls.ts';
import { WaitLine } from './wait-line.ts';

const BOTH: readonly string[] = ['h2', 'http/1.1'];
const NO_BYTES = { buffer: Buffer.alloc(1), callback: (): boolean => false };

export class AutoPool implements EndpointPool, DialTarget, Sweepable {
  readonly slot: number;
  readonly target: AddressPlan;
  readonly address: string;
  readonly resolver: { readonly lookup?: LookupFunction };
  readonly tls: UpstreamTls;
  plan: PoolPlan;
  onUnreachable: (() => void) | null = null;
  deadline = Infinity;
  sweepIndex = -1;
  private readonly service: PoolOwner;
  private readonly endpoint: EndpointPlan;
  private readonly line: WaitLine;
  private inner: EndpointPool | null = null;
  private upgrades: Pool | null = null;
  private asking: TLSSocket | null = null;
  /** A connection could not be made: perhaps the endpoint speaks otherwise now. */
  private isInDoubt = false;
  private isClosed = false;

  constructor(service: PoolOwner, slot: number, endpoint: EndpointPlan) {
    this.service = service;
    this.slot = slot;
    this.endpoint = endpoint;
    this.target = endpoint.target;
    this.address = endpoint.address;
    this.plan = service.plan.pool;
    this.tls = new UpstreamTls(service.plan.tls!, endpoint.target);
    this.resolver = endpoint.target.kind === 'tcp' ? service.worker.resolver : {};
    this.line = new WaitLine(service, slot);
  }

  get isEmpty(): boolean {
    return this.line.size === 0 && (this.inner === null || this.inner.isEmpty) && (this.upgrades === null || this.upgrades.isEmpty);
  }

  send(exchange: Exchange, now: Instant, isFreshOnly: boolean, isHedge: boolean): boolean {
    if (exchange.isUpgrade) return this.sendUpgrade(exchange, now, isFreshOnly, isHedge);
    if (this.isInDoubt && this.inner?.isEmpty === true) this.inner = null;
    if (this.inner !== null) {
      this.inner.plan = this.plan;
      return this.inner.send(exchange, now, isFreshOnly, isHedge);
    }
    if (isHedge || !this.line.add(exchange, now, this.plan)) return false;
    if (this.asking === null) this.ask(now);
    return true;
  }

  close(): void {
    this.isClosed = true;
    this.inner?.close();
    this.upgrades?.close();
  }

  dropIdle(): boolean {
    return this.inner?.dropIdle() ?? false;
  }

  serve(now: Instant): void {
    this.inner?.serve(now);
    this.upgrades?.serve(now);
  }

  expire(now: Instant): void {
    this.line.tellLate(now);
    this.inner?.expire(now);
    this.upgrades?.expire(now);
  }

  onDeadline(): void {
    this.failed(FAILURES.connectTimeout);
  }

  private sendUpgrade(exchange: Exchange, now: Instant, isFreshOnly: boolean, isHedge: boolean): boolean {
    this.upgrades ??= new Pool(this.service, this.slot, this.endpoint);
    this.upgrades.plan = this.plan;
    return this.upgrades.send(exchange, now, isFreshOnly, isHedge);
  }

  private ask(now: Instant): void {
    const { socket, ready } = dial(this, BOTH, NO_BYTES);
    const asking = socket as TLSSocket;
    this.asking = asking;
    this.deadline = now + this.plan.connectTimeoutMs;
    this.service.worker.sweeper.add(this);
    asking.on(ready, () => this.answered(asking.alpnProtocol === 'h2'));
    const failed = (): void => {
      if (this.asking === asking) this.failed(FAILURES.connect); // the close of one that was late comes when the next may be under way
    };
    asking.on('error', failed);
    asking.on('close', failed);
  }

  private answered(isHttp2: boolean): void {
    this.stopAsking();
    this.inner = isHttp2 ? new Http2Pool(this.service, this.slot, this.endpoint) : new Pool(this.service, this.slot, this.endpoint);
    this.inner.onUnreachable = () => (this.isInDoubt = true);
    this.isInDoubt = false;
    const now = this.service.worker.clock.now();
    for (let next = this.line.next(now); next !== null; next = this.line.next(now)) {
      if (!this.inner.send(next, now, false, false)) this.service.attemptUnplaced(next, this.slot, FAILURES.poolTimeout);
    }
    if (this.isClosed) this.inner.close();
  }

  private failed(failure: UpstreamFailure): void {
    this.stopAsking();
    const now = this.service.worker.clock.now();
    for (let next = this.line.next(now); next !== null; next = this.line.next(now)) this.service.attemptUnplaced(next, this.slot, failure);
  }

  private stopAsking(): void {
    const { asking } = this;
    this.asking = null;
    this.deadline = Infinity;
    this.service.worker.sweeper.remove(this);
    asking?.destroy();
  }
}
