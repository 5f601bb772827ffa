/**
 * Whether a failed attempt may be followed by another: within the budget's share of all requests (a failing service gets at most
 * 1 + share times its load, not `attempts` times), and below the bound on retries in flight (Envoy's `max_retries`).
 * Whether HTTP allows the retry at all (RFC 9110 §9.2.2) is decided before this.
 */
import { type EndpointTable, SERVICES_MAX } from '../balancing/endpoint-table.ts';
import { extraCost, withdraw } from './token-budget.ts';

export type RetryTable = Pick<EndpointTable, 'retryTokens' | 'serviceRetries' | 'serviceRetriesByWorker'>;

/** Why a retry may not be made; each has its own count in the metrics. */
export type RetryDecision = 'retry' | 'over-budget' | 'too-many';

/** A service's retry rules, compiled. */
export interface RetryBudget {
  readonly cost: number;
  /** Retries in flight at most, over all workers; 0 = no bound. */
  readonly retriesMax: number;
}

/** Compiles the budget of a service. */
export function retryBudget(budgetShare: number, retriesMax: number): RetryBudget {
  return { cost: extraCost(budgetShare), retriesMax };
}

/** Takes one retry; on `retry` the caller owes a `finishRetry` when that attempt ends. */
export function startRetry(table: RetryTable, service: number, budget: RetryBudget, worker: number): RetryDecision {
  const inFlight = Atomics.add(table.serviceRetries, service, 1);
  if (budget.retriesMax > 0 && inFlight >= budget.retriesMax) {
    Atomics.sub(table.serviceRetries, service, 1);
    return 'too-many';
  }
  if (withdraw(table.retryTokens, service, budget.cost)) {
    table.serviceRetriesByWorker[worker * SERVICES_MAX + service]! += 1;
    return 'retry';
  }
  Atomics.sub(table.serviceRetries, service, 1);
  return 'over-budget';
}

/** A retry that was started has ended, whichever way. */
export function finishRetry(table: RetryTable, service: number, worker: number): void {
  table.serviceRetriesByWorker[worker * SERVICES_MAX + service]! -= 1;
  Atomics.sub(table.serviceRetries, service, 1);
}
