/** What flows through the map now: requests per second of each node and link, out of one snapshot. */
import type { TrafficSnapshot } from '../api/types.ts';
import type { MapLink, MapNode, TrafficMap } from './traffic-map.ts';

export interface Flow {
  readonly rps: number;
  readonly errorRps: number;
}

const NOTHING: Flow = { rps: 0, errorRps: 0 };

export function nodeFlow({ column, names, service }: MapNode, snapshot: TrafficSnapshot | null): Flow {
  if (snapshot === null) return NOTHING;
  let rps = 0;
  let errorRps = 0;
  for (const name of names) {
    const rate = rateOf(snapshot, column, name, service);
    rps += rate?.rps ?? 0;
    errorRps += rate?.errorRps ?? 0;
  }
  return { rps, errorRps };
}

function rateOf(snapshot: TrafficSnapshot, column: MapNode['column'], name: string, service: string | null): Flow | undefined {
  switch (column) {
    case 'listener':
      return snapshot.listeners[name];
    case 'route':
      return snapshot.routes[name];
    case 'service':
      return snapshot.services[name];
    case 'endpoint':
      return snapshot.services[service ?? '']?.endpoints[name];
  }
}

/**
 * Each link's flow, in the order of `map.links`. Routes do not count by listener: what a route has is divided over its listeners as these have requests, which is exact where it has one.
 */
export function linkFlows(map: TrafficMap, snapshot: TrafficSnapshot | null): readonly Flow[] {
  if (snapshot === null) return map.links.map(() => NOTHING);
  const listenersOf = new Map<MapNode, number>();
  for (const { from, to } of map.links) {
    if (to.column === 'route') listenersOf.set(to, (listenersOf.get(to) ?? 0) + nodeFlow(from, snapshot).rps);
  }
  return map.links.map((link) => linkFlow(link, snapshot, listenersOf.get(link.to) ?? 0));
}

function linkFlow({ from, to }: MapLink, snapshot: TrafficSnapshot, listenersRps: number): Flow {
  if (to.column === 'endpoint') return nodeFlow(to, snapshot);
  if (to.column === 'route') {
    const share = listenersRps === 0 ? 0 : nodeFlow(from, snapshot).rps / listenersRps;
    const { rps, errorRps } = nodeFlow(to, snapshot);
    return { rps: rps * share, errorRps: errorRps * share };
  }
  // Layer 4: the listener's own; a service that two listeners share is told by the smaller of the two.
  if (from.column === 'listener') return smaller(nodeFlow(from, snapshot), nodeFlow(to, snapshot));
  let rps = 0;
  for (const route of from.names) for (const service of to.names) rps += snapshot.routes[route]?.services[service] ?? 0;
  return { rps, errorRps: 0 };
}

function smaller(a: Flow, b: Flow): Flow {
  return a.rps < b.rps ? a : b;
}
