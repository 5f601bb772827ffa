/** What `sluice top` knows of a running Sluice: the last of everything that the live stream told. Pure: what came in, what is known out. */
import type { AlertStatus } from '../observe/alert-status.ts';
import type { EventEntry } from '../observe/event-entry.ts';
import type { Status } from '../observe/status.ts';
import type { TrafficSnapshot } from '../observe/traffic.ts';

/** Events that are kept for the screen. */
const EVENTS_MAX = 200;

export interface TopWorld {
  readonly status: Status | null;
  readonly traffic: TrafficSnapshot | null;
  readonly alerts: readonly AlertStatus[];
  /** The youngest first. */
  readonly events: readonly EventEntry[];
  /** When the Status came: its ages are of that moment. Wall-clock ms. */
  readonly statusAt: number;
  /** When something came last. Wall-clock ms. */
  readonly heardAt: number;
  /** Why nothing comes any more; null: it does. */
  readonly trouble: string | null;
}

export const EMPTY_WORLD: TopWorld = { status: null, traffic: null, alerts: [], events: [], statusAt: 0, heardAt: 0, trouble: null };

/** Takes an event of the live stream; those of an unknown name change nothing. @param now Wall-clock ms. */
export function heard(world: TopWorld, name: string, data: string, now: number): TopWorld {
  const live = { ...world, heardAt: now, trouble: null };
  switch (name) {
    case 'traffic':
      return { ...live, traffic: JSON.parse(data) as TrafficSnapshot };
    case 'status':
      return { ...live, status: JSON.parse(data) as Status, statusAt: now };
    case 'alerts':
      return { ...live, alerts: JSON.parse(data) as readonly AlertStatus[] };
    case 'event':
      return withEvents(live, [JSON.parse(data) as EventEntry]);
    default:
      return live;
  }
}

/** Adds events, the youngest first. */
export function withEvents(world: TopWorld, events: readonly EventEntry[]): TopWorld {
  return { ...world, events: [...events, ...world.events].slice(0, EVENTS_MAX) };
}

/** The stream has ended; what is known stays. */
export function lost(world: TopWorld, reason: string): TopWorld {
  return { ...world, trouble: reason };
}
