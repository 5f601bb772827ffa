/**
 * The data plane's side of outlier detection: one call per ended attempt counts it in the shared table and says whether a consecutive rule
 * has just reached its count. Counting follows Envoy's default (not split) mode: a gateway error is also a 5xx, a local error (connect
 * failed, reset, timed out: no reply from the endpoint) is both; a reply of the endpoint ends a row of local errors, a reply that is no
 * gateway error ends a row of those. Cost on success about 20 ns: two atomic adds, and stores only where a row of failures ends.
 */
import type { EndpointTable } from '../balancing/endpoint-table.ts';

/** How an attempt at an endpoint ended; `gateway` is 502, 503 or 504 from it, `5xx` any other of them, `local` no reply. */
export type Outcome = 'ok' | '5xx' | 'gateway' | 'local';

/** Failures in a row that make an endpoint suspect; 0 turns a rule off. */
export interface ConsecutiveRules {
  readonly consecutive5xx: number;
  readonly consecutiveGatewayErrors: number;
  readonly consecutiveLocalErrors: number;
}

/** For services without outlier detection: everything is counted, nothing becomes suspect. */
export const NO_CONSECUTIVE_RULES: ConsecutiveRules = { consecutive5xx: 0, consecutiveGatewayErrors: 0, consecutiveLocalErrors: 0 };

/** Units of `latencySum` per millisecond: microseconds / 16. */
export const LATENCY_UNITS_PER_MS = 62.5;

/** The table columns used here. */
export type OutcomeTable = Pick<
  EndpointTable,
  'ended' | 'failed' | 'latencySum' | 'consecutive5xx' | 'consecutiveGateway' | 'consecutiveLocal'
>;

/**
 * Counts an ended attempt.
 * @param latencyMs From the request sent to the reply's head, or to the failure.
 * @returns Whether a consecutive rule has just reached its count; the worker then tells the control plane (`suspect`). True once per row.
 */
export function recordOutcome(table: OutcomeTable, rules: ConsecutiveRules, slot: number, outcome: Outcome, latencyMs: number): boolean {
  Atomics.add(table.ended, slot, 1);
  Atomics.add(table.latencySum, slot, (latencyMs * LATENCY_UNITS_PER_MS) | 0);
  if (outcome !== 'ok') return recordFailure(table, rules, slot, outcome);
  clear(table.consecutive5xx, slot);
  clear(table.consecutiveGateway, slot);
  clear(table.consecutiveLocal, slot);
  return false;
}

function recordFailure(table: OutcomeTable, rules: ConsecutiveRules, slot: number, outcome: '5xx' | 'gateway' | 'local'): boolean {
  Atomics.add(table.failed, slot, 1);
  let isSuspect = reaches(table.consecutive5xx, slot, rules.consecutive5xx);
  if (outcome === '5xx') clear(table.consecutiveGateway, slot);
  else isSuspect = reaches(table.consecutiveGateway, slot, rules.consecutiveGatewayErrors) || isSuspect;
  if (outcome !== 'local') clear(table.consecutiveLocal, slot);
  else isSuspect = reaches(table.consecutiveLocal, slot, rules.consecutiveLocalErrors) || isSuspect;
  return isSuspect;
}

/** Exactly equal, so that of all workers one says it once; a rule of 0 is never reached, because the count starts at 1. */
function reaches(counts: Int32Array, slot: number, needed: number): boolean {
  return Atomics.add(counts, slot, 1) + 1 === needed;
}

/** The plain read may be stale by an instant; what it saves is a locked store on each success. */
function clear(counts: Int32Array, slot: number): void {
  if (counts[slot] !== 0) Atomics.store(counts, slot, 0);
}
