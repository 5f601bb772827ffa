/**
 * Counts of requests (and connections, and retries) in flight, exact over all workers: one shared count per endpoint and service (Atomics), and one column per
 * worker that only it writes, so that what a crashed worker had in flight can be subtracted.
 */
import { ENDPOINTS_MAX, SERVICES_MAX } from './endpoint-table.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** A request (or upgraded connection) goes to an endpoint. */
export function startRequest(table: EndpointTable, serviceSlot: number, slot: number, worker: number): void {
  count(table, serviceSlot, slot, worker, 1);
}

/** It has ended; exactly once per start. */
export function endRequest(table: EndpointTable, serviceSlot: number, slot: number, worker: number): void {
  count(table, serviceSlot, slot, worker, -1);
}

function count(table: EndpointTable, serviceSlot: number, slot: number, worker: number, change: 1 | -1): void {
  table.inflightByWorker[worker * ENDPOINTS_MAX + slot]! += change;
  table.serviceInflightByWorker[worker * SERVICES_MAX + serviceSlot]! += change;
  Atomics.add(table.inflight, slot, change);
  Atomics.add(table.serviceInflight, serviceSlot, change);
}

/** An upstream connection of a service was opened (+1) or closed (-1). */
export function countConnection(table: EndpointTable, serviceSlot: number, worker: number, change: 1 | -1): void {
  table.serviceConnectionsByWorker[worker * SERVICES_MAX + serviceSlot]! += change;
  Atomics.add(table.serviceConnections, serviceSlot, change);
}

/**
 * Subtracts what a worker had in flight from all counts and clears its column. Only after the worker has ended and before its
 * successor starts: nobody else may write the column.
 */
export function takeBack(table: EndpointTable, worker: number): void {
  clearColumn(table.inflight, table.inflightByWorker, worker * ENDPOINTS_MAX, ENDPOINTS_MAX);
  clearColumn(table.serviceInflight, table.serviceInflightByWorker, worker * SERVICES_MAX, SERVICES_MAX);
  clearColumn(table.serviceConnections, table.serviceConnectionsByWorker, worker * SERVICES_MAX, SERVICES_MAX);
  clearColumn(table.serviceParked, table.serviceParkedByWorker, worker * SERVICES_MAX, SERVICES_MAX);
  clearColumn(table.serviceParkedBytes, table.serviceParkedBytesByWorker, worker * SERVICES_MAX, SERVICES_MAX);
  clearColumn(table.serviceQueued, table.serviceQueuedByWorker, worker * SERVICES_MAX, SERVICES_MAX);
  clearColumn(table.serviceRetries, table.serviceRetriesByWorker, worker * SERVICES_MAX, SERVICES_MAX);
}

function clearColumn(totals: Int32Array, columns: Int32Array, start: number, length: number): void {
  for (let slot = 0; slot < length; slot++) {
    const pending = columns[start + slot]!;
    if (pending === 0) continue;
    Atomics.sub(totals, slot, pending);
    columns[start + slot] = 0;
  }
}
