/** Events as they happen: the last ones are kept, with a number each, for those who look later; whoever follows gets the next. Printing is one of the followers. */
import type { Clock } from '../../base/time.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import type { EventLevel, EventRecord } from '../../observe/events.ts';
import type { SayEvent } from '../say-event.ts';

/** Events that are kept. */
const KEPT_MAX = 2_000;

export interface EventQuery {
  /** Only later ones; 0: from the first that is kept. */
  readonly after: number;
  /** Only earlier ones; null: up to the last. */
  readonly before: number | null;
  readonly level: EventLevel;
  /** Only those with this text in their name or details; '' all. */
  readonly text: string;
  readonly limit: number;
}

export interface EventLogOptions {
  readonly clock: Clock;
  /** Writes one where people see it. */
  readonly print: (event: EventRecord) => void;
}

export class EventLog {
  level: EventLevel = 'info';
  readonly #options: EventLogOptions;
  readonly #entries: EventEntry[] = [];
  readonly #listeners = new Set<(entry: EventEntry) => void>();
  #last = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /** Takes an event. */
  readonly say: SayEvent = (level, what, detail) => {
    const entry: EventEntry = { id: ++this.#last, at: this.#options.clock.wall(), level, what, detail };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT_MAX) this.#entries.shift();
    this.#options.print({ level, what, detail });
    for (const listener of this.#listeners) listener(entry);
  };

  setLevel(level: EventLevel): void {
    this.level = level;
  }

  /** Tells of each later one. @returns Ends it. */
  subscribe(listener: (entry: EventEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  list(_query: EventQuery): { readonly entries: readonly EventEntry[]; readonly isGap: boolean } {
    return { entries: this.#entries.toReversed(), isGap: false };
  }

  async *follow(_after: number, _signal: AbortSignal): AsyncIterable<EventEntry> {}
}
