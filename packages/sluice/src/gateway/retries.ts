/**
 * Whether a failed attempt is followed by another. Order of the questions: has the client seen anything; does HTTP allow it (RFC 9110 §9.2.2);
 * did the plan ask for it; are attempts left; does the budget, shared by all workers, still pay. Never the same endpoint twice.
 */
import type { Instant } from '../base/time.ts';
import { backoffMs } from '../core/limiting/backoff.ts';
import { startRetry } from '../core/limiting/retry-budget.ts';
import type { Outcome } from '../core/health/outcome.ts';
import type { RetryOn, RetryPlan } from '../config/plan.ts';
import type { RetryBudget } from '../core/limiting/retry-budget.ts';
import type { Attempt, Exchange } from './exchange.ts';
import type { UpstreamFailure } from './upstream-failure.ts';
import type { WorkerContext } from './worker-context.ts';

/** Who tries again. `service.ts` is it. */
export interface Retrier {
  readonly worker: WorkerContext;
  readonly slot: number;
  readonly plan: { readonly retry: RetryPlan };
  readonly budget: RetryBudget;
  attempt(exchange: Exchange, now: Instant): void;
  /** An attempt's reply is left aside. */
  attemptLeft(attempt: Attempt, exchange: Exchange, outcome: Outcome): void;
  giveUp(exchange: Exchange, status: number, reason: Exchange['outcome']): void;
}

/** After an attempt without a reply: tries again or answers the client. */
export function afterFailure(service: Retrier, exchange: Exchange, slot: number, failure: UpstreamFailure, now: Instant): void {
  const isAllowed = failure.isUnsent ? exchange.isReplayable : exchange.isIdempotent && exchange.canResend;
  if (failure.retryOn !== null && isAllowed && mayRetry(service, exchange, failure.retryOn)) return retry(service, exchange, slot, now);
  service.giveUp(exchange, failure.status, failure.log);
}

/** After a reply's head: true when the reply is left aside and another attempt is under way. */
export function afterStatus(service: Retrier, exchange: Exchange, attempt: Attempt, status: number, latencyMs: number): boolean {
  if (status < 500 && status !== 429) return false;
  const on = statusRule(service, status);
  if (on === null || !exchange.isIdempotent || !exchange.canResend) return false;
  if (exchange.current !== null && exchange.rival !== null) return false; // the copy that answers first counts
  if (!mayRetry(service, exchange, on)) return false;
  const { slot } = attempt;
  service.worker.metrics.attemptEnded(slot, status, latencyMs, 0, 0);
  service.attemptLeft(attempt, exchange, status === 429 ? 'ok' : status >= 502 && status <= 504 ? 'gateway' : '5xx');
  exchange.current = null;
  exchange.rival = null;
  attempt.discard();
  retry(service, exchange, slot, service.worker.clock.now());
  return true;
}

function statusRule(service: Retrier, status: number): RetryOn | null {
  const { on } = service.plan.retry;
  const exact = String(status) as RetryOn;
  if (on.includes(exact)) return exact;
  return status >= 500 && on.includes('5xx') ? '5xx' : null;
}

function mayRetry(service: Retrier, exchange: Exchange, on: RetryOn): boolean {
  const { plan, worker } = service;
  if (!plan.retry.on.includes(on) || exchange.attempts >= plan.retry.attempts || exchange.isReplyStarted) return false;
  if (startRetry(worker.table, service.slot, service.budget, worker.index) !== 'retry') {
    worker.metrics.retryDenied(exchange.route!.slot, service.slot);
    return false;
  }
  exchange.retriesHeld++;
  return true;
}

function retry(service: Retrier, exchange: Exchange, slot: number, now: Instant): void {
  const { worker, plan } = service;
  worker.metrics.retried(exchange.route!.slot, service.slot, slot);
  exchange.addTried(slot);
  const waitMs = backoffMs(exchange.attempts, plan.retry.backoffBaseMs, plan.retry.backoffMaxMs, worker.random);
  if (waitMs < 1) return service.attempt(exchange, now);
  exchange.retryTimer = setTimeout(() => {
    exchange.retryTimer = null;
    service.attempt(exchange, worker.clock.now());
  }, waitMs);
}
