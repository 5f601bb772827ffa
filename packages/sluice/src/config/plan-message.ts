/** A plan on its way to a worker. Whatever a message brings is unpacked while the worker serves nobody, so it brings what differs (`route-message.ts`). */
import type { Plan } from './plan.ts';
import { packRoutes, type PackedRoutes, unpackRoutes } from './route-message.ts';
import type { SlotMap } from './slot-map.ts';

/** Rows in the shared tables, as a worker needs them. */
export interface WorkerSlots extends Omit<SlotMap, 'routes'> {
  /** By index in the plan's routes. */
  readonly routes: Int32Array;
}

export interface PlanMessage extends PackedRoutes {
  /** By `memoryKey`. */
  readonly memories: Readonly<Record<string, SharedArrayBuffer>>;
  readonly plan: Omit<Plan, 'routes'>;
  readonly slots: WorkerSlots;
  /** Generation that `kept` refers to; 0 = none. */
  readonly base: number;
}

/** The worker's view of the slots. */
export function workerSlots(plan: Plan, slots: SlotMap): WorkerSlots {
  return { ...slots, routes: Int32Array.from(plan.routes, (route) => slots.routes[route.name]!) };
}

/** Packs a plan for a worker that runs `base`; null when it runs none, or nobody knows which. */
export function packPlan(
  plan: Plan,
  slots: SlotMap,
  base: Plan | null,
  memories: Readonly<Record<string, SharedArrayBuffer>> = {},
): PlanMessage {
  const { routes, ...rest } = plan;
  return { memories, plan: rest, slots: workerSlots(plan, slots), base: base?.generation ?? 0, ...packRoutes(routes, base?.routes ?? []) };
}

/**
 * The plan of a message. Its `routes` are the base's own array when none changed.
 * @param base What the worker runs.
 * @returns Null when the message refers to another plan.
 */
export function unpackPlan(message: PlanMessage, base: Plan): Plan | null {
  if (message.base !== 0 && message.base !== base.generation) return null;
  return { ...message.plan, routes: unpackRoutes(message, base.routes) };
}
