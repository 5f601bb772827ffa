/**
 * What the dashboard knows, as signals: a cell that reads one is the only thing that is drawn again when it changes. `status` says what there is (rarely new), `traffic` what goes through it
 * (each second); both are whole and immutable.
 */
import { computed, signal } from '@preact/signals';
import type { AlertStatus, EndpointState, EventEntry, Me, Rate, ServiceTraffic, Status, TrafficSnapshot } from '../api/types.ts';

export const EVENTS_MAX = 500;

export const status = signal<Status | null>(null);
export const traffic = signal<TrafficSnapshot | null>(null);
/** The youngest first, at most `EVENTS_MAX`. */
export const events = signal<readonly EventEntry[]>([]);
export const alerts = signal<readonly AlertStatus[]>([]);
export const me = signal<Me | null>(null);

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'lost' | 'hidden';

export interface Connection {
  readonly state: ConnectionState;
  /** When the last data came, Unix milliseconds; null: none yet. */
  readonly lastAt: number | null;
  readonly problem: string | null;
}

export const connection = signal<Connection>({ state: 'connecting', lastAt: null, problem: null });

/** Whether what is shown is old: it is greyed. */
export const isStale = computed(() => connection.value.state === 'lost');

/** Alerts that fire and are not silenced, the worst first. */
export const firing = computed(() =>
  alerts.value
    .filter(({ state, silencedBy }) => state === 'firing' && silencedBy === null)
    .toSorted((a, b) => rank(b) - rank(a) || b.since - a.since),
);

/** Services by name, as the status has them. */
export const serviceByName = computed(() => new Map(status.value?.services.map((service) => [service.name, service])));
/** Fleets by the service's name. */
export const fleetByName = computed(() => new Map(status.value?.fleet.map((fleet) => [fleet.service, fleet])));

/** Instances by id, of all services. */
export const instanceById = computed(
  () => new Map(status.value?.fleet.flatMap(({ instances }) => instances.map((instance) => [instance.id, instance] as const))),
);

/** A service's rates now; undefined before the first snapshot. */
export function serviceTraffic(name: string): ServiceTraffic | undefined {
  return traffic.value?.services[name];
}

const IDLE: Rate = { rps: 0, errorRps: 0, p50Ms: null, p95Ms: null, p99Ms: null, inflight: 0, bytesInPerSecond: 0, bytesOutPerSecond: 0 };

/** An endpoint's rates now; undefined before the first snapshot. One that a snapshot leaves out is idle. */
export function endpointTraffic(service: string, address: string): Rate | undefined {
  const now = serviceTraffic(service);
  return now === undefined ? undefined : (now.endpoints[address] ?? IDLE);
}

/** An endpoint's state now. @param told As the Status had it, for the time before the first snapshot. */
export function endpointState(service: string, address: string, told: EndpointState): EndpointState {
  const now = serviceTraffic(service);
  // What a snapshot leaves out is up and idle, whatever an older Status said.
  return now === undefined ? told : (now.endpoints[address]?.state ?? 'up');
}

function rank({ severity }: AlertStatus): number {
  return severity === 'critical' ? 2 : severity === 'warning' ? 1 : 0;
}

/** Whether the API lets this person change things; true until it has said who asks. */
export const mayOperate = computed(() => me.value === null || me.value.scope !== 'read');
