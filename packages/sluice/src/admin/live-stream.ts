/**
 * All that is live, as one stream of server-sent events. Of traffic, alerts and the Status only the last is kept for a reader who is slow; of events one, the rest stay
 * in the event log, which says by their numbers when some are gone. So a stream holds a few objects, however long nobody reads.
 */
import type { AdminBackend } from './backend.ts';
import type { EventEntry } from '../observe/event-entry.ts';
import type { TrafficSnapshot } from '../observe/traffic.ts';
import { liveText } from './live-texts.ts';
import { HEARTBEAT, OPENING, serverSent, withHeartbeat } from './server-sent.ts';

export const LIVE_TOPICS = ['traffic', 'events', 'alerts', 'status'] as const;

/** @param after Events later than this one come first; null: from now on. */
export async function* liveStream(
  backend: AdminBackend,
  topics: ReadonlySet<string>,
  after: number | null,
  signal: AbortSignal,
): AsyncIterable<string> {
  yield OPENING;
  const end = new AbortController();
  const feed = new LiveFeed(backend, topics, AbortSignal.any([signal, end.signal]));
  try {
    feed.start(after);
    while (!signal.aborted) {
      const texts = feed.take();
      if (texts.length > 0) yield texts.join('');
      else if ((await withHeartbeat(feed.changed())) === 'heartbeat') yield HEARTBEAT;
      if (feed.failure !== null) throw feed.failure;
    }
  } finally {
    end.abort();
  }
}

/** What is to be told, and waits for the reader. */
class LiveFeed {
  failure: Error | null = null;
  readonly #backend: AdminBackend;
  readonly #topics: ReadonlySet<string>;
  readonly #signal: AbortSignal;
  /** To be told. */
  #snapshot: TrafficSnapshot | null = null;
  /** Came last. */
  #second: TrafficSnapshot | null = null;
  #isStatusDue: boolean;
  #alerts: string | null = null;
  #alertsTold = '';
  #entry: EventEntry | null = null;
  #isGap = false;
  #lastId = 0;
  #wake = Promise.withResolvers<void>();
  #taken = Promise.withResolvers<void>();

  constructor(backend: AdminBackend, topics: ReadonlySet<string>, signal: AbortSignal) {
    this.#backend = backend;
    this.#topics = topics;
    this.#signal = signal;
    this.#isStatusDue = topics.has('status');
    signal.addEventListener('abort', () => this.#stir(), { once: true });
  }

  start(after: number | null): void {
    if (this.#topics.has('events')) this.#watch(this.#readEvents(after));
    if (this.#topics.has('traffic') || this.#topics.has('alerts') || this.#topics.has('status')) this.#watch(this.#readTraffic());
    if (this.#topics.has('alerts')) this.#lookAtAlerts();
  }

  /** Resolves when there is something to take, or the stream ends. */
  async changed(): Promise<void> {
    await this.#wake.promise;
    this.#wake = Promise.withResolvers<void>();
  }

  take(): string[] {
    const texts: string[] = [];
    if (this.#isStatusDue) texts.push(liveText(this.#second, 'status', () => this.#backend.status()));
    if (this.#isGap) texts.push(serverSent('gap', '{}'));
    if (this.#entry !== null) texts.push(serverSent('event', JSON.stringify(this.#entry), this.#entry.id));
    if (this.#alerts !== null) texts.push(this.#alerts);
    const snapshot = this.#snapshot;
    if (snapshot !== null) texts.push(liveText(snapshot, 'traffic', () => snapshot));
    this.#isStatusDue = false;
    this.#isGap = false;
    this.#entry = null;
    this.#alerts = null;
    this.#snapshot = null;
    this.#taken.resolve();
    return texts;
  }

  async #readEvents(after: number | null): Promise<void> {
    const { events } = this.#backend.observe;
    const all = { before: null, level: 'info', text: '' } as const;
    const newest = events.list({ ...all, after: 0, limit: 1 }).entries[0]?.id ?? 0;
    // A number of an earlier process says nothing about this one's.
    const isStrange = after !== null && after > newest;
    this.#lastId = after === null ? newest : isStrange ? 0 : after;
    const isGone = isStrange || (after !== null && events.list({ ...all, after, limit: 1 }).isGap);
    this.#isGap = isGone;
    if (isGone) this.#stir();
    let isFirst = true;
    for await (const entry of events.follow(this.#lastId, this.#signal)) {
      // What was gone at the start has been told.
      if (entry.id > this.#lastId + 1 && !(isFirst && isGone)) this.#isGap = true;
      isFirst = false;
      this.#lastId = entry.id;
      this.#entry = entry;
      this.#taken = Promise.withResolvers<void>();
      this.#stir();
      await this.#taken.promise;
      if (this.#signal.aborted) return;
    }
  }

  async #readTraffic(): Promise<void> {
    for await (const snapshot of this.#backend.observe.traffic.follow(this.#signal)) {
      if (this.#topics.has('traffic')) this.#snapshot = snapshot;
      if (this.#topics.has('status') && this.#second !== null && isOther(this.#second, snapshot)) this.#isStatusDue = true;
      this.#second = snapshot;
      if (this.#topics.has('alerts')) this.#lookAtAlerts();
      this.#stir();
    }
  }

  #lookAtAlerts(): void {
    const now = liveText(this.#second, 'alerts', () => this.#backend.observe.alerts.list());
    if (now === this.#alertsTold) return;
    this.#alertsTold = now;
    this.#alerts = now;
    this.#stir();
  }

  #stir(): void {
    this.#wake.resolve();
    if (this.#signal.aborted) this.#taken.resolve();
  }

  #watch(reading: Promise<void>): void {
    reading.catch((error: unknown) => {
      if (!this.#signal.aborted) this.failure = error as Error;
      this.#stir();
    });
  }
}

/** Whether the Status has changed between them. */
function isOther(a: TrafficSnapshot, b: TrafficSnapshot): boolean {
  return a.generation !== b.generation || a.revision !== b.revision;
}
