/** Makes the status of limits out of the plan and the endpoint table. Reads only; some rows of a table in shared memory per service. */
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import { extraCost } from '../core/limiting/token-budget.ts';
import type { LimitsStatus } from './limits-status.ts';

/** What is needed of a service's plan. */
export interface LimitedService {
  readonly name: string;
  readonly limits: {
    readonly requestsMax: number;
    readonly connectionsMax: number;
    readonly retriesMax: number;
    readonly queueMax: number;
    readonly adaptive: object | null;
  };
  readonly retry: { readonly budgetShare: number };
  readonly hedge: { readonly budgetShare: number } | null;
}

const BREAKER = ['closed', 'open', 'half-open'] as const;

/** @param slots Rows of the table, by service. One that has none yet is left out. */
export function buildLimits(
  services: readonly LimitedService[],
  slots: Readonly<Record<string, number>>,
  table: EndpointTable,
): readonly LimitsStatus[] {
  const all: LimitsStatus[] = [];
  for (const service of services) if (Object.hasOwn(slots, service.name)) all.push(limitsOf(service, slots[service.name]!, table));
  return all;
}

function limitsOf({ name, limits, retry, hedge }: LimitedService, slot: number, table: EndpointTable): LimitsStatus {
  return {
    service: name,
    breaker: BREAKER[table.breakerState[slot]!] ?? 'closed',
    // Totals of 32 bits, which begin anew after 4 billion.
    failed: table.serviceFailed[slot]! >>> 0,
    ended: table.serviceEnded[slot]! >>> 0,
    inflight: table.serviceInflight[slot]!,
    requestsMax: limits.requestsMax,
    concurrencyLimit: table.concurrencyLimit[slot]!,
    isAdaptive: limits.adaptive !== null,
    connections: table.serviceConnections[slot]!,
    connectionsMax: limits.connectionsMax,
    queued: table.serviceQueued[slot]!,
    queueMax: limits.queueMax,
    parked: table.serviceParked[slot]!,
    parkedBytes: table.serviceParkedBytes[slot]!,
    shed: table.serviceShed[slot]! >>> 0,
    retriesInflight: table.serviceRetries[slot]!,
    retriesMax: limits.retriesMax,
    retryBudget: Math.floor(table.retryTokens[slot]! / extraCost(retry.budgetShare)),
    hedgeBudget: hedge === null ? null : Math.floor(table.hedgeTokens[slot]! / extraCost(hedge.budgetShare)),
  };
}
