/**
 * What attempts and exchanges teach, told once each: the in-flight counts, the outlier rules, the algorithm that learns, the breaker and the limits. What the
 * client or we ourselves ended says nothing: nobody can open a breaker by sending nonsense.
 */
import type { ServiceBalancer } from '../../core/balancing/service-balancer.ts';
import { GRPC_STATUS, type GrpcStatus, grpcOutcome } from '../../core/grpc/status.ts';
import { NO_CONSECUTIVE_RULES, type Outcome, recordOutcome } from '../../core/health/outcome.ts';
import { recordTrial } from '../../core/limiting/breaker-trials.ts';
import { recordServiceOutcome } from '../../core/limiting/service-outcome.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whose attempts they are. `service.ts` is it. */
export interface LedgerOwner {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: ServicePlan;
  readonly balancer: ServiceBalancer;
}

/** What is judged as a whole: an exchange, at layer 4 a connection or session. */
export interface Judged {
  /** What it says about its service; empty: nothing (more). */
  verdict: '' | 'good' | 'failed';
  readonly serviceLatencyMs: number;
  /** Takes part in half-open trials of the breaker. */
  readonly isTrial: boolean;
}

export class AttemptLedger {
  private readonly owner: LedgerOwner;

  constructor(owner: LedgerOwner) {
    this.owner = owner;
  }

  /** An endpoint's request has ended: what it showed. */
  record(slot: number, outcome: Outcome, latencyMs: number, bytes: number): void {
    const { worker, plan, balancer } = this.owner;
    const isSuspect = recordOutcome(worker.table, plan.outlier ?? NO_CONSECUTIVE_RULES, slot, outcome, latencyMs);
    if (isSuspect) worker.say({ type: 'suspect', service: this.owner.slot, endpoint: slot });
    if (balancer.learns) balancer.observe(slot, latencyMs, outcome !== 'ok', bytes, worker.clock.now());
  }

  /** It is in flight no more; once per attempt, however often it is said. */
  uncount(attempt: Attempt): void {
    if (!attempt.isCounted) return;
    attempt.isCounted = false;
    this.owner.balancer.end(attempt.slot, this.owner.worker.index);
  }

  /** Ends an attempt that nobody waits for. */
  stop(attempt: Attempt): void {
    this.uncount(attempt);
    attempt.discard();
  }

  /** The exchange's time is up and no reply has begun: that is the endpoint's failure as much as a late head is. */
  blame(exchange: Exchange): void {
    const { current } = exchange;
    if (current === null || current.isReplying) return;
    exchange.serviceLatencyMs = this.owner.worker.clock.now() - current.sentAt;
    exchange.verdict = 'failed';
    this.record(current.slot, 'gateway', exchange.serviceLatencyMs, 0);
  }

  /** Tells the breaker and the limits how it went; once, and only where there is a verdict. */
  conclude(judged: Judged): void {
    if (judged.verdict === '') return;
    const isFailed = judged.verdict === 'failed';
    judged.verdict = '';
    const { worker, slot } = this.owner;
    recordServiceOutcome(worker.table, slot, isFailed, judged.serviceLatencyMs);
    if (judged.isTrial) recordTrial(worker.table, slot, isFailed);
  }
}

/**
 * How the outlier rules count the end of a gRPC call, which is also the exchange's verdict. A deadline that the client has set may be too short for anybody: else who
 * asks for a microsecond could open a breaker.
 */
export function outcomeOfCall(exchange: Exchange, status: number): Outcome {
  exchange.grpcStatus = status;
  const isOwnHaste = exchange.isDeadlineAsked && status === GRPC_STATUS.DEADLINE_EXCEEDED;
  const outcome = isOwnHaste ? 'ok' : grpcOutcome(status as GrpcStatus);
  exchange.verdict = outcome === 'ok' ? 'good' : 'failed';
  return outcome;
}

/** How the outlier rules count a status. */
export function outcomeOf(status: number): Outcome {
  if (status < 500) return 'ok';
  return status >= 502 && status <= 504 ? 'gateway' : '5xx';
}
