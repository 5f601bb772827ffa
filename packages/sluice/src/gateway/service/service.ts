/**
 * A service in one worker: who may take the next request (limits, affinity, balancer), the connections to its endpoints, and what follows when an attempt
 * ends: count it, pass it on, try again, or give up. The rules are in `core`; here they meet the sockets.
 */
import { type Instant, instant } from '../../base/time.ts';
import { NONE } from '../../core/balancing/balancer.ts';
import type { Outcome } from '../../core/health/outcome.ts';
import { hasRoom } from '../../core/limiting/admission.ts';
import { startHedge } from '../../core/limiting/hedge-budget.ts';
import { finishRetry } from '../../core/limiting/retry-budget.ts';
import type { ServicePlan } from '../../config/plan.ts';
import { ServiceAffinity } from './affinity.ts';
import { outcomeOf, outcomeOfCall } from './attempt-ledger.ts';
import { EndpointPools } from '../upstream/endpoint-pools.ts';
import type { Attempt, Exchange, ExchangeService } from '../exchange/exchange.ts';
import { Hedger } from './hedger.ts';
import { noteReport, usesReports } from './load-report.ts';
import type { PoolOwner } from '../upstream/pool.ts';
import type { RequestView } from '../exchange/request-view.ts';
import { afterFailure, afterStatus } from './retries.ts';
import { type EndpointSlots, ServiceCore } from './service-core.ts';
import { type GateOwner, ServiceGate } from './service-gate.ts';
import type { Sweepable } from '../sweeper.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';

export class Service extends ServiceCore implements ExchangeService, PoolOwner, GateOwner<Exchange>, Sweepable {
  waiting = 0;
  /** Once no route leads here, the sweeper looks after those who still wait. */
  deadline = 0;
  sweepIndex = -1;
  private affinity: ServiceAffinity | null = null;
  private affinityRules = '';
  private hedger: Hedger | null = null;
  private usesReports = false;
  private readonly gate: ServiceGate<Exchange>;
  private readonly pools: EndpointPools;

  constructor(worker: WorkerContext, slot: number, plan: ServicePlan, slots: EndpointSlots) {
    super(worker, slot, plan, slots);
    this.gate = new ServiceGate<Exchange>(this, this);
    this.pools = new EndpointPools(this);
    this.configure(plan, slots);
  }

  override update(plan: ServicePlan, slots: EndpointSlots): void {
    super.update(plan, slots);
    this.gate.queue.update();
    this.configure(plan, slots);
  }

  /** No route leads here any more. What came before is served: its retries, who waits for room, who was on the way in. Who waits for an instance is refused. */
  close(): void {
    this.lot.close();
    this.pools.close();
    if (this.sweepIndex < 0) this.worker.sweeper.add(this);
  }

  onDeadline(now: Instant): void {
    this.expire(now);
    if (this.gate.queue.size === 0 && this.pools.isEmpty) this.worker.sweeper.remove(this);
  }

  /** Each sweep: queues let go of what waited too long, and see room that others made. */
  expire(now: Instant): void {
    if (this.lot.size > 0) this.lot.expire(now);
    this.gate.expire(now);
    // Idle connections must not keep other workers of a bounded service from having any.
    if (this.worker.plan.workers > 1 && this.isConnectionBoundReached()) this.pools.dropIdle();
    this.pools.expire(now);
  }

  // ---- an exchange's way in

  examine(exchange: Exchange, view: RequestView): void {
    if (this.balancer.needsKey) exchange.key = view.key(this.plan.balance, exchange.clientAddress);
    this.affinity?.lookUp(exchange, view);
  }

  dispatch(exchange: Exchange, now: Instant): void {
    this.gate.enter(exchange, now);
  }

  /** Sends the exchange to an endpoint that was not tried yet. */
  attempt(exchange: Exchange, now: Instant): void {
    if (exchange.isOver) return;
    const slot = this.find(exchange, now);
    if (slot === NONE) this.lot.receive(exchange, this, now);
    else this.place(exchange, slot, now);
  }

  /** A second copy takes a place of its own under the service's bounds; it never waits. */
  hedge(exchange: Exchange, cost: number, now: Instant): void {
    const { worker } = this;
    if (!hasRoom(worker.table, this.slot, this.plan.limits, exchange.route!.plan.shedPriority)) return;
    const slot = this.balancer.pick(exchange.key, [...exchange.tried, exchange.endpoint], now);
    const pool = slot === NONE ? undefined : this.pools.get(slot);
    if (pool === undefined || !startHedge(worker.table, this.slot, cost)) return;
    exchange.isHedged = true;
    this.balancer.start(slot, worker.index);
    if (exchange.trace !== null) exchange.head = exchange.trace.sending(exchange.head, slot, now, true);
    if (!pool.send(exchange, now, false, true)) {
      exchange.trace?.left(slot, now);
      return this.balancer.end(slot, worker.index);
    }
    exchange.attempts++;
    worker.metrics.hedged(exchange.route!.slot, this.slot, exchange.endpoint);
  }

  /** Looks for an endpoint that was not tried, `failed` included; the exchange's next attempt goes there, or waits for an instance. */
  hasNext(exchange: Exchange, failed: number, now: Instant): boolean {
    exchange.next = this.balancer.pick(exchange.key, [...exchange.tried, failed], now);
    // Who has no reply at hand (else it is current) can wait for another instance.
    return exchange.next !== NONE || (exchange.current === null && this.lot.takes(exchange));
  }

  // ---- the ends of attempts

  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean {
    if (!this.acceptHead(exchange, attempt, attempt.parser.status)) return false;
    exchange.serviceLines = this.onReplyHead(exchange, attempt, bytes, start);
    return exchange.client.onResponseHead(exchange, attempt, bytes, start);
  }

  acceptHead(exchange: Exchange, attempt: Attempt, status: number): boolean {
    const latencyMs = this.worker.clock.now() - attempt.sentAt;
    if (afterStatus(this, exchange, attempt, status, latencyMs)) return false;
    exchange.firstByteMs = latencyMs;
    if (exchange.trace !== null) exchange.trace.answered(attempt.slot, status, instant(attempt.sentAt + latencyMs));
    exchange.serviceLatencyMs = latencyMs;
    exchange.endpoint = attempt.slot;
    exchange.verdict = status >= 500 ? 'failed' : 'good';
    if (status === 101) {
      // A tunnel's end, hours later, says nothing more.
      this.ledger.record(attempt.slot, 'ok', latencyMs, 0);
      this.ledger.conclude(exchange);
    }
    if (exchange.rival !== null) this.dropRival(exchange, attempt);
    this.hedger?.answered(exchange);
    return true;
  }

  onReplyHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): string {
    if (this.usesReports) noteReport(this.worker, attempt, bytes, start);
    return this.affinity === null ? '' : this.affinity.onReply(exchange, attempt.parser, bytes, start);
  }

  attemptDone(attempt: Attempt, exchange: Exchange): void {
    const outcome = attempt.grpcStatus < 0 ? outcomeOf(attempt.parser.status) : outcomeOfCall(exchange, attempt.grpcStatus);
    this.ledger.uncount(attempt);
    this.ledger.record(attempt.slot, outcome, exchange.firstByteMs, exchange.bytesIn + exchange.bytesOut);
    if (exchange.trace !== null) exchange.trace.ended(attempt.slot, 0, '', this.worker.clock.now());
    forget(exchange, attempt);
  }

  attemptLeft(attempt: Attempt, exchange: Exchange, outcome: Outcome): void {
    this.ledger.uncount(attempt);
    this.ledger.record(attempt.slot, outcome, this.worker.clock.now() - attempt.sentAt, 0);
    exchange.trace?.ended(attempt.slot, attempt.parser.status, '', this.worker.clock.now());
    exchange.verdict = outcome === 'ok' ? 'good' : 'failed';
    forget(exchange, attempt);
    promote(exchange);
  }

  attemptFailed(attempt: Attempt, exchange: Exchange, failure: UpstreamFailure): void {
    const now = this.worker.clock.now();
    const isStale = attempt.isReused && !attempt.hasAnswered && failure === FAILURES.reset;
    this.ledger.uncount(attempt);
    exchange.trace?.ended(attempt.slot, 0, failure.log, now);
    forget(exchange, attempt);
    const isUnseen = failure === FAILURES.refused;
    const isAsked = failure !== FAILURES.noWebSocket; // else the fault, if it is one, is the client's
    if (!isStale && !isUnseen && isAsked) {
      exchange.serviceLatencyMs = now - attempt.sentAt;
      this.ledger.record(attempt.slot, failure.outcome, exchange.serviceLatencyMs, 0);
      const { slot, hasAnswered } = attempt;
      const tlsFailure = this.pools.get(slot)?.tls?.failure ?? '';
      this.notices.note({ slot, address: this.addressOf(slot), failure, hasAnswered, tlsFailure }, now);
    }
    if (exchange.isOver) return;
    if (attempt.isReplying) {
      exchange.verdict = 'failed';
      return exchange.client.onReplyCut(exchange, failure);
    }
    if (exchange.current !== null || exchange.rival !== null) return this.goOnWithOther(exchange, attempt, now);
    const isForgivable = isUnseen ? exchange.isReplayable : isStale && exchange.canResend && exchange.isIdempotent;
    if (isForgivable && !exchange.isStaleForgiven) {
      // A kept connection that its origin closed in the meantime, or a stream that it never looked at: no fault of anybody's.
      exchange.isStaleForgiven = true;
      exchange.attempts--;
      return this.pools.get(attempt.slot) === undefined ? this.attempt(exchange, now) : this.place(exchange, attempt.slot, now, true);
    }
    if (isAsked) exchange.verdict = 'failed';
    afterFailure(this, exchange, attempt.slot, failure, now);
  }

  attemptUnplaced(exchange: Exchange, slot: number, failure: UpstreamFailure): void {
    this.balancer.end(slot, this.worker.index);
    exchange.trace?.ended(slot, 0, failure.log, this.worker.clock.now());
    if (!exchange.isOver) afterFailure(this, exchange, slot, failure, this.worker.clock.now());
  }

  attemptAbandoned(slot: number): void {
    this.balancer.end(slot, this.worker.index);
  }

  tunnelEnded(exchange: Exchange): void {
    if (exchange.current !== null) this.ledger.uncount(exchange.current);
    exchange.current = null;
  }

  // ---- the ends of exchanges

  abandon(exchange: Exchange): void {
    if (exchange.leaveQueue !== null) {
      exchange.leaveQueue();
      exchange.leaveQueue = null;
    }
    if (exchange.outcome === 'timeout-exchange' && !exchange.isDeadlineAsked) this.ledger.blame(exchange);
    if (exchange.current !== null) this.ledger.stop(exchange.current);
    if (exchange.rival !== null) this.ledger.stop(exchange.rival);
    exchange.current = null;
    exchange.rival = null;
  }

  giveUp(exchange: Exchange, status: number, reason: Exchange['outcome']): void {
    exchange.outcome = reason;
    const fields = status === 503 ? `Retry-After: ${this.plan.limits.retryAfterSeconds}\r\n` : '';
    exchange.client.replyOwn(exchange, { status, fields });
  }

  exchangeEnded(exchange: Exchange): void {
    if (exchange.hedgeTimer !== null) clearTimeout(exchange.hedgeTimer);
    if (exchange.retryTimer !== null) clearTimeout(exchange.retryTimer);
    for (; exchange.retriesHeld > 0; exchange.retriesHeld--) finishRetry(this.worker.table, this.slot, this.worker.index);
    if (exchange.outcome !== 'client-gone') this.ledger.conclude(exchange);
    this.gate.left();
  }

  addressOf(slot: number): string {
    return this.pools.addressOf(slot);
  }

  // ---- bounds on connections

  makeRoom(): boolean {
    return !this.isConnectionBoundReached() || (this.pools.dropIdle() && !this.isConnectionBoundReached());
  }

  roomFreed(now: Instant): void {
    this.pools.serve(now);
  }

  // ---- waiting for an instance

  find(exchange: Exchange, now: Instant): number {
    const { wanted, next } = exchange;
    exchange.next = NONE;
    if (next !== NONE && this.balancer.isUsable(next, false) && this.pools.get(next) !== undefined) return next;
    if (wanted === NONE || exchange.attempts > 0) return this.balancer.pick(exchange.key, exchange.tried, now);
    if (this.balancer.isUsable(wanted, true) && this.pools.get(wanted) !== undefined) return wanted;
    exchange.affinity = 'stale';
    return this.balancer.pick(exchange.key, exchange.tried, now);
  }

  admits(exchange: Exchange): boolean {
    return this.waiting === 0 && this.gate.admits(exchange); // who waits for a connection goes before
  }

  refuse(exchange: Exchange, reason: 'shed' | 'timeout-parked' | 'no-endpoint'): void {
    if (reason !== 'no-endpoint') this.countShed(exchange.route!.slot);
    this.giveUp(exchange, 503, reason);
  }

  /** Sends to this endpoint. */
  place(exchange: Exchange, slot: number, now: Instant, overNewConnection = false): void {
    const pool = this.pools.get(slot);
    if (pool === undefined) return this.giveUp(exchange, 503, 'no-endpoint');
    this.balancer.start(slot, this.worker.index);
    exchange.attempts++;
    exchange.endpoint = slot;
    if (exchange.trace !== null) exchange.head = exchange.trace.sending(exchange.head, slot, now, false);
    if (!pool.send(exchange, now, overNewConnection, false)) {
      exchange.trace?.ended(slot, 0, 'shed', now);
      this.balancer.end(slot, this.worker.index);
      return this.refuse(exchange, 'shed');
    }
    this.hedger?.sent(exchange);
  }

  private dropRival(exchange: Exchange, winner: Attempt): void {
    const loser = exchange.current === winner ? exchange.rival : exchange.current;
    exchange.current = winner;
    exchange.rival = null;
    if (winner.isHedge) this.worker.metrics.hedgeWon(exchange.route!.slot, this.slot);
    if (loser === null) return;
    const now = this.worker.clock.now();
    exchange.trace?.left(loser.slot, now);
    this.worker.metrics.attemptEnded(loser.slot, 0, now - loser.sentAt, 0, 0);
    // It would have taken longer still. Untold, the algorithm would take the slow endpoint for an idle one.
    if (winner.isHedge && this.balancer.learns) this.balancer.observe(loser.slot, now - loser.sentAt, false, 0, now);
    this.ledger.stop(loser);
  }

  /** One of two copies failed: the other is the exchange's attempt now. */
  private goOnWithOther(exchange: Exchange, failed: Attempt, now: Instant): void {
    this.worker.metrics.attemptEnded(failed.slot, 0, now - failed.sentAt, 0, 0);
    exchange.addTried(failed.slot);
    promote(exchange);
    exchange.endpoint = exchange.current!.slot;
  }

  private configure(plan: ServicePlan, slots: EndpointSlots): void {
    const rules = JSON.stringify(plan.affinity);
    if (plan.affinity === null) this.affinity = null;
    else if (this.affinity !== null && rules === this.affinityRules) this.affinity.setEndpoints(slots);
    else this.affinity = new ServiceAffinity(this, plan.affinity, slots);
    this.affinityRules = rules;
    this.hedger = plan.hedge === null ? null : new Hedger(this, plan.hedge);
    this.usesReports = usesReports(plan);
    this.pools.set(plan.endpoints, slots, plan.pool);
  }
}

function forget(exchange: Exchange, attempt: Attempt): void {
  if (exchange.current === attempt) exchange.current = null;
  if (exchange.rival === attempt) exchange.rival = null;
}

function promote(exchange: Exchange): void {
  exchange.current ??= exchange.rival;
  exchange.rival = null;
}
