/**
 * Whether a slow request may be sent a second time: within the share of requests that may be hedged, as Finagle's `BackupRequestFilter` does,
 * with no minimum. The budget is apart from the retries': a spell of slowness must not use up what failures need.
 */
import type { EndpointTable } from '../balancing/endpoint-table.ts';
import { extraCost, withdraw } from './token-budget.ts';

/** What a hedge costs in the shared budget; worked out once, when the plan is compiled. */
export function hedgeCost(budgetShare: number): number {
  return extraCost(budgetShare);
}

/** Takes one hedge out of the budget; false when there is none left. */
export function startHedge(table: Pick<EndpointTable, 'hedgeTokens'>, service: number, cost: number): boolean {
  return withdraw(table.hedgeTokens, service, cost);
}
