/**
 * Whether a failed attempt is followed by another. Order of the questions: has the client seen anything; does HTTP allow it (RFC 9110 §9.2.2);
 * did the plan ask for it; are attempts left; does the budget, shared by all workers, still pay. Never the same endpoint twice.
 */
import type { Instant } from '../base/time.ts';
import { backoffMs } from '../core/limiting/backoff.ts';
import { startRetry } from '../core/limiting/retry-budget.ts';
import type { RetryOn } from '../config/plan.ts';
import type { Exchange } from './exchange.ts';
import type { Service } from './service.ts';
import type { UpstreamConnection } from './upstream.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** After an attempt without a reply: tries again or answers the client. */
export function afterFailure(service: Service, exchange: Exchange, slot: number, failure: UpstreamFailure, now: Instant): void {
  const isAllowed = failure.isUnsent ? exchange.isReplayable : exchange.isIdempotent && exchange.canResend;
  if (failure.retryOn !== null && isAllowed && mayRetry(service, exchange, failure.retryOn)) return retry(service, exchange, slot, now);
  service.giveUp(exchange, failure.status, failure.log);
}

/** After a reply's head: true when the reply is left aside and another attempt is under way. */
export function afterStatus(
  service: Service,
  exchange: Exchange,
  connection: UpstreamConnection,
  status: number,
  latencyMs: number,
): boolean {
  if (status < 500 && status !== 429) return false;
  const on = statusRule(service, status);
  if (on === null || !exchange.isIdempotent || !exchange.canResend) return false;
  if (exchange.current !== null && exchange.rival !== null) return false; // the copy that answers first counts
  if (!mayRetry(service, exchange, on)) return false;
  const { slot } = connection.pool;
  service.plane.metrics.attemptEnded(slot, status, latencyMs, 0, 0);
  service.attemptDone(connection, exchange, status === 429 ? 'ok' : status >= 502 && status <= 504 ? 'gateway' : '5xx');
  exchange.current = null;
  exchange.rival = null;
  connection.discard();
  retry(service, exchange, slot, service.plane.clock.now());
  return true;
}

function statusRule(service: Service, status: number): RetryOn | null {
  const { on } = service.plan.retry;
  const exact = String(status) as RetryOn;
  if (on.includes(exact)) return exact;
  return status >= 500 && on.includes('5xx') ? '5xx' : null;
}

function mayRetry(service: Service, exchange: Exchange, on: RetryOn): boolean {
  const { plan, plane } = service;
  if (!plan.retry.on.includes(on) || exchange.attempts >= plan.retry.attempts || exchange.isReplyStarted) return false;
  if (startRetry(plane.table, service.slot, service.budget) !== 'retry') {
    plane.metrics.retryDenied(exchange.route!.slot, service.slot);
    return false;
  }
  exchange.retriesHeld++;
  return true;
}

function retry(service: Service, exchange: Exchange, slot: number, now: Instant): void {
  const { plane, plan } = service;
  plane.metrics.retried(exchange.route!.slot, service.slot, slot);
  exchange.addTried(slot);
  const waitMs = backoffMs(exchange.attempts, plan.retry.backoffBaseMs, plan.retry.backoffMaxMs, plane.random);
  if (waitMs < 1) return service.attempt(exchange, now);
  exchange.retryTimer = setTimeout(() => {
    exchange.retryTimer = null;
    service.attempt(exchange, plane.clock.now());
  }, waitMs);
}
