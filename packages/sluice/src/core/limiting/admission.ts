/**
 * Whether a request may go on to a service: its breaker, then its bounds on requests in flight (the configured one and the adaptive one, the
 * lower counts). Low priority gets 80 % of the bound, so it is shed while the rest still has room; normal and high get all of it, and where
 * routes of high priority exist, normal leaves 5 % to them (rounded down: bounds under 20 leave nothing). A bound that someone configured is
 * therefore reached exactly by ordinary traffic.
 *
 * Workers look first and count afterwards, so w workers may pass the bound by at most w - 1. Nothing configured costs three plain reads.
 */
import type { EndpointTable } from '../balancing/endpoint-table.ts';
import { BREAKER_CLOSED, BREAKER_OPEN, takeTrial, type BreakerTable } from './breaker-trials.ts';

export type Priority = 'low' | 'normal' | 'high';

/** `trial` is `admit` on a half-open breaker: its end must be told to `recordTrial`. `queue`: wait for room. `open`: the breaker is open. */
export type Admission = 'admit' | 'trial' | 'queue' | 'shed' | 'open';

/** A service's bounds; satisfied by the plan's limits. */
export interface AdmissionLimits {
  /** Requests in flight over all workers; 0 = no bound. */
  readonly requestsMax: number;
  /** Requests that may wait, per worker; 0 sheds at once. */
  readonly queueMax: number;
  /** Whether any route to the service has high priority. */
  readonly hasHighPriority: boolean;
}

export type AdmissionTable = BreakerTable & Pick<EndpointTable, 'serviceInflight' | 'concurrencyLimit'>;

const LOW_SHARE_KEPT_FREE = 0.2;
const NORMAL_SHARE_KEPT_FREE = 0.05;

/** Decides on one request; counts nothing except a trial. */
export function admit(table: AdmissionTable, service: number, limits: AdmissionLimits, priority: Priority): Admission {
  const breaker = table.breakerState[service]!;
  if (breaker === BREAKER_OPEN) return 'open';
  const adaptive = table.concurrencyLimit[service]!;
  if ((adaptive > 0 || limits.requestsMax > 0) && !isBelowBound(table, service, limits, priority))
    return limits.queueMax > 0 ? 'queue' : 'shed';
  if (breaker === BREAKER_CLOSED) return 'admit';
  return takeTrial(table, service);
}

/**
 * What a queue asks before it lets one go: whether the service has room for one more request of this priority. With the breaker open it has none,
 * and half-open its trials are for newcomers: those who wait go when it has closed, or when their time is up.
 */
export function hasRoom(table: AdmissionTable, service: number, limits: AdmissionLimits, priority: Priority): boolean {
  return table.breakerState[service] === BREAKER_CLOSED && isBelowBound(table, service, limits, priority);
}

function isBelowBound(table: AdmissionTable, service: number, limits: AdmissionLimits, priority: Priority): boolean {
  const bound = inflightBound(table.concurrencyLimit[service]!, limits.requestsMax);
  if (bound === 0) return true;
  return Atomics.load(table.serviceInflight, service) < allowedInflight(bound, priority, limits.hasHighPriority);
}

/** The lower of two bounds of which 0 means none. */
export function inflightBound(adaptive: number, configured: number): number {
  if (adaptive <= 0) return configured;
  return configured <= 0 || adaptive < configured ? adaptive : configured;
}

/** How many may be in flight before a request of this priority is refused. */
export function allowedInflight(bound: number, priority: Priority, hasHighPriority: boolean): number {
  if (priority === 'low') return bound - Math.floor(bound * LOW_SHARE_KEPT_FREE);
  if (priority === 'normal' && hasHighPriority) return bound - Math.floor(bound * NORMAL_SHARE_KEPT_FREE);
  return bound;
}
