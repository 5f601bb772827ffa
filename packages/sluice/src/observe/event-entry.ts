/** An event as it is kept, listed and streamed: what happened, when, and in `detail` why. */
import type { EventLevel, EventValue } from './events.ts';

/** `what` of an entry that no event is: events before it are not kept any more, or came faster than its reader. Its id is the last of them, its detail `lost` their number. */
export const EVENT_GAP = 'gap';

export interface EventEntry {
  /** Rises by one with each; begins anew with the process. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly level: EventLevel;
  /** Kebab-case: `endpoint-down`. The list is docs/reference/events.md. */
  readonly what: string;
  /** Its reason record: `service`, `endpoint`, `reason`… Secrets are hidden. */
  readonly detail: Readonly<Record<string, EventValue>>;
}
