/**
 * One call per ended exchange counts it for its service: what the breaker, the adaptive limit and the budgets are fed with. An exchange counts
 * once however many attempts it took. What Sluice itself refused (shed, breaker open, no endpoint) is not told here: it says nothing about the service.
 */
import type { EndpointTable } from '../balancing/endpoint-table.ts';
import { LATENCY_UNITS_PER_MS } from '../health/outcome.ts';

export type ServiceOutcomeTable = Pick<EndpointTable, 'serviceEnded' | 'serviceFailed' | 'serviceLatencySum'>;

/**
 * Counts an exchange that the service answered, or failed to.
 * @param failed 5xx from the service, or no reply.
 * @param latencyMs From the request sent to the reply's head, or to the failure.
 */
export function recordServiceOutcome(table: ServiceOutcomeTable, service: number, failed: boolean, latencyMs: number): void {
  Atomics.add(table.serviceEnded, service, 1);
  Atomics.add(table.serviceLatencySum, service, (latencyMs * LATENCY_UNITS_PER_MS) | 0);
  if (failed) Atomics.add(table.serviceFailed, service, 1);
}
