/** The services, and the endpoints and instances of one, as `sluice top` lists them: names, states and figures joined from Status and traffic. Pure. */
import type { InstanceStatus } from '../observe/fleet-status.ts';
import type { Rate } from '../observe/traffic.ts';
import type { TopWorld } from './top-world.ts';

/** What the list is ordered by; the largest first, names from a to z. */
export const SORTS = ['rps', 'errors', 'p99', 'inflight', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export interface ServiceRow {
  readonly name: string;
  readonly state: string;
  readonly ready: number;
  readonly wanted: number;
  readonly rate: Rate;
  readonly parked: number;
  readonly queued: number;
  readonly shedPerSecond: number;
  readonly retriesPerSecond: number;
}

/** An endpoint, an instance, or one that is both. */
export interface MemberRow {
  readonly name: string;
  readonly state: string;
  /** Null: it takes no requests yet. */
  readonly rate: Rate | null;
  /** Null: Sluice does not run it. */
  readonly instance: InstanceStatus | null;
  readonly address: string | null;
  readonly note: string | null;
}

/** All services, in order. Equal ones stand by name, so that they hold still. */
export function serviceRows(world: TopWorld, sort: Sort): readonly ServiceRow[] {
  const rows = Object.entries(world.traffic?.services ?? {}).map(([name, traffic]): ServiceRow => {
    const fleet = world.status?.fleet.find(({ service }) => service === name);
    const endpoints = [...endpointsOf(world, name).values()];
    return {
      name,
      state: serviceState(world, name),
      ready: fleet?.ready ?? endpoints.filter(({ state }) => state === 'up').length,
      wanted: fleet?.wanted ?? endpoints.length,
      rate: traffic,
      parked: traffic.parked,
      queued: traffic.queued,
      shedPerSecond: traffic.shedPerSecond,
      retriesPerSecond: traffic.retriesPerSecond,
    };
  });
  return rows.sort((a, b) => weightOf(b, sort) - weightOf(a, sort) || (a.name < b.name ? -1 : 1));
}

/** What is most worth knowing of it, in one word. */
function serviceState(world: TopWorld, name: string): string {
  const fleet = world.status?.fleet.find(({ service }) => service === name);
  if (fleet?.isPaused === true) return 'paused';
  if (fleet?.isAsleep === true) return 'asleep';
  const breaker = world.status?.services.find((one) => one.name === name)?.breaker ?? 'closed';
  if (breaker !== 'closed') return breaker === 'open' ? 'brk-open' : 'brk-half';
  const { state } = world.traffic!.services[name]!;
  return fleet !== undefined && fleet.deploy !== null && state === 'up' ? 'deploys' : state;
}

function weightOf({ rate }: ServiceRow, sort: Sort): number {
  switch (sort) {
    case 'rps':
      return rate.rps;
    case 'errors':
      return errorShare(rate) ?? -1;
    case 'p99':
      return rate.p99Ms ?? -1;
    case 'inflight':
      return rate.inflight;
    case 'name':
      return 0;
  }
}

/** Errors among the exchanges, 0..1; null: there was none. */
export function errorShare({ rps, errorRps }: Rate): number | null {
  return rps > 0 ? Math.min(1, errorRps / rps) : null;
}

interface KnownEndpoint {
  readonly state: string;
  readonly rate: Rate | null;
  readonly note: string | null;
}

/** By address. Traffic knows the state of this second, but not yet of endpoints that nothing has gone to; the Status knows all. */
function endpointsOf(world: TopWorld, service: string): ReadonlyMap<string, KnownEndpoint> {
  const known = new Map<string, KnownEndpoint>();
  const listed = world.status?.services.find(({ name }) => name === service)?.endpoints ?? [];
  for (const { address, state, note } of listed) known.set(address, { state, rate: null, note });
  for (const [address, rate] of Object.entries(world.traffic?.services[service]?.endpoints ?? {}))
    known.set(address, { state: rate.state, rate, note: known.get(address)?.note ?? null });
  return known;
}

/** Instances in their order, then endpoints that are no instance's. */
export function memberRows(world: TopWorld, service: string): readonly MemberRow[] {
  const endpoints = endpointsOf(world, service);
  const instances = world.status?.fleet.find((one) => one.service === service)?.instances ?? [];
  const taken = new Set(instances.map(({ address }) => address));
  const own = instances.map((instance): MemberRow => {
    const { id: name, phase, address, trouble } = instance;
    const endpoint = address === null ? undefined : endpoints.get(address);
    // Of a ready one it matters how it fares; of another, why it is not.
    const state = phase === 'ready' && endpoint !== undefined && endpoint.state !== 'up' ? endpoint.state : phase;
    return { name, state, rate: endpoint?.rate ?? null, instance, address, note: trouble ?? endpoint?.note ?? null };
  });
  const others = [...endpoints].filter(([address]) => !taken.has(address));
  return [...own, ...others.map(([address, known]): MemberRow => ({ name: address, instance: null, address, ...known }))];
}
