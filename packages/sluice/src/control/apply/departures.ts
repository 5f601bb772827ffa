/**
 * Endpoints that a change has removed do not vanish: they stay in the plan, draining, until their last request is done or their deadline
 * has passed, and leave with the next change. So nothing in flight is cut, and a session that sticks to one keeps it until the deadline.
 */
import type { EndpointPlan, Plan, ServicePlan } from '../../config/plan.ts';
import { after, type Instant } from '../../base/time.ts';
import { endpointKey } from './slot-book.ts';

export interface Departure {
  readonly service: string;
  readonly address: string;
  readonly deadline: Instant;
  /** Sessions may stick to it: it stays until the deadline, however quiet it is. */
  readonly isSticky: boolean;
  /** Drained: the next change leaves it out. */
  isDone: boolean;
}

/** By `endpointKey`. */
export type Departures = ReadonlyMap<string, Departure>;

export interface MergedPlan {
  /** The target with what still leaves. */
  readonly plan: Plan;
  readonly departures: Map<string, Departure>;
  /** Keys of those that this change removes, and of those that it brings back before they were gone. */
  readonly left: readonly string[];
  readonly returned: readonly string[];
}

/**
 * The plan to run, so that what `running` has and `target` has not may finish.
 * @param running What the workers run; null at the start.
 */
export function mergeDepartures(target: Plan, running: Plan | null, departures: Departures, now: Instant): MergedPlan {
  const kept = new Map<string, Departure>();
  const left: string[] = [];
  const wanted = new Set(target.services.flatMap(({ name, endpoints }) => endpoints.map(({ address }) => endpointKey(name, address))));
  const lingering = new Map<string, EndpointPlan[]>();
  for (const service of running?.services ?? []) {
    for (const endpoint of service.endpoints) {
      const key = endpointKey(service.name, endpoint.address);
      const departure = departures.get(key) ?? newDeparture(service, endpoint, now);
      if (wanted.has(key) || departure.isDone) continue;
      if (!departures.has(key)) left.push(key);
      kept.set(key, departure);
      const list = lingering.get(service.name);
      if (list === undefined) lingering.set(service.name, [endpoint]);
      else list.push(endpoint);
    }
  }
  const returned = [...departures.keys()].filter((key) => wanted.has(key));
  return { plan: withLingering(target, running, lingering), departures: kept, left, returned };
}

function newDeparture(service: ServicePlan, endpoint: EndpointPlan, now: Instant): Departure {
  return {
    service: service.name,
    address: endpoint.address,
    deadline: after(now, service.drainTimeoutMs),
    isSticky: service.affinity !== null,
    isDone: false,
  };
}

function withLingering(target: Plan, running: Plan | null, lingering: ReadonlyMap<string, readonly EndpointPlan[]>): Plan {
  if (lingering.size === 0) return target;
  const names = new Set(target.services.map(({ name }) => name));
  const services = target.services.map((service) => {
    const more = lingering.get(service.name);
    return more === undefined ? service : { ...service, endpoints: [...service.endpoints, ...more] };
  });
  // A removed service stays, without routes to it, for as long as one of its endpoints is busy.
  for (const service of running?.services ?? []) {
    const endpoints = lingering.get(service.name);
    if (endpoints !== undefined && !names.has(service.name)) services.push({ ...service, endpoints });
  }
  return { ...target, services };
}
