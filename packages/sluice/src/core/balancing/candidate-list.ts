/**
 * From a level's endpoints to the candidates that an algorithm sees: who may take requests now and with which weight.
 */
import type { Instant } from '../../base/time.ts';
import type { Candidates } from './balancer.ts';
import { DOWN, DRAINING, EJECTED, MAINTENANCE } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** What of an endpoint's plan balancing needs, and its slot. */
export interface ServiceEndpoint {
  readonly slot: number;
  /** Canonical; what is hashed. */
  readonly address: string;
  /** 0 takes nothing new. */
  readonly weight: number;
  readonly priority: number;
  /** Requests in flight at most; 0 = no bound. */
  readonly requestsMax: number;
  /** What runs there; '' or left out where that does not matter. */
  readonly version?: string;
}

const WITHDRAWN = DRAINING | MAINTENANCE;
const UNHEALTHY = DOWN | EJECTED;

/** Share of its weight that an endpoint starts with, and the least time it counts as having run (Envoy). */
const RAMP_MIN = 0.1;
const RAMP_ELAPSED_MIN_MS = 1000;

/** Neither draining nor in maintenance, and with a weight (configured and by its agent). */
export function isAdmitted(table: EndpointTable, endpoint: ServiceEndpoint): boolean {
  const isWithdrawn = (table.state[endpoint.slot]! & WITHDRAWN) !== 0;
  return !isWithdrawn && endpoint.weight > 0 && table.agentWeight[endpoint.slot]! > 0;
}

export function isHealthy(table: EndpointTable, endpoint: ServiceEndpoint): boolean {
  return (table.state[endpoint.slot]! & UNHEALTHY) === 0;
}

/**
 * Factor 0.1..1 of the weight during slow start: linear in the time since the endpoint became usable.
 * Source: Envoy, `SlowStartConfig`: max(min_weight, max(elapsed, 1 s) / window), aggression 1.
 */
export function rampFactor(sinceMs: number, slowStartMs: number, now: Instant): number {
  const elapsed = now - sinceMs;
  if (slowStartMs <= 0 || sinceMs === 0 || elapsed >= slowStartMs) return 1;
  return Math.min(1, Math.max(RAMP_MIN, Math.max(elapsed, RAMP_ELAPSED_MIN_MS) / slowStartMs));
}

/** Effective weight: configured × agent's factor × slow start. */
export function effectiveWeight(table: EndpointTable, endpoint: ServiceEndpoint, slowStartMs: number, now: Instant): number {
  return endpoint.weight * table.agentWeight[endpoint.slot]! * rampFactor(table.since[endpoint.slot]!, slowStartMs, now);
}

/** The candidates of a level; with `isPanicking`, health does not count. */
export function listCandidates(
  table: EndpointTable,
  endpoints: readonly ServiceEndpoint[],
  isPanicking: boolean,
  slowStartMs: number,
  now: Instant,
): Candidates {
  const chosen = endpoints.filter((endpoint) => isAdmitted(table, endpoint) && (isPanicking || isHealthy(table, endpoint)));
  return {
    count: chosen.length,
    slots: Int32Array.from(chosen, (endpoint) => endpoint.slot),
    weights: Float64Array.from(chosen, (endpoint) => effectiveWeight(table, endpoint, slowStartMs, now)),
    addresses: chosen.map((endpoint) => endpoint.address),
    requestsMax: Int32Array.from(chosen, (endpoint) => requestsBound(table, endpoint)),
  };
}

/** The agent's bound takes the place of the configured one (HAProxy: `maxconn:` sets the server's maxconn). */
function requestsBound(table: EndpointTable, endpoint: ServiceEndpoint): number {
  const agent = table.agentRequestsMax[endpoint.slot]!;
  return agent > 0 ? agent : endpoint.requestsMax;
}

/** Whether an algorithm would notice the difference. */
export function sameCandidates(left: Candidates, right: Candidates): boolean {
  if (left.count !== right.count) return false;
  for (let index = 0; index < left.count; index++) {
    if (left.slots[index] !== right.slots[index] || left.weights[index] !== right.weights[index]) return false;
    if (left.requestsMax[index] !== right.requestsMax[index] || left.addresses[index] !== right.addresses[index]) return false;
  }
  return true;
}
