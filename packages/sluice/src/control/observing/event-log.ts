/**
 * Events as they happen: the last ones are kept, with a number each, for those who look later; whoever follows gets the next. Printing is one of the followers.
 * Bounds: 2,000 events, and for each follower 1,000 that it has not read yet; one that is slower loses the oldest: the numbers jump.
 */
import type { Clock } from '../../base/time.ts';
import { EVENT_LEVELS, type EventSettings } from '../../config/observe-plan.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import { type EventFormat, type EventLevel, type EventRecord, shownDetail } from '../../observe/events.ts';
import type { SayEvent } from '../say-event.ts';
import { Following } from './following.ts';

/** Events that are kept. */
const KEPT_MAX = 2_000;
/** Events that wait for one follower. */
const WAITING_MAX = 1_000;

export interface EventQuery {
  /** Only later ones; 0: from the first that is kept. */
  readonly after: number;
  /** Only earlier ones; null: up to the last. */
  readonly before: number | null;
  /** Only those of this level and worse ones. */
  readonly level: EventLevel;
  /** Only those with this text in their name or details, in any case of letters; '' all. */
  readonly text: string;
  readonly limit: number;
}

export interface EventLogOptions {
  readonly clock: Clock;
  /** Writes one where people see it. */
  readonly print: (event: EventRecord, format: EventFormat) => void;
}

export class EventLog {
  level: EventLevel = 'info';
  readonly #options: EventLogOptions;
  /** Event `id` lies at `id % KEPT_MAX`. */
  readonly #ring: EventEntry[] = [];
  readonly #listeners = new Set<(entry: EventEntry) => void>();
  #settings: EventSettings = { level: 'info', format: 'text' };
  #last = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /** Number of the last event; 0: there was none. */
  get last(): number {
    return this.#last;
  }

  /** Takes an event. */
  readonly say: SayEvent = (level, what, detail) => {
    const event: EventRecord = { level, what, detail };
    const entry: EventEntry = { id: ++this.#last, at: this.#options.clock.wall(), level, what, detail: shownDetail(event) };
    this.#ring[entry.id % KEPT_MAX] = entry;
    if (isAtLeast(level, this.level)) this.#options.print(event, this.#settings.format);
    for (const listener of this.#listeners) listener(entry);
  };

  /** What is printed from now on. */
  setLevel(level: EventLevel): void {
    this.level = level;
  }

  /** A configuration runs. What `setLevel` said holds until one says otherwise. */
  configure(settings: EventSettings): void {
    if (settings.level !== this.#settings.level) this.level = settings.level;
    this.#settings = settings;
  }

  /** Tells of each later one. @returns Ends it. */
  subscribe(listener: (entry: EventEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The youngest first. `isGap`: some after `after` are not kept any more. */
  list({ after, before, level, text, limit }: EventQuery): { readonly entries: readonly EventEntry[]; readonly isGap: boolean } {
    const first = Math.max(this.#oldest, after + 1);
    const wanted = text.toLowerCase();
    const entries: EventEntry[] = [];
    for (let id = Math.min(this.#last, (before ?? Infinity) - 1); id >= first && entries.length < limit; id--) {
      const entry = this.#ring[id % KEPT_MAX]!;
      if (isAtLeast(entry.level, level) && hasText(entry, wanted)) entries.push(entry);
    }
    return { entries, isGap: after > 0 && after + 1 < this.#oldest };
  }

  /**
   * Each later one, the oldest first, until `signal` aborts. Where events are missing, because they are not kept any more or came faster than they were read, the
   * numbers jump.
   * @param after Infinity: from now on. A number that no event has had yet is another process's: all that are kept.
   */
  follow(after: number, signal: AbortSignal): AsyncIterable<EventEntry> {
    const following: Following<EventEntry> = new Following({ max: WAITING_MAX, signal, ended: () => unsubscribe() });
    const unsubscribe = signal.aborted ? () => {} : this.subscribe((entry) => following.offer(entry));
    if (after === Infinity || signal.aborted) return following;
    const next = after > this.#last ? this.#oldest : Math.max(this.#oldest, after + 1);
    // What is kept goes past the bound of those who read slowly: it is read in one go.
    const kept = Array.from({ length: this.#last - next + 1 }, (_, index) => this.#ring[(next + index) % KEPT_MAX]!);
    return chain(kept, following);
  }

  get #oldest(): number {
    return Math.max(1, this.#last - KEPT_MAX + 1);
  }
}

async function* chain(before: readonly EventEntry[], following: Following<EventEntry>): AsyncGenerator<EventEntry> {
  try {
    yield* before;
    yield* following;
  } finally {
    await following.return();
  }
}

function isAtLeast(level: EventLevel, least: EventLevel): boolean {
  return EVENT_LEVELS.indexOf(level) >= EVENT_LEVELS.indexOf(least);
}

function hasText({ what, detail }: EventEntry, text: string): boolean {
  if (text === '' || what.toLowerCase().includes(text)) return true;
  return Object.entries(detail).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(text));
}
