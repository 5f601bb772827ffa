/** How an endpoint was over the last while, out of the events about it: spans of states, the oldest first, without gaps. */
import type { EndpointState, EventEntry } from '../api/types.ts';

export interface HealthSpan {
  readonly state: EndpointState | 'unknown';
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** What began it, for people; null: it was so before the first event that is known. */
  readonly event: EventEntry | null;
}

/** What each event says of the endpoint's state, after it and, where that is sure, before it. */
const MEANING: Readonly<Record<string, readonly [after: EndpointState, before: EndpointState | 'unknown']>> = {
  'endpoint-down': ['down', 'up'],
  'endpoint-up': ['up', 'down'],
  'endpoint-ejected': ['ejected', 'up'],
  'endpoint-returned': ['up', 'ejected'],
  'endpoint-draining': ['draining', 'up'],
  'endpoint-drained': ['maintenance', 'draining'],
  'endpoint-undrained': ['up', 'maintenance'],
  'instance-draining': ['draining', 'up'],
  'instance-ready': ['up', 'unknown'],
  'instance-unready': ['down', 'up'],
  'instance-ready-again': ['up', 'down'],
  'instance-exited': ['down', 'unknown'],
};

interface Subject {
  readonly service: string;
  readonly address: string;
  /** Its instance's id, where Sluice runs it. */
  readonly instance: string | null;
  readonly state: EndpointState;
}

/** @param events Of the service, the youngest first. @param since, now Unix milliseconds: what is covered. */
export function healthHistory(events: readonly EventEntry[], subject: Subject, since: number, now: number): readonly HealthSpan[] {
  const told = events.filter((event) => isAbout(event, subject) && event.at <= now).toReversed();
  const spans: HealthSpan[] = [];
  let current: HealthSpan = { state: MEANING[told[0]?.what ?? '']?.[1] ?? subject.state, from: since, to: now, event: null };
  for (const event of told) {
    const [state] = MEANING[event.what]!;
    if (event.at <= since) {
      current = { state, from: since, to: now, event };
    } else if (state !== current.state) {
      if (event.at > current.from) spans.push({ ...current, to: event.at });
      current = { state, from: event.at, to: now, event };
    }
  }
  spans.push(current);
  return spans;
}

function isAbout({ what, detail }: EventEntry, { service, address, instance }: Subject): boolean {
  if (MEANING[what] === undefined || detail['service'] !== service) return false;
  const named = [detail['endpoint'], detail['address']];
  return named.includes(address) || (instance !== null && detail['instance'] === instance);
}
