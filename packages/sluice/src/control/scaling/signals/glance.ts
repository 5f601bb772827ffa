/** What the readers of a service's signals look at together, once per decision: counters from shared memory, and the instances as their runner knows them. */
import type { Instant, Timestamp } from '../../../base/time.ts';
import type { EndpointTable } from '../../../core/balancing/endpoint-table.ts';
import type { InstanceView } from '../../../core/fleet/instance-view.ts';
import type { Figure } from '../../../core/scaling/sample.ts';
import type { ScaledService } from '../scaled-service.ts';

export interface Glance {
  readonly now: Instant;
  readonly wall: Timestamp;
  readonly service: ScaledService;
  readonly table: EndpointTable;
  /** The service's row in the table. */
  readonly slot: number;
  /** The service's row of the metric board, summed over the workers; only until the next glance. */
  readonly row: Float64Array;
  /** Instances that serve, each with its endpoint's row; -1 while it has none yet. */
  readonly ready: readonly { readonly view: InstanceView; readonly slot: number }[];
  /** In flight, queued and parked, HTTP and layer 4. */
  readonly concurrency: number;
  /** For how long nothing was asked of the service and nothing was in flight, in ms; 0 = busy. */
  readonly quietMs: number;
}

/** Reads one signal; may remember what it saw before. */
export interface SignalReader {
  /** @returns null when it is unknown at the moment. */
  read(glance: Glance): Figure | null;
}
