/**
 * A service in one worker: who may take the next request (balancer, limits, affinity), the connections to its endpoints, and what follows when an attempt
 * ends: count it, pass it on, try again, or give up. The rules are in `core`; here they meet the sockets.
 */
import type { Instant } from '../base/time.ts';
import { NONE } from '../core/balancing/balancer.ts';
import { ServiceBalancer } from '../core/balancing/service-balancer.ts';
import { NO_CONSECUTIVE_RULES, type Outcome, recordOutcome } from '../core/health/outcome.ts';
import { admit, hasRoom } from '../core/limiting/admission.ts';
import { recordTrial } from '../core/limiting/breaker-trials.ts';
import { finishRetry, type RetryBudget, retryBudget } from '../core/limiting/retry-budget.ts';
import { recordServiceOutcome } from '../core/limiting/service-outcome.ts';
import { WaitQueue } from '../core/limiting/wait-queue.ts';
import type { EndpointPlan, ServicePlan } from '../config/plan.ts';
import { ServiceAffinity } from './affinity.ts';
import type { DataPlane } from './data-plane.ts';
import type { Exchange } from './exchange.ts';
import { Hedger } from './hedger.ts';
import { usesReports } from './load-report.ts';
import { Pool } from './pool.ts';
import { afterFailure, afterStatus } from './retries.ts';
import type { UpstreamConnection } from './upstream.ts';
import { FAILURES, type UpstreamFailure } from './upstream-failure.ts';

export class Service {
  readonly plane: DataPlane;
  readonly slot: number;
  plan: ServicePlan;
  balancer: ServiceBalancer;
  affinity: ServiceAffinity | null = null;
  budget: RetryBudget;
  hedger: Hedger | null = null;
  /** Requests that wait for a connection. */
  waiting = 0;
  /** Replies are searched for load reports. */
  usesReports = false;
  private affinityRules = '';
  private readonly pools = new Map<number, Pool>();
  private readonly leaving = new Set<Pool>();
  private queue: WaitQueue<Exchange>;

  constructor(plane: DataPlane, slot: number, plan: ServicePlan, slots: Readonly<Record<string, number>>) {
    this.plane = plane;
    this.slot = slot;
    this.plan = plan;
    this.budget = retryBudget(plan.retry.budgetShare, plan.limits.retriesMax);
    this.queue = new WaitQueue<Exchange>(plan.limits);
    this.balancer = this.newBalancer(plan, slots);
    this.configure(plan, slots);
  }

  /** Takes a changed plan over; endpoints that stay keep their connections, those that go finish what they have. */
  update(plan: ServicePlan, slots: Readonly<Record<string, number>>): void {
    const isSameBalance =
      JSON.stringify([plan.balance, plan.panicThreshold, plan.slowStartMs]) ===
      JSON.stringify([this.plan.balance, this.plan.panicThreshold, this.plan.slowStartMs]);
    this.plan = plan;
    this.budget = retryBudget(plan.retry.budgetShare, plan.limits.retriesMax);
    if (isSameBalance) this.balancer.setEndpoints(endpointsOf(plan, slots));
    else this.balancer = this.newBalancer(plan, slots);
    this.configure(plan, slots);
  }

  /** No route leads here any more. */
  close(): void {
    for (const pool of this.pools.values()) {
      pool.close();
      this.leaving.add(pool);
    }
    this.pools.clear();
  }

  /** Lets an exchange in, or refuses it. */
  dispatch(exchange: Exchange, now: Instant): void {
    const { table } = this.plane;
    switch (admit(table, this.slot, this.plan.limits, exchange.route!.plan.shedPriority)) {
      case 'trial':
        exchange.isTrial = true;
        return this.attempt(exchange, now);
      case 'admit':
        return this.attempt(exchange, now);
      case 'queue':
        return this.enqueue(exchange, now);
      case 'shed':
      case 'open':
        return this.shed(exchange);
    }
  }

  /** Sends the exchange to an endpoint that was not tried yet. */
  attempt(exchange: Exchange, now: Instant): void {
    if (exchange.isOver) return;
    const slot = this.pickFor(exchange, now);
    if (slot === NONE) return this.giveUp(exchange, 503, 'no-endpoint');
    this.place(exchange, slot, now, false, false);
  }

  /** Sends a second copy beside the first. */
  hedge(exchange: Exchange, now: Instant): void {
    const slot = this.balancer.pick(exchange.key, [...exchange.tried, exchange.endpoint], now);
    if (slot === NONE) return;
    exchange.isHedged = true;
    this.plane.metrics.hedged(exchange.route!.slot, this.slot, exchange.endpoint);
    this.place(exchange, slot, now, false, true);
  }

  /** A reply's head has come: pass it on (true), or try again instead. Stops the other copy, if there is one. */
  acceptHead(exchange: Exchange, connection: UpstreamConnection, status: number): boolean {
    const now = this.plane.clock.now();
    const latencyMs = now - connection.sentAt;
    if (afterStatus(this, exchange, connection, status, latencyMs)) return false;
    exchange.firstByteMs = latencyMs;
    exchange.serviceLatencyMs = latencyMs;
    exchange.endpoint = connection.pool.slot;
    this.dropRival(exchange, connection);
    this.hedger?.answered(exchange);
    return true;
  }

  /** An attempt's reply is complete, or (with an outcome) was left for a retry. */
  attemptDone(connection: UpstreamConnection, exchange: Exchange, outcome: Outcome | null): void {
    const status = connection.parser.status;
    this.uncount(connection);
    const latencyMs = outcome === null ? exchange.firstByteMs : this.plane.clock.now() - connection.sentAt;
    const counted: Outcome = outcome ?? (status >= 502 && status <= 504 ? 'gateway' : status >= 500 ? '5xx' : 'ok');
    this.record(connection.pool.slot, counted, latencyMs, exchange.bytesIn + exchange.bytesOut);
    if (outcome === null) this.forget(exchange, connection);
  }

  /** An attempt failed. */
  attemptFailed(connection: UpstreamConnection, exchange: Exchange, failure: UpstreamFailure): void {
    const now = this.plane.clock.now();
    const wasStale = connection.isReused && !connection.hasAnswered && failure === FAILURES.reset;
    this.uncount(connection);
    this.forget(exchange, connection);
    if (!wasStale) {
      this.record(connection.pool.slot, failure.outcome, now - connection.sentAt, 0);
      exchange.serviceLatencyMs = now - connection.sentAt;
    }
    if (exchange.isOver) return;
    if (exchange.isReplyStarted && connection.isReplying) return exchange.connection.onReplyCut(exchange, failure);
    if (exchange.current !== null || exchange.rival !== null) return; // the other copy goes on
    if (wasStale && !exchange.isStaleForgiven && exchange.canResend && exchange.isIdempotent) {
      exchange.isStaleForgiven = true;
      return this.place(exchange, connection.pool.slot, now, true, false);
    }
    afterFailure(this, exchange, connection.pool.slot, failure, now);
  }

  /** An upgraded connection has closed. */
  tunnelEnded(exchange: Exchange, connection: UpstreamConnection): void {
    this.uncount(connection);
    this.forget(exchange, connection);
  }

  /** An attempt never got a connection. */
  attemptUnplaced(exchange: Exchange, slot: number, failure: UpstreamFailure): void {
    this.balancer.end(slot, this.plane.index);
    if (exchange.isOver) return;
    if (failure !== FAILURES.poolTimeout) this.record(slot, failure.outcome, 0, 0);
    afterFailure(this, exchange, slot, failure, this.plane.clock.now());
  }

  attemptAbandoned(slot: number): void {
    this.balancer.end(slot, this.plane.index);
  }

  /** The client went away, or the exchange ended otherwise: what is under way for it is stopped. */
  abandon(exchange: Exchange): void {
    if (exchange.leaveQueue !== null) exchange.leaveQueue();
    exchange.leaveQueue = null;
    for (const connection of [exchange.current, exchange.rival]) {
      if (connection === null) continue;
      this.uncount(connection);
      connection.discard();
    }
    exchange.current = null;
    exchange.rival = null;
  }

  /** The exchange is over: what the limits learn from it. */
  exchangeEnded(exchange: Exchange, now: Instant): void {
    if (exchange.hedgeTimer !== null) clearTimeout(exchange.hedgeTimer);
    if (exchange.retryTimer !== null) clearTimeout(exchange.retryTimer);
    for (; exchange.retriesHeld > 0; exchange.retriesHeld--) finishRetry(this.plane.table, this.slot);
    if (exchange.attempts > 0 && exchange.outcome !== 'client-gone') {
      const isFailed = exchange.status >= 500 || exchange.outcome !== 'complete';
      recordServiceOutcome(this.plane.table, this.slot, isFailed, exchange.serviceLatencyMs);
      if (exchange.isTrial) recordTrial(this.plane.table, this.slot, isFailed);
    }
    if (this.queue.size > 0) this.serveQueue(now);
  }

  giveUp(exchange: Exchange, status: number, reason: Exchange['outcome']): void {
    exchange.outcome = reason;
    const retryAfter = status === 503 ? `Retry-After: ${this.plan.limits.retryAfterSeconds}\r\n` : '';
    exchange.connection.replyOwn(exchange, { status, fields: retryAfter });
  }

  /** Every sweep: queues and pools let go of what waited too long. */
  expire(now: Instant): void {
    if (this.queue.size > 0) {
      for (const exchange of this.queue.expire(now)) if (!exchange.isOver) this.shed(exchange);
      this.serveQueue(now);
    }
    if (this.waiting > 0) for (const pool of this.pools.values()) pool.expire(now);
    for (const pool of this.leaving) if (pool.isEmpty) this.leaving.delete(pool);
  }

  /** Address of an endpoint by slot, for the log. */
  addressOf(slot: number): string {
    return this.pools.get(slot)?.address ?? '';
  }

  connectionOpened(): void {
    Atomics.add(this.plane.table.serviceConnections, this.slot, 1);
  }

  connectionClosed(): void {
    Atomics.sub(this.plane.table.serviceConnections, this.slot, 1);
  }

  isConnectionBoundReached(): boolean {
    const bound = this.plan.limits.connectionsMax;
    return bound > 0 && Atomics.load(this.plane.table.serviceConnections, this.slot) >= bound;
  }

  /** Sends to this endpoint. `isFresh`: over a new connection. */
  place(exchange: Exchange, slot: number, now: Instant, isFresh: boolean, isHedge: boolean): void {
    const pool = this.pools.get(slot);
    if (pool === undefined) return isHedge ? undefined : this.giveUp(exchange, 503, 'no-endpoint');
    this.balancer.start(slot, this.plane.index);
    exchange.attempts++;
    if (!isHedge) exchange.endpoint = slot;
    if (!pool.send(exchange, now, isFresh, isHedge)) {
      this.balancer.end(slot, this.plane.index);
      if (!isHedge) this.shed(exchange);
      return;
    }
    if (!isHedge) this.hedger?.sent(exchange);
  }

  private pickFor(exchange: Exchange, now: Instant): number {
    const { wanted } = exchange;
    if (wanted !== NONE && exchange.attempts === 0 && this.balancer.isUsable(wanted, true) && this.pools.has(wanted)) return wanted;
    if (wanted !== NONE && exchange.affinity === 'kept') exchange.affinity = 'stale';
    return this.balancer.pick(exchange.key, exchange.tried, now);
  }

  private dropRival(exchange: Exchange, winner: UpstreamConnection): void {
    const loser = exchange.current === winner ? exchange.rival : exchange.current;
    if (loser !== null) {
      this.uncount(loser);
      this.plane.metrics.attemptEnded(loser.pool.slot, 0, 0, 0, 0);
      loser.discard();
      if (winner.isHedge) this.plane.metrics.hedgeWon(exchange.route!.slot, this.slot);
    }
    exchange.current = winner;
    exchange.rival = null;
  }

  private record(slot: number, outcome: Outcome, latencyMs: number, bytes: number): void {
    const { table } = this.plane;
    const isSuspect = recordOutcome(table, this.plan.outlier ?? NO_CONSECUTIVE_RULES, slot, outcome, latencyMs);
    if (isSuspect) this.plane.say({ type: 'suspect', service: this.slot, endpoint: slot });
    if (this.balancer.learns) this.balancer.observe(slot, latencyMs, outcome !== 'ok', bytes, this.plane.coarseNow);
  }

  private uncount(connection: UpstreamConnection): void {
    if (!connection.isCounted) return;
    connection.isCounted = false;
    this.balancer.end(connection.pool.slot, this.plane.index);
  }

  private forget(exchange: Exchange, connection: UpstreamConnection): void {
    if (exchange.current === connection) exchange.current = null;
    if (exchange.rival === connection) exchange.rival = null;
  }

  private enqueue(exchange: Exchange, now: Instant): void {
    const offer = this.queue.offer(exchange, exchange.route!.plan.shedPriority, now);
    if (offer.kind === 'full') return this.shed(exchange);
    exchange.leaveQueue = () => void this.queue.remove(offer.ticket);
    if (offer.kind === 'displaced') this.shed(offer.displaced);
  }

  private serveQueue(now: Instant): void {
    for (let next = this.queue.nextPriority(); next !== null; next = this.queue.nextPriority()) {
      if (!hasRoom(this.plane.table, this.slot, this.plan.limits, next)) return;
      const exchange = this.queue.take(now)!;
      exchange.leaveQueue = null;
      this.attempt(exchange, now);
    }
  }

  private shed(exchange: Exchange): void {
    exchange.leaveQueue = null;
    this.plane.metrics.shed(exchange.route!.slot, this.slot);
    this.giveUp(exchange, 503, 'shed');
  }

  private newBalancer(plan: ServicePlan, slots: Readonly<Record<string, number>>): ServiceBalancer {
    return new ServiceBalancer({
      table: this.plane.table,
      random: this.plane.random,
      serviceSlot: this.slot,
      balance: plan.balance,
      endpoints: endpointsOf(plan, slots),
      panicThreshold: plan.panicThreshold,
      slowStartMs: plan.slowStartMs,
    });
  }

  private configure(plan: ServicePlan, slots: Readonly<Record<string, number>>): void {
    this.queue = this.queue.size === 0 ? new WaitQueue<Exchange>(plan.limits) : this.queue;
    this.configureAffinity(plan, slots);
    this.usesReports = usesReports(plan.balance);
    this.hedger = plan.hedge === null ? null : new Hedger(this, plan.hedge);
    const wanted = new Set<number>();
    for (const endpoint of plan.endpoints) wanted.add(this.keepPool(endpoint, slots[endpoint.address]!));
    for (const [slot, pool] of this.pools) {
      if (wanted.has(slot)) continue;
      pool.close();
      this.leaving.add(pool);
      this.pools.delete(slot);
    }
  }

  private configureAffinity(plan: ServicePlan, slots: Readonly<Record<string, number>>): void {
    const rules = JSON.stringify(plan.affinity);
    if (plan.affinity === null) this.affinity = null;
    else if (this.affinity !== null && rules === this.affinityRules) this.affinity.setEndpoints(slots);
    else this.affinity = new ServiceAffinity(this, plan.affinity, slots);
    this.affinityRules = rules;
  }

  private keepPool(endpoint: EndpointPlan, slot: number): number {
    const pool = this.pools.get(slot);
    if (pool === undefined) this.pools.set(slot, new Pool(this, slot, endpoint, this.plane.resolver));
    else pool.reopen(this.plan.pool);
    return slot;
  }
}

function endpointsOf(plan: ServicePlan, slots: Readonly<Record<string, number>>) {
  return plan.endpoints.map((endpoint) => ({
    slot: slots[endpoint.address]!,
    address: endpoint.address,
    weight: endpoint.weight,
    priority: endpoint.priority,
    requestsMax: endpoint.requestsMax,
  }));
}
