/** Makes the snapshot out of the windows and the endpoint table. */
import type { Plan, RoutePlan, ServicePlan } from '../../config/plan.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import {
  SAMPLE_FILTERED,
  SAMPLE_HITS,
  SAMPLE_LOOKED_UP,
  SAMPLE_RETRIES,
  SAMPLE_SHED,
  tenths,
  thousandths,
} from '../../observe/row-window.ts';
import { endpointState } from '../../observe/status-builder.ts';
import type { EndpointTraffic, ListenerTraffic, RouteTraffic, ServiceTraffic } from '../../observe/traffic.ts';
import type { EndpointMeters } from './endpoint-meters.ts';
import type { Meter, Pace, TrafficMeters } from './traffic-meters.ts';

/** What snapshots are made from. */
export interface SnapshotSource {
  readonly board: MetricBoard;
  readonly table: EndpointTable;
  readonly listeners: TrafficMeters;
  readonly services: TrafficMeters;
  readonly endpoints: EndpointMeters;
  readonly routes: TrafficMeters;
}

export function listenerTraffic(source: SnapshotSource, plan: Plan, pace: Pace): Record<string, ListenerTraffic> {
  const shown = named<ListenerTraffic>();
  for (const { name } of plan.listeners) {
    const meter = source.listeners.get(name);
    if (meter === undefined) continue;
    const inflight = source.board.inflight('listener', meter.slot);
    shown[name] = { ...source.listeners.rate(meter, pace, inflight), connections: source.board.connections(meter.slot) };
  }
  return shown;
}

export function serviceTraffic(source: SnapshotSource, plan: Plan, pace: Pace): Record<string, ServiceTraffic> {
  const shown = named<ServiceTraffic>();
  const { board, table } = source;
  for (const service of plan.services) {
    const meter = source.services.get(service.name);
    if (meter === undefined) continue;
    const { slot, window } = meter;
    shown[service.name] = {
      state: stateOf(source, service),
      ...source.services.rate(meter, pace, board.inflight('service', slot)),
      parked: Math.max(0, table.serviceParked[slot]!),
      queued: Math.max(0, table.serviceQueued[slot]!),
      shedPerSecond: perSecond(window.rise(SAMPLE_SHED), meter, pace),
      retriesPerSecond: perSecond(window.rise(SAMPLE_RETRIES), meter, pace),
      endpoints: endpointTraffic(source, service, pace),
    };
  }
  return shown;
}

/** Those of which there is something to say: in a large fleet most are up and idle. */
function endpointTraffic({ endpoints, table }: SnapshotSource, service: ServicePlan, pace: Pace): Record<string, EndpointTraffic> {
  const shown = named<EndpointTraffic>();
  for (const { address, slot, meter } of endpoints.of(service.name)) {
    if (meter === null) continue;
    const state = endpointState(table.state[slot]!);
    const inflight = Math.max(0, table.inflight[slot]!);
    if (state === 'up' && inflight === 0 && meter.window.isStill) continue;
    shown[address] = { state, ...endpoints.rate(meter, pace, inflight) };
  }
  return shown;
}

function stateOf({ endpoints, table }: SnapshotSource, { name, endpoints: planned }: ServicePlan): ServiceTraffic['state'] {
  if (planned.length === 0) return 'empty';
  const known = endpoints.of(name);
  let usable = 0;
  for (const { slot } of known) if (endpointState(table.state[slot]!) === 'up') usable++;
  return usable === known.length ? 'up' : usable === 0 ? 'down' : 'degraded';
}

/** Those that had a request. */
export function routeTraffic(source: SnapshotSource, plan: Plan, pace: Pace): Record<string, RouteTraffic> {
  const shown = named<RouteTraffic>();
  for (const route of plan.routes) {
    const meter = source.routes.get(route.name);
    if (meter?.window.isBusy !== true) continue;
    const rate = source.routes.rate(meter, pace, source.board.inflight('route', meter.slot));
    const looked = meter.window.rise(SAMPLE_LOOKED_UP);
    shown[route.name] = {
      ...rate,
      hitRatio: looked === 0 ? null : thousandths(meter.window.rise(SAMPLE_HITS) / looked),
      services: targetsOf(route, meter, rate.rps, pace),
    };
  }
  return shown;
}

/** Counted of a route with one service: all but what cache and filters answered. Of several nobody counts who got what (weights, cookies and pools decide), so none is told. */
function targetsOf({ action }: RoutePlan, meter: Meter, rps: number, pace: Pace): Record<string, number> {
  const only = action.kind === 'services' && action.targets.length === 1 ? action.targets[0] : undefined;
  if (only === undefined) return {};
  const answered = perSecond(meter.window.rise(SAMPLE_HITS) + meter.window.rise(SAMPLE_FILTERED), meter, pace);
  return { [only.service]: tenths(Math.max(0, rps - answered)) };
}

function perSecond(count: number, { window }: Meter, pace: Pace): number {
  const seconds = pace(window.span);
  return seconds > 0 ? tenths(count / seconds) : 0;
}

/** By names of a configuration, of which `__proto__` may be one. */
function named<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}
