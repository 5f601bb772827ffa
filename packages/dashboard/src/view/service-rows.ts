/** The rows of the services' table, in the order that was asked for. Sorting by a rate uses the rates of the moment, so that rows stay where they are until one asks again. */
import type { ServiceStatus, TrafficSnapshot } from '../api/types.ts';

export type ServiceKey = 'name' | 'state' | 'rps' | 'errors' | 'p95' | 'inflight';

const STATES = { down: 3, degraded: 2, empty: 1, up: 0 } as const;

export function sortServices(
  services: readonly ServiceStatus[],
  snapshot: TrafficSnapshot | null,
  order: { readonly by: ServiceKey; readonly isDescending: boolean },
): readonly ServiceStatus[] {
  const turn = order.isDescending ? -1 : 1;
  return services.toSorted((a, b) => turn * compare(a, b, snapshot, order.by) || a.name.localeCompare(b.name));
}

function compare(a: ServiceStatus, b: ServiceStatus, snapshot: TrafficSnapshot | null, by: ServiceKey): number {
  if (by === 'name') return a.name.localeCompare(b.name);
  return valueOf(a, snapshot, by) - valueOf(b, snapshot, by);
}

function valueOf(service: ServiceStatus, snapshot: TrafficSnapshot | null, by: Exclude<ServiceKey, 'name'>): number {
  const rate = snapshot?.services[service.name];
  switch (by) {
    case 'state':
      return STATES[rate?.state ?? service.state];
    case 'rps':
      return rate?.rps ?? 0;
    case 'errors':
      return rate === undefined || rate.rps === 0 ? 0 : rate.errorRps / rate.rps;
    case 'p95':
      return rate?.p95Ms ?? -1;
    case 'inflight':
      return rate?.inflight ?? 0;
  }
}
