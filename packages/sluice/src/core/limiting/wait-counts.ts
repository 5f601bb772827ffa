/**
 * What the shared table says of those who wait: how many are in a service's queue and how many are parked, exact over all workers as the in-flight counts are
 * (`core/balancing/in-flight.ts`: a column per worker, so that a crashed one's can be taken back), and totals for scaling.
 */
import { type EndpointTable, SERVICES_MAX } from '../balancing/endpoint-table.ts';
import { LATENCY_UNITS_PER_MS } from '../health/outcome.ts';

export type ParkedTable = Pick<
  EndpointTable,
  'serviceParked' | 'serviceParkedByWorker' | 'serviceParkedBytes' | 'serviceParkedBytesByWorker' | 'serviceParkedTotal'
>;

/** A request comes to the queue (+1) or leaves it (-1). */
export function countQueued(table: EndpointTable, service: number, worker: number, change: 1 | -1): void {
  table.serviceQueuedByWorker[worker * SERVICES_MAX + service]! += change;
  Atomics.add(table.serviceQueued, service, change);
}

/** A request is parked (+1) or parked no more (-1); the total rises only. */
export function countParked(table: ParkedTable, service: number, worker: number, change: 1 | -1): void {
  table.serviceParkedByWorker[worker * SERVICES_MAX + service]! += change;
  Atomics.add(table.serviceParked, service, change);
  if (change === 1) Atomics.add(table.serviceParkedTotal, service, 1);
}

/** What parked requests hold has grown, or shrunk. @param change Bytes. */
export function countParkedBytes(table: ParkedTable, service: number, worker: number, change: number): void {
  table.serviceParkedBytesByWorker[worker * SERVICES_MAX + service]! += change;
  Atomics.add(table.serviceParkedBytes, service, change);
}

/** One that waited goes on. One that waits twice, for an instance and for room, counts twice. */
export function countWaited(table: EndpointTable, service: number, waitedMs: number): void {
  Atomics.add(table.serviceWaited, service, 1);
  Atomics.add(table.serviceWaitSum, service, Math.round(waitedMs * LATENCY_UNITS_PER_MS));
}
