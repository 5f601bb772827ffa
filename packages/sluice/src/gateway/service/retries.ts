/**
 * Whether a failed attempt is followed by another. Order of the questions: has the client seen anything; does HTTP allow it (RFC 9110 §9.2.2), or the plan name its
 * gRPC status;
 * did the plan ask for it; are attempts left; is there
 * another endpoint; does the budget, shared by all workers, still pay. Never the same endpoint twice.
 */
import type { Instant } from '../../base/time.ts';
import { backoffMs } from '../../core/limiting/backoff.ts';
import { startRetry } from '../../core/limiting/retry-budget.ts';
import type { Outcome } from '../../core/health/outcome.ts';
import type { RetryOn, RetryPlan } from '../../config/plan.ts';
import { GRPC_RETRY_ON, type GrpcRetryOn, type GrpcStatus, httpStatusOfGrpc } from '../../core/grpc/status.ts';
import type { RetryBudget } from '../../core/limiting/retry-budget.ts';
import { outcomeOf } from './attempt-ledger.ts';
import type { Attempt, Exchange } from '../exchange/exchange.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';

/** gRPC statuses by the rules that name them. */
const GRPC_RULES: ReadonlyMap<RetryOn, number> = new Map(
  Object.entries(GRPC_RETRY_ON).map(([name, status]) => [`grpc-${name as GrpcRetryOn}`, status]),
);

/** Who tries again. `service.ts` is it. */
export interface Retrier {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: { readonly retry: RetryPlan };
  readonly budget: RetryBudget;
  attempt(exchange: Exchange, now: Instant): void;
  /** Whether there is an endpoint that was not tried, `failed` included. */
  hasNext(exchange: Exchange, failed: number, now: Instant): boolean;
  /** An attempt's reply is left aside. */
  attemptLeft(attempt: Attempt, exchange: Exchange, outcome: Outcome): void;
  giveUp(exchange: Exchange, status: number, reason: Exchange['outcome']): void;
}

/** After an attempt without a reply: tries again or answers the client. */
export function afterFailure(service: Retrier, exchange: Exchange, slot: number, failure: UpstreamFailure, now: Instant): void {
  const isAllowed = failure.isUnsent ? exchange.isReplayable : exchange.isIdempotent && exchange.canResend;
  if (failure.retryOn !== null && isAllowed && mayRetry(service, exchange, slot, failure.retryOn, now)) {
    service.worker.metrics.attemptEnded(slot, 0, exchange.serviceLatencyMs, 0, 0);
    return retry(service, exchange, slot);
  }
  service.giveUp(exchange, failure.status, failure.log);
}

/** After a reply's head: true when the reply is left aside and another attempt is under way. */
export function afterStatus(service: Retrier, exchange: Exchange, attempt: Attempt, status: number, latencyMs: number): boolean {
  const said = attempt.grpcStatus > 0 ? httpStatusOfGrpc(attempt.grpcStatus as GrpcStatus) : status;
  const on = attempt.grpcStatus > 0 ? grpcRule(service, attempt.grpcStatus) : statusRule(service, exchange, status);
  if (on === null || !exchange.canResend) return false;
  const { slot } = attempt;
  const now = service.worker.clock.now();
  const isCopyUnderWay = exchange.current !== null && exchange.rival !== null;
  if (!isCopyUnderWay && !mayRetry(service, exchange, slot, on, now)) return false;
  service.worker.metrics.attemptEnded(slot, said, latencyMs, 0, 0);
  service.attemptLeft(attempt, exchange, outcomeOf(said));
  attempt.discard();
  if (isCopyUnderWay) exchange.addTried(slot); // the other copy may do better
  else retry(service, exchange, slot);
  return true;
}

function statusRule(service: Retrier, exchange: Exchange, status: number): RetryOn | null {
  if ((status < 500 && status !== 429) || !exchange.isIdempotent) return null;
  const { on } = service.plan.retry;
  const exact = String(status) as RetryOn;
  if (on.includes(exact)) return exact;
  return status >= 500 && on.includes('5xx') ? '5xx' : null;
}

/** A call that ended before it began, with a status that the plan names. Calls are POSTs: whether they may be repeated is for who names it to know. */
function grpcRule(service: Retrier, status: number): RetryOn | null {
  for (const on of service.plan.retry.on) if (GRPC_RULES.get(on) === status) return on;
  return null;
}

function mayRetry(service: Retrier, exchange: Exchange, failed: number, on: RetryOn, now: Instant): boolean {
  const { plan, worker } = service;
  if (!plan.retry.on.includes(on) || exchange.attempts >= plan.retry.attempts || exchange.isReplyStarted) return false;
  if (!service.hasNext(exchange, failed, now)) return false; // what we have is better than "no endpoint"
  if (startRetry(worker.table, service.slot, service.budget, worker.index) !== 'retry') {
    worker.metrics.retryDenied(exchange.route!.slot, service.slot);
    return false;
  }
  exchange.retriesHeld++;
  return true;
}

function retry(service: Retrier, exchange: Exchange, slot: number): void {
  const { worker, plan } = service;
  worker.metrics.retried(exchange.route!.slot, service.slot, slot);
  exchange.addTried(slot);
  const waitMs = backoffMs(exchange.attempts, plan.retry.backoffBaseMs, plan.retry.backoffMaxMs, worker.random);
  // At the end of a turn, as every request: a kept connection that died meanwhile, or was written to, must be found out first.
  const again = (): void => service.attempt(exchange, worker.clock.now());
  if (waitMs < 1) return worker.later(again);
  exchange.retryTimer = setTimeout(() => {
    exchange.retryTimer = null;
    worker.later(again);
  }, waitMs);
}
