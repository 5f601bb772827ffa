/** What the fleet asks of the shared tables and of health: what is in flight, what waits, what requests showed of a version. */
import { BUCKET_COUNT } from '../base/histogram.ts';
import type { Runtime } from '../base/runtime.ts';
import { after } from '../base/time.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import type { VersionFigures } from '../core/fleet/rollout.ts';
import type { Running } from '../control/apply/applier.ts';
import type { FleetWorld } from '../control/fleet/fleet-world.ts';
import type { RebalanceOrder } from '../control/scaling/scaling-loop.ts';
import type { SayEvent } from '../control/say-event.ts';
import type { HealthMonitor } from '../control/health/health-monitor.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import type { MetricBoard } from '../observe/metric-board.ts';
import { BUCKETS, CUT, ROW_LENGTH, STATUS_CLASSES } from '../observe/metric-layout.ts';

/** Between two looks at what is in flight. */
const LOOK_MS = 50;

export interface FleetTables {
  readonly table: EndpointTable;
  readonly board: MetricBoard;
  readonly health: Pick<HealthMonitor, 'drain'>;
  /** What runs; null before the first plan. */
  readonly running: () => Running | null;
}

/** What the fleet needs of the rest of the control plane. */
export interface FleetNeeds extends FleetTables {
  readonly say: SayEvent;
  /** Applies what the fleet has now; resolves when every worker knows. */
  readonly changed: () => Promise<void>;
  readonly rebalance: (order: RebalanceOrder) => void;
  /** A program that was never there. */
  readonly unstartable: (service: string, reason: string) => void;
}

/** The part of the fleet's world that the shared tables and health answer. */
export function figuresOf(
  { table, board, health, running }: FleetTables,
  { clock, timers }: Pick<Runtime, 'clock' | 'timers'> = nodeRuntime,
): Pick<FleetWorld, 'drain' | 'inflight' | 'parked' | 'figures'> {
  const slotOf = (service: string, address: string): number | undefined => running()?.slots.endpoints[service]?.[address];
  const inflight = (service: string, address: string): number => {
    const slot = slotOf(service, address);
    return slot === undefined ? 0 : Math.max(0, Atomics.load(table.inflight, slot));
  };
  return {
    drain: async (service, address, deadlineMs) => {
      const until = after(clock.now(), deadlineMs);
      let end = await health.drain(service, address, deadlineMs, 'fleet');
      // The operator took it back: the instance goes all the same.
      while (end.end === 'undrained' && clock.now() < until) end = await health.drain(service, address, until - clock.now(), 'fleet');
      if (end.end === 'unknown') return 0;
      // The operator's own drain of it may have ended at an earlier deadline.
      while (inflight(service, address) > 0 && clock.now() < until) await new Promise<void>((look) => void timers.after(LOOK_MS, look));
      return inflight(service, address);
    },
    inflight,
    parked: (service) => {
      const slot = running()?.slots.services[service];
      return slot === undefined ? 0 : Math.max(0, Atomics.load(table.serviceParked, slot));
    },
    figures: (service, addresses) => {
      const slots = addresses.map((address) => slotOf(service, address)).filter((slot) => slot !== undefined);
      return slots.length === 0 ? null : sumFigures(board, slots);
    },
  };
}

/** What all requests to these endpoints showed; failed are those cut and those answered with 5xx. */
function sumFigures(board: MetricBoard, slots: readonly number[]): VersionFigures {
  const row = new Float64Array(ROW_LENGTH);
  const buckets = new Float64Array(BUCKET_COUNT);
  let requests = 0;
  let failures = 0;
  for (const slot of slots) {
    board.row('endpoint', slot, row);
    for (let column = 0; column < STATUS_CLASSES.length; column++) requests += row[column]!;
    failures += row[CUT]! + row[STATUS_CLASSES.indexOf('5xx')]!;
    for (let index = 0; index < BUCKET_COUNT; index++) buckets[index]! += row[BUCKETS + index]!;
  }
  return { requests, failures, buckets };
}
