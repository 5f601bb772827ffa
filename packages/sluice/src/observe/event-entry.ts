/** An event as it is kept, listed and streamed: what happened, when, and in `detail` why. */
import type { EventLevel, EventValue } from './events.ts';

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
